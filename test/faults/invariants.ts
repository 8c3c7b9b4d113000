/** The eight invariants of the design that can be read from the venues and the ledger; replay and secrets are elsewhere. */
import { decimal, sum, toText, zero, type Decimal } from '../../src/domain/decimal.ts';
import { perpSymbol, spotSymbol, venues, type VenueName } from './configuration.ts';
import type { VenueOrderView, VenueTradeView } from './control.ts';
import { exposureOf, type Exposure, type LegChange } from './exposure.ts';
import { overlapMs, type Outage } from './outages.ts';
import type { Run } from './scenario-run.ts';
import { leastOrder } from './tolerance.ts';
import type { LedgerFillRow, LedgerOrder, LedgerPosition, LedgerTruth, Truth } from './truth.ts';

export interface Violation {
  /** Number of the invariant in the design; 0: it never came to an end. */
  readonly invariant: number;
  readonly positionKey: string | null;
  readonly detail: string;
}

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
const reducing = new Set(['trim', 'unwind', 'close']);

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
  const violations: Violation[] = [
    ...uniqueOrders(truth),
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
    const exposure = exposureOf(position.plan, changesOf(own, trades, ledger));
    violations.push(...endedFlat(position, exposure), ...neverDoubled(position, exposure), ...oneFillable(own, trades));
    violations.push(...fenceHeld(run, own, truth));
    if (run.fencedAtMs !== null) continue;
    const { longest, found } = equalInTime(position, exposure, [...outages, ...(waits.get(run.key) ?? [])], ledger);
    violations.push(...found);
    if (longest !== null) oneLegged.push(longest);
  }
  return { violations, oneLegged };
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
  const beganAtMs = (leg: LegChange['leg']): number =>
    Math.min(
      ...own
        .filter((order) => order.leg === leg)
        .flatMap(({ account, client_order_id: id }) => trades.get(`${account} ${id}`) ?? [])
        .map(({ executedAtMs }) => executedAtMs),
    );
  return own.flatMap(({ account, client_order_id: id, leg, purpose, symbol }) => {
    const base = symbol.split('/')[0];
    if (purpose === 'venue') {
      // One whose quantity went with that of another, struck before it, lost it no sooner than it had it.
      const soonestMs = beganAtMs(leg);
      return fills
        .filter((fill) => fill.client_order_id === id)
        .map((fill) => ({
          leg,
          atMs: Math.max(soonestMs, Number(fill.executed_at_ms)),
          changeBase: signed(fill.side, fill.quantity_base),
        }));
    }
    return (trades.get(`${account} ${id}`) ?? []).map((trade) => {
      const fee = trade.feeCurrency === base ? decimal(trade.fee) : zero;
      return { leg, atMs: trade.executedAtMs, changeBase: signed(trade.side, trade.quantityBase).minus(fee) };
    });
  });
}

