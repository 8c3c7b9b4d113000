/** The eight invariants of the design that can be read from the venues and the ledger; replay and secrets are elsewhere. */
import { decimal, toText, zero, type Decimal } from '../../../src/domain/decimal.ts';
import { balances, quantities, realised, sameFills } from './account-books.ts';
import { venues, type VenueName } from '../arena/configuration.ts';
import type { VenueOrderView, VenueTradeView } from '../arena/control.ts';
import { exposureOf, hadOnAtMs, type Exposure, type LegChange } from './exposure.ts';
import { quotedTooMuch } from './maker-limits.ts';
import { overlapMs, type Outage } from './outages.ts';
import type { Run } from '../rounds/scenario-run.ts';
import { leastOrder } from './tolerance.ts';
import type { LedgerOrder, LedgerPosition, LedgerTruth, Truth } from './truth.ts';
import { isOurs, stillOpen, uniqueOrders } from './venue-orders.ts';
import { signed, violation, type Violation } from './violation.ts';

/** Wall time. */
export interface OneLegged {
  readonly lastedMs: number;
  /** Of these, while something did not serve. */
  readonly downMs: number;
}

export interface Checked {
  readonly violations: readonly Violation[];
  /** Of each position that filled: its longest span with unequal legs. */
  readonly oneLegged: readonly OneLegged[];
}

/** hedgeDeadlineMs + request expiry + visibility lag + one unwind (an order's own deadline, twice). */
export const oneLeggedBoundMs = 20_000 + 5_000 + 2_000 + 16_000;

/** @param waits of a position, for whoever is late; none are known unless given */
export function checkInvariants(
  truth: Truth,
  runs: readonly Run[],
  outages: readonly Outage[],
  waits: ReadonlyMap<string, readonly Outage[]> = new Map(),
): Checked {
  const { ledger } = truth;
  const keys = new Set(runs.map(({ key }) => key));
  const orders = Map.groupBy(
    ledger.orders.filter((order) => keys.has(order.position_key)),
    (order) => order.position_key,
  );
  const trades = tradesByClientId(truth);
  const positions = new Map(ledger.positions.map((position) => [position.key, position]));
  const atVenues = ordersByClientId(truth);
  const violations: Violation[] = [
    ...uniqueOrders(truth),
    ...stillOpen(truth),
    ...sameFills(truth),
    ...quantities(truth),
    ...balances(truth),
    ...realised(truth),
  ];
  const oneLegged: OneLegged[] = [];
  for (const run of runs) {
    const position = positions.get(run.key);
    if (position === undefined) continue;
    const own = orders.get(run.key) ?? [];
    const changes = changesOf(own, trades, ledger);
    const exposure = exposureOf(position.plan, changes);
    violations.push(...endedFlat(position, exposure), ...neverDoubled(position, exposure), ...oneFillable(own, trades));
    violations.push(...fenceHeld(run, own, truth), ...atStake(position, own, atVenues, changes));
    if (run.fencedAtMs !== null) continue;
    const { longest, found } = equalInTime(position, exposure, [...outages, ...(waits.get(run.key) ?? [])], ledger);
    violations.push(...found);
    if (longest !== null) oneLegged.push(longest);
  }
  return { violations, oneLegged };
}

/** Those of `checkInvariants` that no later moment can put right: whoever waits for them need not wait for the end. */
export function checkLasting(truth: Truth, runs: readonly Run[]): Violation[] {
  const { ledger } = truth;
  const orders = Map.groupBy(ledger.orders, (order) => order.position_key);
  const trades = tradesByClientId(truth);
  const positions = new Map(ledger.positions.map((position) => [position.key, position]));
  // What a venue took is booked later, and until then a leg looks larger than it is.
  const isTaken = venues.some((venue) => truth.venues[venue].orders.some((order) => !isOurs(order)));
  return [
    ...uniqueOrders(truth),
    ...runs.flatMap((run) => {
      const position = positions.get(run.key);
      const own = orders.get(run.key) ?? [];
      if (position === undefined) return [];
      const exposure = exposureOf(position.plan, changesOf(own, trades, ledger));
      return [
        ...oneFillable(own, trades),
        ...fenceHeld(run, own, truth),
        ...(isTaken ? [] : neverDoubled(position, exposure)),
      ];
    }),
  ];
}

function ordersByClientId({ venues: states }: Truth): Map<string, VenueOrderView[]> {
  return Map.groupBy(
    venues.flatMap((venue) => states[venue].orders),
    ({ account, clientOrderId }) => `${account} ${clientOrderId}`,
  );
}

function tradesByClientId({ venues: states }: Truth): Map<string, VenueTradeView[]> {
  return Map.groupBy(
    venues.flatMap((venue) => states[venue].trades),
    ({ account, clientOrderId }) => `${account} ${clientOrderId}`,
  );
}

