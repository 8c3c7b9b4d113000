/** Acting on a decision: write the intents, send each order once, and follow each to its end. */
import { ActivityFailure, CancellationScope, sleep, TimeoutFailure } from '@temporalio/workflow';
import { alertKeys } from '../src/domain/alert-keys.ts';
import { decimal, toText } from '../src/domain/decimal.ts';
import { legPlan, type Move } from '../src/domain/execution/decide.ts';
import { takenByVenueBase, type OrderResolution } from '../src/domain/execution/observation.ts';
import { feeRates } from '../src/domain/fees.ts';
import { grouped } from '../src/domain/figures.ts';
import { noFills } from '../src/domain/execution/received.ts';
import { refusedResolution } from '../src/domain/execution/refused.ts';
import type { LegName, Order, OrderIntent, SubmitOutcome } from '../src/domain/order.ts';
import type { PositionPlan } from '../src/domain/position.ts';
import type { CloseRequest } from '../src/domain/position-state.ts';
import type { LegPrices } from '../src/domain/watch.ts';
import { orderIntent } from '../src/strategy/plan.ts';
import { closingPrices, type PriceTerms } from './closing-prices.ts';
import { sizeToDepth } from './market-orders.ts';
import { accountActivities, ledgerActivities, orderActivities, type Urgency } from './activity-proxies.ts';
import { FencedOff, takeVenueOrder, updateOrder, type OrderDesk } from './order-desk.ts';

/** The intents of some moves at given reference prices. */
export function intentsOf(plan: PositionPlan, moves: readonly Move[], prices: LegPrices): OrderIntent[] {
  return moves.map((move) => orderIntent(plan, move, decimal(prices[move.leg])));
}

/** Wall time after which an order that is not settled is a person's business, whoever is to settle it. */
const unsettledAlertMs = 30_000;

/** Prices some moves, writes their intents, sends them at once, and returns when each is resolved. */
export async function sendMoves(
  desk: OrderDesk,
  moves: readonly Move[],
  terms: PriceTerms & { readonly known: LegPrices | null },
): Promise<void> {
  const { plan } = desk;
  const intents =
    plan.style?.kind === 'market'
      ? await marketIntents(desk, moves, terms)
      : intentsOf(plan, moves, terms.known ?? (await closingPrices(desk, legsOf(moves), terms)));
  if (desk.isHeld()) return;
  const closing = terms.close === null ? null : { exitReason: terms.close.reason, nowWallMs: Date.now() };
  const orders = await writeIntents(desk, intents, closing, 'write the next intents', 'close');
  await submitAndSettle(desk, orders, 'close');
}

function legsOf(moves: readonly Move[]): LegName[] {
  return moves.map(({ leg }) => leg);
}

/** Writes what was decided. None are written when the venue has made fills unheard of: they are, and all is decided again. */
export async function writeIntents(
  desk: OrderDesk,
  intents: readonly OrderIntent[],
  closing: { exitReason: CloseRequest['reason']; nowWallMs: number } | null,
  summary: string,
  urgency: Urgency,
): Promise<readonly Order[]> {
  const { plan, workflowId } = desk;
  const heard = desk.decidedOnTakenBase;
  const written = await ledgerActivities(urgency, summary).prepareOrders({
    positionKey: plan.key,
    workflowId,
    intents,
    closing,
    heardBase: toText(heard),
  });
  if (!('kind' in written)) return written;
  for (const observation of written.venueOrders) desk.onVenueFill(observation);
  if (takenByVenueBase(desk.observations).lte(heard))
    throw new Error(`${plan.key}: a fill of the venue was told, and not taken`);
  return [];
}

/** What the order books hold within the slippage. A leg that has nothing there counts as one that found nothing. */
async function marketIntents(desk: OrderDesk, moves: readonly Move[], terms: PriceTerms): Promise<OrderIntent[]> {
  const { plan, observations } = desk;
  const sized = await sizeToDepth(desk, moves, terms.isRetry);
  const intents = sized.map(({ move, price, isWithheld }) => ({
    intent: orderIntent(plan, move, decimal(price)),
    isWithheld,
  }));
  for (const { intent } of intents.filter(({ isWithheld }) => isWithheld)) {
    const clientOrderId = `withheld/${plan.key}/${intent.leg}/${intent.step}`;
    observations.push({
      order: { ...intent, clientOrderId, positionKey: plan.key },
      resolution: { kind: 'done', ...noFills },
    });
  }
  return intents.filter(({ isWithheld }) => !isWithheld).map(({ intent }) => intent);
}

/** Sends prepared orders at once, and returns when each is resolved. @throws FencedOff */
export async function submitAndSettle(desk: OrderDesk, orders: readonly Order[], urgency: Urgency): Promise<void> {
  for (const order of orders) desk.observations.push({ order, resolution: { kind: 'unresolved' } });
  await Promise.all(
    orders.map(async (order) => {
      const outcome = await submit(order, urgency);
      updateOrder(desk, order.clientOrderId, await settle(desk, order, outcome, urgency));
      if (outcome.kind === 'rejected' && outcome.category === 'reduce_only_rejected') await findVenueFills(desk, order);
    }),
  );
  if (desk.isFenced) throw new FencedOff('the position is fenced');
}

/**
 * Lets one order rest: it is on the desk when this returns. What was not acknowledged is brought to its end, since an
 * order that nobody sees must not wait for fills. @throws FencedOff
 */
