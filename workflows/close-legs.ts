/**
 * Bringing both legs to zero: a close, or the unwind of a failed opening. Both legs at once, reduce-only on the
 * perpetual, with slippage that widens up to its cap. A close that keeps the quote brings the perpetual alone to zero.
 *
 * A close's first step uses the prices that its decision was made on, so that no read stands between the decision and
 * the orders; later steps, and an unwind, read fresh order books.
 */
import { patched } from '@temporalio/workflow';
import { loanOf } from '../src/domain/margin/borrow.ts';
import { decimal, toText, zero, type DecimalText } from '../src/domain/decimal.ts';
import { decideFlat, type Move } from '../src/domain/execution/decide.ts';
import type { Paced } from '../src/domain/execution/pacing.ts';
import { hasFilled, project } from '../src/domain/execution/observation.ts';
import { settlementTimes } from '../src/domain/funding/funding-times.ts';
import type { Order } from '../src/domain/order.ts';
import type { Attribution } from '../src/domain/pnl.ts';
import type { PositionPlan } from '../src/domain/position.ts';
import {
  legsToClose,
  type CloseRequest,
  type PositionInput,
  type PositionState,
} from '../src/domain/position-state.ts';
import { marketTimeMs } from '../src/domain/market-clock.ts';
import type { ExitDecision, LegPrices } from '../src/domain/watch.ts';
import type { FinishRequest } from '../activities/execution/finishing.ts';
import { accountActivities, ledgerActivities } from './activity-proxies.ts';
import { planPrices } from './closing-prices.ts';
import { alertPerson, failureMessage } from './watching.ts';
import { waitToSend } from './send-wait.ts';
import { deciding, type OrderDesk } from './order-desk.ts';
import { sendMoves, settleUnresolved } from './order-loop.ts';
import type { Decision } from '../src/domain/execution/decision.ts';

export type FlatResult = { readonly kind: 'flat' } | { readonly kind: 'stuck'; readonly reason: string };

/** The venue has made a fill of its own: what is left of the other leg has no hedge. */
export function closeAfterFill({ account, leg, side, quantityBase }: Order): CloseRequest {
  const detail = `${account} made a fill of its own: ${side} ${quantityBase} of the ${leg} leg`;
  return { reason: 'adl', detail, observedAtMs: Date.now(), prices: null };
}

/** The perpetual alone is closed only where the spot leg has sold coins of its own, and their worth was seen. */
export function closeRequestOf(decision: ExitDecision, plan: PositionPlan): CloseRequest {
  const { reason, detail, observedAtMs, prices } = decision;
  const isSoldFromInventory = plan.direction === 'short_spot_long_perp' && loanOf(plan) === null;
  const keepsQuote = decision.keepsQuote === true && isSoldFromInventory && prices !== null;
  return { reason, detail, observedAtMs, prices, ...(keepsQuote ? { keepsQuote } : {}) };
}

/** @param force sends once more where it would be stuck */
export function closeLegs(desk: OrderDesk, close: CloseRequest, force: boolean): Promise<FlatResult> {
  const flattening = { close, force, known: force ? null : close.prices, fallback: close.prices };
  if (close.keepsQuote !== true) return flattenLegs(desk, flattening);
  return declareKept(desk, close).then(() => flattenLegs(desk, flattening));
}

export function closedState(
  { reason, keepsQuote }: CloseRequest,
  attribution: Attribution,
): Extract<PositionState, { kind: 'closed' }> {
  return { kind: 'closed', exitReason: reason, attribution, ...(keepsQuote === true ? { keepsQuote } : {}) };
}

/**
 * What the spot leg sold from inventory stays sold: the account's baseline is declared to change by it before anything
 * is sent, so that whoever takes over closes the perpetual alone as well.
 */
async function declareKept({ plan, anchor, observations }: OrderDesk, close: CloseRequest): Promise<void> {
  const sold = project(plan.direction, observations).spot.heldBase;
  const { account, instrument } = plan.spot;
  const nowWallMs = Date.now();
  await ledgerActivities('close', `what was sold of ${instrument.base} stays sold`).declareBaselineChange({
    positionKey: plan.key,
    account,
    currency: instrument.base,
    quantityBase: toText(zero.minus(sold)),
    price: close.prices?.spot ?? plan.spotReferencePrice,
    reason: close.detail,
    declaredAtWallMs: nowWallMs,
    declaredAtMarketMs: marketTimeMs(anchor, nowWallMs),
  });
}

/** Brings a failed opening to zero, as far as the venues let it. */
export function unwindLegs(desk: OrderDesk, force: boolean): Promise<FlatResult> {
  return flattenLegs(desk, { close: null, force, known: null, fallback: planPrices(desk.plan) });
}

interface Flattening {
  /** Null: an unwind. */
  readonly close: CloseRequest | null;
  readonly force: boolean;
  /** Prices for the first step; null: read. */
  readonly known: LegPrices | null;
  /** For unequal legs while no order book can be read. */
  readonly fallback: LegPrices | null;
}

