/**
 * Putting right what is safe to: what the venue knows of our orders and the ledger does not. Sends nothing; what rests
 * past its time is cancelled.
 */
import { alertKeys } from '../../src/domain/alert-keys.ts';
import { decimal, zero } from '../../src/domain/decimal.ts';
import { observationOf } from '../../src/domain/execution/recorded.ts';
import type { OrderObservation } from '../../src/domain/execution/observation.ts';
import { averagePrice } from '../../src/domain/execution/received.ts';
import { feeRates } from '../../src/domain/fees.ts';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import { liveStatuses } from '../../src/domain/position.ts';
import type { Healed } from '../../src/domain/reconciliation/reconciliation.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Ledger, OrderRow, PositionRow } from '../../src/ports/ledger.ts';
import type { Venue } from '../../src/ports/venue.ts';
import { settleOrder, type SettlingPorts } from '../execution/settling.ts';
import { bookForeignFills, type VenueFillPorts } from '../records/venue-fills.ts';
import { endSettledAlerts } from './settled-alerts.ts';

export interface HealingPorts {
  readonly venue: SettlingPorts['venue'] & VenueFillPorts['venue'] & Pick<Venue, 'capabilities'>;
  readonly ledger: SettlingPorts['ledger'] &
    VenueFillPorts['ledger'] &
    Pick<Ledger, 'ordersOf' | 'openAlerts' | 'unresolvedOrderIds' | 'position'>;
  readonly alerts: Alerts;
  readonly clock: SettlingPorts['clock'];
}

export interface HealedAccount {
  readonly healed: readonly Healed[];
  /** What the workflows of live positions may not know yet. */
  readonly news: readonly { readonly workflowId: string; readonly observation: OrderObservation }[];
}

/** An order that is still on its way so long after its claim may have lost its workflow; wall time. */
const followedAfterMs = 60_000;
/** Of one position and account, the newest: one that is stuck is refused several times a minute. */
const mostLookedFor = 40;
/** The same, of all positions, where the past may be read a few times a minute only. */
const mostLookedForInScarcity = 5;
/** What is not there so long after its claim will not come any more: it is looked for no further; wall time. */
const comesWithinMs = 600_000;
/** Of a venue that does not answer, the next run asks again; wall time. */
const lookingForMs = 15_000;

/** Orders that need not be looked for again in this process. */
export interface LookedFor {
  readonly isOver: (order: OrderRow) => boolean;
  /** After the venue has said that it is not there. */
  note(order: OrderRow, nowMs: number): void;
}

export function createLookedFor(): LookedFor {
  const over = new Set<string>();
  return {
    isOver: ({ clientOrderId }) => over.has(clientOrderId),
    note({ clientOrderId, state, claimedAtMs }, nowMs) {
      // A refusal was the venue's own word.
      if (state === 'rejected' || nowMs - (claimedAtMs ?? nowMs) >= comesWithinMs) over.add(clientOrderId);
    },
  };
}

/**
 * Orders that nobody may follow any more, settled; orders of live positions that were taken for absent or rejected,
 * looked for once more: what was proven should hold, and a person hears if it does not; alerts of orders that are settled
 * after all, ended; and fills that no order of ours made, booked on the positions that they shrank. What cannot be done
 * now is done in the next run, and hinders nothing.
 */
export async function healAccount(
  ports: HealingPorts,
  input: { readonly perpetuals: readonly string[]; readonly anchor: ClockAnchor },
  lookedFor: LookedFor = createLookedFor(),
): Promise<HealedAccount> {
  const healed: Healed[] = [];
  const news: { workflowId: string; observation: OrderObservation }[] = [];
  const live = await ports.ledger.positions({ statuses: liveStatuses });
  const untilMs = ports.clock.nowMs() + lookingForMs;
  const isTime = (): boolean => ports.clock.nowMs() <= untilMs;
  for (const id of await ports.ledger.unresolvedOrderIds(ports.venue.account)) {
    if (isTime()) await unlessFailed(() => follow(ports, id));
  }
  await unlessFailed(() => endSettledAlerts(ports.ledger, ports.alerts, ports.venue.account));
  healed.push(...(await lookAgain(ports, live, lookedFor, isTime)));
  for (const symbol of input.perpetuals) {
    const request = { symbol, anchor: input.anchor, positionKey: null };
    for (const order of (await unlessFailed(() => bookForeignFills(ports, request))) ?? []) {
      const { side, quantityBase } = order.observation.order;
      const detail = `${ports.venue.account} made a fill of its own: ${side} ${quantityBase} of ${symbol}`;
      healed.push({ kind: 'fill_booked', subject: order.positionKey, detail });
      news.push(order);
    }
  }
  news.push(...(await contradicted(ports, live)));
  return { healed, news };
}