export async function placeResting(desk: OrderDesk, order: Order): Promise<void> {
  desk.observations.push({ order, resolution: { kind: 'unresolved' } });
  const outcome = await submit(order, 'open');
  const resolution: OrderResolution =
    outcome.kind === 'accepted' ? { kind: 'resting', ...noFills } : await settle(desk, order, outcome, 'open');
  updateOrder(desk, order.clientOrderId, resolution);
  if (desk.isFenced) throw new FencedOff('the position is fenced');
}

/** There is less to reduce than we know of: the venue has closed some of it. What cannot be read now is told later. */
export async function findVenueFills(
  desk: OrderDesk,
  { account, symbol }: Pick<Order, 'account' | 'symbol'>,
): Promise<void> {
  const { key } = desk.plan;
  const reads = accountActivities(account, 'close', 'look for fills that are not ours');
  const found = await reads.readVenueFills({ positionKey: key, symbol, anchor: desk.anchor });
  for (const observation of found) takeVenueOrder(desk, observation);
}

/** Follows orders that are still unresolved, without sending anything. */
export async function settleUnresolved(
  desk: OrderDesk,
  clientOrderIds: readonly string[],
  urgency: Urgency,
): Promise<void> {
  await Promise.all(
    desk.observations
      .filter(({ order }) => clientOrderIds.includes(order.clientOrderId))
      .map(async ({ order }) => {
        const outcome: SubmitOutcome = { kind: 'unknown', reason: 'followed again' };
        updateOrder(desk, order.clientOrderId, await settle(desk, order, outcome, urgency));
      }),
  );
}

/** "sell 10,000 USDC perpetual at binanceusdm": what the timeline of the UI shows. */
export function orderSummary(order: OrderIntent): string {
  const [base] = order.symbol.split('/');
  const quantity = grouped(order.quantityBase);
  return `${order.purpose}: ${order.side} ${quantity} ${base} ${order.leg === 'perp' ? 'perpetual' : 'spot'} at ${order.venue}, limit ${order.limitPrice}`;
}

async function submit(order: Order, urgency: Urgency): Promise<SubmitOutcome> {
  try {
    const { outcome, recorded } = await orderActivities(order.account, urgency, orderSummary(order)).submitOrder(order);
    if (!recorded) {
      await ledgerActivities(urgency, 'record the outcome').recordOutcome({
        clientOrderId: order.clientOrderId,
        outcome,
      });
    }
    return outcome;
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    if (error.cause instanceof TimeoutFailure && error.cause.timeoutType === 'SCHEDULE_TO_START') {
      // No worker took it. Withdrawn, a late one cannot claim it either; claimed after all, it is unknown.
      const reason = `no worker served ${order.account} in time`;
      const withdrawn = await ledgerActivities(urgency, 'withdraw the order').withdrawOrder({
        clientOrderId: order.clientOrderId,
        reason,
      });
      return withdrawn ? { kind: 'not_sent', reason } : { kind: 'unknown', reason };
    }
    return { kind: 'unknown', reason: error.cause?.message ?? error.message };
  }
}

async function settle(
  desk: OrderDesk,
  order: Order,
  outcome: SubmitOutcome,
  urgency: Urgency,
): Promise<OrderResolution> {
  switch (outcome.kind) {
    case 'not_sent':
    case 'rejected':
      return refusedResolution(order.venue, outcome);
    case 'accepted':
    case 'unknown': {
      const leg = legPlan(desk.plan, order.leg);
      const { instrument } = leg;
      const settling = accountActivities(order.account, urgency, `settle ${order.side} ${order.leg}`).settleOrder({
        clientOrderId: order.clientOrderId,
        positionKey: desk.plan.key,
        baseCurrency: instrument.base,
        quoteCurrency: instrument.settle ?? instrument.quote,
        rates: feeRates(leg),
      });
      const settlement = await alertWhileUnsettled(desk, order, settling);
      if (settlement.isFenced === true) desk.isFenced = true;
      if (settlement.kind === 'absent') {
        const reason = outcome.kind === 'unknown' ? outcome.reason : 'the order is not at the venue';
        return { kind: 'not_executed', reason, retryable: true, retryAfterMs: null };
      }
      const { filledBase, receivedBase, averagePrice, feesQuote, firstFillAtMs } = settlement;
      return { kind: 'done', filledBase, receivedBase, averagePrice, feesQuote, firstFillAtMs };
    }
  }
}

/** The account's own worker may be the one that is missing, so the alert goes another way. */
async function alertWhileUnsettled<T>(desk: OrderDesk, order: Order, settling: Promise<T>): Promise<T> {
  const timer = new CancellationScope();
  const late = timer
    .run(() => sleep(unsettledAlertMs, { summary: 'settlement overdue' }))
    .then(
      () => true,
      () => false,
    );
  const isLate = await Promise.race([settling.then(() => false), late]);
  timer.cancel();
  if (!isLate) return settling;
  const { clientOrderId, account } = order;
  const message = `${desk.plan.key}: order ${clientOrderId} at ${account} is not settled after ${unsettledAlertMs / 1000} s`;
  await ledgerActivities('close', 'alert: order unresolved').raiseAlert({
    key: alertKeys.unresolved(clientOrderId),
    severity: 'critical',
    message,
    positionKey: desk.plan.key,
  });
  return settling;
}