/** The venues' trades of our orders; what a venue did by itself is attributed as the ledger has booked it. */
function changesOf(
  own: readonly LedgerOrder[],
  trades: ReadonlyMap<string, VenueTradeView[]>,
  { fills }: LedgerTruth,
): LegChange[] {
  const changes = own.flatMap(({ account, client_order_id: id, leg, symbol, time_in_force: time }) => {
    const base = symbol.split('/')[0];
    return (trades.get(`${account} ${id}`) ?? []).map((trade): LegChange => {
      const fee = trade.feeCurrency === base ? decimal(trade.fee) : zero;
      return {
        leg,
        atMs: trade.executedAtMs,
        changeBase: signed(trade.side, trade.quantityBase).minus(fee),
        ofQuoteBase: time === 'post_only' ? decimal(trade.quantityBase) : zero,
      };
    });
  });
  const struck = own.flatMap(({ client_order_id: id, leg, purpose }) =>
    purpose === 'venue' ? fills.filter((fill) => fill.client_order_id === id).map((fill) => ({ leg, fill })) : [],
  );
  struck.sort((left, right) => Number(left.fill.executed_at_ms) - Number(right.fill.executed_at_ms));
  const taken: Record<LegChange['leg'], Decimal> = { spot: zero, perp: zero };
  return [
    ...changes,
    ...struck.map(({ leg, fill }): LegChange => {
      taken[leg] = taken[leg].plus(decimal(fill.quantity_base));
      // One whose quantity went with that of another, struck before it, lost it no sooner than it had it.
      const soonestMs = hadOnAtMs(changes, leg, taken[leg]) ?? -Infinity;
      return {
        leg,
        atMs: Math.max(soonestMs, Number(fill.executed_at_ms)),
        changeBase: signed(fill.side, fill.quantity_base),
        ofQuoteBase: zero,
      };
    }),
  ];
}

/** 1, of a position. */
function endedFlat({ key, status, plan, released }: LedgerPosition, { finalBase }: Exposure): Violation[] {
  if (status !== 'closed' && status !== 'aborted') return [];
  const tolerance = leastOrder(plan);
  const left = (['spot', 'perp'] as const).filter((leg) => finalBase[leg].abs().gt(tolerance));
  const found = left.map((leg) => violation(1, key, `${status} with ${toText(finalBase[leg])} of its ${leg} leg on`));
  if (released === false) found.push(violation(6, key, `${status}, but its reservation was not given back`));
  return found;
}

/** 1 and 2: a leg never grows beyond its plan, and never turns round. */
function neverDoubled({ key, plan }: LedgerPosition, { mostBase, leastBase }: Exposure): Violation[] {
  const tolerance = leastOrder(plan);
  const most = decimal(plan.quantityBase).plus(tolerance);
  return (['spot', 'perp'] as const).flatMap((leg) => [
    ...(mostBase[leg].gt(most)
      ? [violation(2, key, `its ${leg} leg grew to ${toText(mostBase[leg])}, of ${plan.quantityBase} planned`)]
      : []),
    ...(leastBase[leg].lt(zero.minus(tolerance))
      ? [violation(2, key, `its ${leg} leg turned round to ${toText(leastBase[leg])}`)]
      : []),
  ]);
}

/** 2: of an intent, at most one attempt has filled. */
function oneFillable(own: readonly LedgerOrder[], trades: ReadonlyMap<string, VenueTradeView[]>): Violation[] {
  const intents = Map.groupBy(own, ({ leg, purpose, step }) => `${leg} ${purpose} ${step}`);
  return [...intents].flatMap(([intent, attempts]) => {
    const filled = attempts.filter(({ account, client_order_id: id }) => trades.has(`${account} ${id}`));
    return filled.length > 1
      ? [violation(2, filled[0]?.position_key ?? null, `${filled.length} attempts of ${intent} filled`)]
      : [];
  });
}

/** 5 */
function equalInTime(
  { key }: LedgerPosition,
  { unequal }: Exposure,
  outages: readonly Outage[],
  { alerts }: LedgerTruth,
): { longest: OneLegged | null; found: Violation[] } {
  const spans = unequal
    .filter(({ toMs }) => toMs !== Infinity)
    .map(({ fromMs, toMs }) => ({ lastedMs: toMs - fromMs, downMs: overlapMs(outages, fromMs, toMs) }))
    .toSorted((left, right) => right.lastedMs - left.lastedMs);
  const found = spans.flatMap(({ lastedMs, downMs }) => {
    if (lastedMs <= oneLeggedBoundMs) return [];
    const words = `one leg for ${lastedMs} ms, ${downMs} ms of them during an outage`;
    if (lastedMs - downMs > oneLeggedBoundMs) return [violation(5, key, words)];
    const isAlerted = alerts.some((alert) => alert.position_key === key);
    return isAlerted ? [] : [violation(5, key, `${words}, and nobody was alerted`)];
  });
  return { longest: spans[0] ?? null, found };
}

/** 5, of a position that quotes. What a venue takes makes its legs unequal while an order may rest. */
function atStake(
  { key, plan }: LedgerPosition,
  own: readonly LedgerOrder[],
  atVenues: ReadonlyMap<string, VenueOrderView[]>,
  changes: readonly LegChange[],
): Violation[] {
  if (own.some(({ purpose }) => purpose === 'venue')) return [];
  const quotes = own
    .filter(({ time_in_force: time }) => time === 'post_only')
    .flatMap(({ account, client_order_id: id }) => atVenues.get(`${account} ${id}`) ?? []);
  const exceeded = quotedTooMuch(plan, quotes, changes);
  return exceeded === null ? [] : [violation(5, key, exceeded)];
}

/** A fenced position sends nothing until its person does. */
function fenceHeld(
  { key, fencedAtMs, flattenedFromMs }: Run,
  own: readonly LedgerOrder[],
  { venues: states }: Truth,
): Violation[] {
  if (fencedAtMs === null) return [];
  const ids = new Set(own.map(({ account, client_order_id: id }) => `${account} ${id}`));
  return venues.flatMap((venue: VenueName) =>
    states[venue].orders
      .filter((order) => ids.has(`${order.account} ${order.clientOrderId}`))
      .filter((order) => order.createdAtMs > fencedAtMs && order.createdAtMs < (flattenedFromMs ?? Infinity))
      .map((order) => violation(2, key, `${venue} got order ${order.clientOrderId} from behind the fence`)),
  );
}