async function flattenLegs(desk: OrderDesk, { close, force, known, fallback }: Flattening): Promise<FlatResult> {
  let isForced = force;
  let prices = known;
  // From the ledger, so that no read of the venue stands before the orders; the venue is asked in the end.
  let interestBase = owes(desk) ? await interestSoFar(desk) : '0';
  for (;;) {
    const purpose = close === null ? 'unwind' : 'close';
    const legs = legsToClose(close);
    const decide = (): Decision => {
      const { plan, observations } = deciding(desk);
      return decideFlat(plan, observations, purpose, isForced, legs, interestBase);
    };
    const decision = decide();
    switch (decision.kind) {
      case 'resolve':
        await settleUnresolved(desk, decision.clientOrderIds, 'close');
        break;
      case 'send': {
        if (desk.isHeld()) return { kind: 'stuck', reason: 'a person says how it ends' };
        const paced = pacedOf(decision);
        if (paced === decision && decision.leftAlone !== undefined && patched('stuck-when-left-alone'))
          return { kind: 'stuck', reason: decision.leftAlone };
        const decided = (): readonly Move[] | null => pacedMoves(decide());
        if (!(await waitToSend(paced.moves, pauseMs(paced, decision), decided, desk.isHeld))) break;
        await sendMoves(desk, paced.moves, { close, known: prices, fallback, isRetry: force });
        prices = null;
        isForced = false;
        break;
      }
      case 'flat': {
        const charged = owes(desk) ? await collectInterest(desk) : '0';
        if (decimal(charged).lte(decimal(interestBase))) return decision;
        interestBase = charged;
        break;
      }
      case 'stuck':
        return decision;
      case 'quote':
      case 'watch':
      case 'convert':
      case 'hedged':
      case 'unwind':
        throw new Error(`bringing the legs to zero decided ${decision.kind}`);
    }
  }
}

type Send = Extract<Decision, { kind: 'send' }>;

/** Older code let each leg wait for what either venue had asked for. */
function pacedOf(decision: Send): Paced {
  return decision.byLeg !== undefined && patched('paced-by-leg') ? decision.byLeg : decision;
}

function pacedMoves(decision: Decision): readonly Move[] | null {
  return decision.kind === 'send' ? pacedOf(decision).moves : null;
}

function pauseMs({ afterMs }: Paced, { depthPauseMs = 0 }: Send): number {
  return depthPauseMs > afterMs && patched('pause-for-depth') ? depthPauseMs : afterMs;
}

/** Whether something was sold that the position has borrowed. */
function owes({ plan, observations }: OrderDesk): boolean {
  return (
    loanOf(plan) !== null &&
    observations.some(({ order, resolution }) => order.leg === 'spot' && order.side === 'sell' && hasFilled(resolution))
  );
}

async function interestSoFar({ plan }: OrderDesk): Promise<DecimalText> {
  return (await ledgerActivities('close', 'what the loan has cost so far').interestSoFar(plan)).interestBase;
}

/** Whatever was charged meanwhile is still owed. */
async function collectInterest({ plan }: OrderDesk): Promise<DecimalText> {
  const reads = accountActivities(plan.spot.account, 'close', 'collect the interest of the loan');
  return (await reads.collectInterest(plan)).interestBase;
}

/** What is missing is booked later; a position that is flat must not stay open for it. */
export async function collectFunding(input: PositionInput, desk: OrderDesk): Promise<void> {
  try {
    await readFunding(input, desk);
  } catch (error) {
    const message = `its funding could not be collected: ${failureMessage(error)}`;
    await alertPerson(desk.plan.key, 'funding', 'warning', message);
  }
}

/** Books the funding that the position was paid and charged, between the perpetual's first and last fill. */
async function readFunding(input: PositionInput, desk: OrderDesk): Promise<void> {
  const { plan } = input;
  const fillsAtMs = desk.observations.flatMap(({ order, resolution }) =>
    order.leg === 'perp' && resolution.kind === 'done' && resolution.firstFillAtMs !== null
      ? [resolution.firstFillAtMs]
      : [],
  );
  if (fillsAtMs.length === 0) return;
  const [openedAtMs, closedAtMs] = [Math.min(...fillsAtMs), Math.max(...fillsAtMs)];
  await accountActivities(plan.perp.account, 'close', 'collect funding payments').collectFunding({
    symbol: plan.perp.instrument.symbol,
    sinceMs: openedAtMs,
    closedAtMs,
    expectedAtMs: settlementTimes(openedAtMs, closedAtMs, plan.fundingIntervalHours),
    closedAtWallMs: Date.now(),
  });
}

/** Books what the position came to, and gives its capital back. */
export function settleClosed(input: PositionInput, { reason, prices }: CloseRequest): Promise<Attribution> {
  return settle(input, { status: 'closed', exitReason: reason, abortReason: null, closePrices: prices });
}

export function settleAborted(input: PositionInput, reason: string): Promise<Attribution> {
  return settle(input, { status: 'aborted', exitReason: null, abortReason: reason, closePrices: null });
}

function settle(
  { plan, anchor }: PositionInput,
  end: Pick<FinishRequest, 'status' | 'exitReason' | 'abortReason' | 'closePrices'>,
): Promise<Attribution> {
  const settling = ledgerActivities('close', `settle the position as ${end.status}`);
  return settling.finishPosition({ key: plan.key, ...end, anchor, nowWallMs: Date.now() });
}