function signed(side: 'buy' | 'sell', quantity: string): Decimal {
  return side === 'buy' ? decimal(quantity) : zero.minus(decimal(quantity));
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

/** 2, at the venues: one order an id, none that the ledger does not know, and what reduces a perpetual is reduce-only. */
function uniqueOrders({ venues: states, ledger }: Truth): Violation[] {
  const known = new Map(ledger.orders.map((order) => [`${order.account} ${order.client_order_id}`, order]));
  return venues.flatMap((venue) => {
    const ours = states[venue].orders.filter(({ clientOrderId, origin }) => clientOrderId !== '' && isOurs(origin));
    const byId = Map.groupBy(ours, ({ account, clientOrderId }) => `${account} ${clientOrderId}`);
    return [...byId].flatMap(([id, list]) => {
      const order = known.get(id);
      if (order === undefined) return [violation(2, null, `${venue} has order ${id}, which the ledger does not know`)];
      const key = order.position_key;
      const found = list.length > 1 ? [violation(2, key, `${venue} has ${list.length} orders ${id}`)] : [];
      const open = list.some(({ status }) => status === 'open' || status === 'new');
      if (open) found.push(violation(1, key, `${venue} still has order ${id} open`));
      const isUnsafe =
        order.leg === 'perp' && reducing.has(order.purpose) && !list.every(({ reduceOnly }) => reduceOnly);
      if (isUnsafe) found.push(violation(2, key, `${order.purpose} order ${id} is not reduce-only`));
      return found;
    });
  });
}

function isOurs(origin: VenueOrderView['origin']): boolean {
  return origin === null || origin === undefined || origin === 'client';
}

/** 3 */
function sameFills({ venues: states, ledger }: Truth): Violation[] {
  const booked = Map.groupBy(ledger.fills, (fill) =>
    [fill.account, fill.symbol, fill.venue_order_id, fill.trade_id].join(' '),
  );
  const found: Violation[] = [];
  for (const venue of venues) {
    for (const trade of states[venue].trades) {
      const id = [trade.account, trade.symbol, trade.orderId, trade.tradeId].join(' ');
      const pieces = booked.get(id);
      booked.delete(id);
      const difference = pieces === undefined ? 'is not in the ledger' : differenceOf(trade, pieces);
      if (difference !== null) found.push(violation(3, pieces?.[0]?.position_key ?? null, `trade ${id} ${difference}`));
    }
  }
  for (const [id, pieces] of booked)
    found.push(violation(3, pieces[0]?.position_key ?? null, `no venue knows fill ${id}`));
  return found;
}

function differenceOf(trade: VenueTradeView, pieces: readonly LedgerFillRow[]): string | null {
  const total = (part: (fill: LedgerFillRow) => string): Decimal => sum(pieces.map((fill) => decimal(part(fill))));
  if (!total((fill) => fill.quantity_base).eq(decimal(trade.quantityBase))) return 'has another quantity in the ledger';
  if (!total((fill) => fill.fee).eq(decimal(trade.fee))) return 'has another fee in the ledger';
  const same = pieces.every(
    (fill) =>
      decimal(fill.price).eq(decimal(trade.price)) &&
      fill.side === trade.side &&
      fill.fee_currency === trade.feeCurrency &&
      Number(fill.executed_at_ms) === trade.executedAtMs,
  );
  return same ? null : 'differs from the ledger';
}

/** 1, of an account: a perpetual's quantity is the sum of the ledger's fills. */
function quantities({ venues: states, ledger }: Truth): Violation[] {
  const booked = new Map<string, Decimal>();
  for (const fill of ledger.fills.filter(({ symbol }) => symbol === perpSymbol)) {
    booked.set(fill.account, (booked.get(fill.account) ?? zero).plus(signed(fill.side, fill.quantity_base)));
  }
  const held = new Map(
    venues.flatMap((venue) => states[venue].positions.map((one) => [one.account, decimal(one.quantityBase)] as const)),
  );
  return [...new Set([...booked.keys(), ...held.keys()])].flatMap((account) => {
    const [expected, there] = [booked.get(account) ?? zero, held.get(account) ?? zero];
    if (expected.eq(there)) return [];
    return [
      violation(1, null, `${account} holds ${toText(there)} perpetuals, the ledger explains ${toText(expected)}`),
    ];
  });
}

const venueBookings = new Set(['LIQUIDATION_FEE', 'INSURANCE_CLEAR', 'TRANSFER']);

/** 4: every change of a balance is explained by fills, fees, funding and what the venue booked for a liquidation. */
function balances(truth: Truth): Violation[] {
  const { ledger, venues: states } = truth;
  const now = venues.flatMap((venue) => states[venue].balances);
  return now.flatMap(({ account, currency, total }) => {
    const explained = explainedChange(truth, account, currency);
    const unexplained = decimal(total)
      .minus(baselineOf(ledger, account, currency))
      .minus(explained);
    const roundings = 2 + ledger.fills.filter((fill) => fill.account === account && fill.symbol === perpSymbol).length;
    if (unexplained.abs().lte(decimal('0.00000001').times(decimal(String(roundings))))) return [];
    return [violation(4, null, `${account}: ${toText(unexplained)} ${currency} of its balance is not explained`)];
  });
}

function baselineOf({ baselines }: LedgerTruth, account: string, currency: string): Decimal {
  const declared = baselines.find((one) => one.account === account)?.balances ?? [];
  return decimal(declared.find((one) => one.currency === currency)?.total ?? '0');
}

function explainedChange({ venues: states, ledger }: Truth, account: string, currency: string): Decimal {
  let change = zero;
  for (const fill of ledger.fills) {
    if (fill.account !== account) continue;
    const quantity = signed(fill.side, fill.quantity_base);
    if (currency === 'USDT') change = change.minus(quantity.times(decimal(fill.price)));
    if (currency === 'USDC' && fill.symbol === spotSymbol) change = change.plus(quantity);
    if (fill.fee_currency === currency) change = change.minus(decimal(fill.fee));
  }
  const funding = ledger.funding.filter((one) => one.account === account && one.currency === currency);
  change = change.plus(sum(funding.map(({ amount }) => decimal(amount))));
  for (const venue of venues) {
    const own = states[venue].income.filter((one) => one.account === account && one.currency === currency);
    change = change.plus(sum(own.filter(({ type }) => venueBookings.has(type)).map(({ amount }) => decimal(amount))));
    // An open perpetual is not paid for: the wallet moves by the realised part alone.
    if (currency !== 'USDT') continue;
    for (const open of states[venue].positions.filter((one) => one.account === account)) {
      const notional = decimal(open.entryNotional).abs();
      change = decimal(open.quantityBase).gt(zero) ? change.plus(notional) : change.minus(notional);
    }
  }
  return change;
}

/** 4: with nothing open, the realised P&L is the change of all balances; dust is worth about a dollar a coin. */
function realised(truth: Truth): Violation[] {
  const { ledger, venues: states } = truth;
  const ended = ledger.positions.every(({ status }) => status === 'closed' || status === 'aborted');
  if (!ended) return [];
  const changeIn = (currency: string): Decimal =>
    sum(
      venues.flatMap((venue) =>
        states[venue].balances
          .filter((one) => one.currency === currency)
          .map((one) => decimal(one.total).minus(baselineOf(ledger, one.account, currency))),
      ),
    );
  const liquidated = sum(
    venues.flatMap((venue) =>
      states[venue].income.filter(({ type }) => venueBookings.has(type)).map(({ amount }) => decimal(amount)),
    ),
  );
  const dust = changeIn('USDC');
  const change = changeIn('USDT').plus(dust).minus(liquidated);
  const pnl = sum(ledger.positions.map(({ realised_usd: usd }) => decimal(usd ?? '0')));
  const openPerpetuals = sum(
    venues.flatMap((venue) => states[venue].positions.map((one) => decimal(one.quantityBase).abs())),
  );
  // Each dust was valued at its own price, within two in a hundred of a dollar.
  const tolerance = decimal('0.01')
    .plus(decimal('0.02').times(dust.abs().plus(openPerpetuals)))
    .plus(decimal('0.02').times(decimal(String(ledger.positions.length))));
  if (pnl.minus(change).abs().lte(tolerance)) return [];
  return [violation(4, null, `positions realised ${toText(pnl)} USD, the balances moved by ${toText(change)}`)];
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

function violation(invariant: number, positionKey: string | null, detail: string): Violation {
  return { invariant, positionKey, detail };
}