/** A workflow that does the same at this moment finds the same. What rests past its time is cancelled. */
async function follow(ports: HealingPorts, id: string): Promise<void> {
  const order = await ports.ledger.order(id);
  const position = order === null ? null : await ports.ledger.position(order.positionKey);
  if (order === null || order.claimedAtMs === null || position === null) return;
  const { clientOrderId, positionKey, leg } = order;
  const { style } = position.plan;
  const restsForMs = order.timeInForce === 'post_only' && style?.kind === 'maker_hedge' ? style.makerDeadlineMs : 0;
  if (ports.clock.nowMs() - order.claimedAtMs < restsForMs + followedAfterMs) return;
  const { base, quote, settle } = position.plan[leg].instrument;
  const coins = { baseCurrency: base, quoteCurrency: settle ?? quote };
  await settleOrder(ports, { clientOrderId, positionKey, ...coins, rates: feeRates(position.plan[leg]) });
}

/** At orders that came to nothing, as it was proven. */
async function lookAgain(
  ports: HealingPorts,
  live: readonly PositionRow[],
  lookedFor: LookedFor,
  isTime: () => boolean,
): Promise<Healed[]> {
  const { venue, ledger, clock } = ports;
  const orders: OrderRow[] = [];
  for (const { key } of live) {
    const sent = (await ledger.ordersOf(key)).filter(
      (order) => order.account === venue.account && wasSentInVain(order) && !lookedFor.isOver(order),
    );
    orders.push(...sent.slice(-mostLookedFor));
  }
  const healed: Healed[] = [];
  for (const order of venue.capabilities.scarceHistory === true ? orders.slice(-mostLookedForInScarcity) : orders) {
    const hasReappeared = isTime() ? await unlessFailed(() => reappeared(ports, order)) : null;
    if (hasReappeared === false) lookedFor.note(order, clock.nowMs());
    if (hasReappeared !== true) continue;
    const detail = `order ${order.clientOrderId} was ${order.state}, and is at the venue`;
    healed.push({ kind: 'fill_booked', subject: order.positionKey, detail });
  }
  return healed;
}

function wasSentInVain({ state, claimedAtMs }: OrderRow): boolean {
  return (state === 'absent' || state === 'rejected') && claimedAtMs !== null;
}

/** False for an order that is not there, as was proven; null while nobody knows. */
async function reappeared({ venue, ledger }: HealingPorts, order: OrderRow): Promise<boolean | null> {
  const { claimedAtMs, sendByMs, clientOrderId, symbol, venueOrderId } = order;
  if (claimedAtMs === null || sendByMs === null) return null;
  const query = { clientOrderId, symbol, venueOrderId, claimedAtMs, sendByMs, isPatient: true } as const;
  const found = await venue.lookUp(query);
  if (found.kind === 'absent') return false;
  if (found.kind === 'not_yet_known' || found.order.status !== 'done') return null;
  const fills = await venue.orderFills({ venueOrderId: found.order.venueOrderId, symbol });
  const { filledBase } = found.order;
  // What it filled may be listed later than the order itself: the next run asks again.
  if (fills.length === 0) return decimal(filledBase).eq(zero) ? false : null;
  const settlement = { venueOrderId: found.order.venueOrderId, filledBase, averagePrice: averagePrice(fills) };
  await ledger.recordSettlement(clientOrderId, settlement, fills);
  return true;
}

/**
 * Orders that turned out to be other than their workflows were told. Told in every run while the alert of it stands:
 * what is known already changes nothing, and a run that fails half-way loses nothing.
 */
async function contradicted(
  { venue, ledger }: HealingPorts,
  live: readonly PositionRow[],
): Promise<HealedAccount['news']> {
  const alerted = new Set((await ledger.openAlerts()).map(({ key }) => key));
  const news: { workflowId: string; observation: OrderObservation }[] = [];
  for (const { key, plan, workflowId } of live) {
    for (const row of await ledger.ordersOf(key)) {
      const { clientOrderId, account, state } = row;
      if (account !== venue.account || state !== 'done' || !alerted.has(alertKeys.contradicted(clientOrderId)))
        continue;
      const fills = (await ledger.fillsOf(key)).filter((fill) => fill.clientOrderId === clientOrderId);
      news.push({ workflowId, observation: observationOf(plan, row, fills) });
    }
  }
  return news;
}

async function unlessFailed<T>(body: () => Promise<T>): Promise<T | null> {
  try {
    return await body();
  } catch {
    return null;
  }
}
