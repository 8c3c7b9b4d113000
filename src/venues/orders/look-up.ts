/**
 * Finds out what became of an order, by every way the venue offers, or proves that nothing did or can.
 *
 * The proof of absence: the venue's own clock is past the latest instant at which it would still accept the request, and
 * so is ours, by which the request had to leave; its visibility lag has passed since, and only then every list was read
 * to its end.
 */
import { VenueError, type OrderLookUp, type OrderLookUpResult, type VenueOrder } from '../../ports/venue.ts';
import { decimalText, text, textOrNull } from '../capabilities/raw.ts';
import type { NativeParams } from '../capabilities/venue-dialect.ts';
import { venueNowMs } from '../exchange.ts';
import { sideOf, tradesBetween } from './fills.ts';
import { forgottenOrder, tradesReachMs, type SearchedTimes } from './forgotten-order.ts';
import { contractSizeOf, toBase } from '../markets/instruments.ts';
import { openOrders } from './open-orders.ts';
import type { OrderNames } from './order-names.ts';
import { keyFrom, readAllPages, type PagedList } from '../calls/pages.ts';
import { read, type VenueCaller } from '../calls/venue-call.ts';
import type { ExactExchange, ExactOrder } from '../exact-exchange.ts';

/** Added to the request's expiry before an order may be called absent: the venue's own timekeeping. */
export const absenceMarginMs = 1_000;
/** Expiry assumed of a venue that enforces none. */
const unenforcedExpiryMs = 60_000;
/** Searches begin this much wall time before the claim, and end this much after now. */
const windowMarginMs = 60_000;
/** An order may become visible any moment: how often it is worth asking again. */
const askAgainMs = 1_000;
const soonestMs = 100;
/** How long after everything else a venue is waited for that lists the fills of an order and does not show the order. */
const unshownForMs = 3_600_000;

export interface LookUpSettings {
  readonly exchange: ExactExchange;
  readonly caller: VenueCaller;
  /** Market time at the venue for a wall time: the venue stamps orders and trades with it. */
  readonly marketTimeOf: (wallMs: number) => number;
  readonly names: OrderNames;
}

export async function lookUpOrder(settings: LookUpSettings, query: OrderLookUp): Promise<OrderLookUpResult> {
  const { clock } = settings.caller;
  // The slower of the two clocks: send-by is of ours, and where ours lags a request leaves later than the venue would say.
  const venueMs = await venueTimeMs(settings.exchange, settings.caller);
  const surelyMs = Math.min(clock.nowMs(), venueMs);
  const times = searchedTimes(settings, query, venueMs);
  const shown = await direct(settings, query);
  const { found, unshown } =
    shown === null ? await throughLists(settings, query, times) : { found: shown, unshown: null };
  if (found !== null) return { kind: 'found', order: found };
  const nowMs = clock.nowMs();
  const { requestExpiry, visibilityLagMs } = settings.caller.dialect.capabilities;
  const expiryMs = requestExpiry?.expiryMs ?? unenforcedExpiryMs;
  const remainingMs = query.sendByMs + expiryMs + absenceMarginMs + visibilityLagMs - surelyMs;
  if (query.venueOrderId !== null) {
    const forgotten = remainingMs < 0 ? await forgottenOrder(settings, query, surelyMs, times) : null;
    if (forgotten !== null) return { kind: 'forgotten', order: forgotten };
    const reason = `the venue acknowledged it as ${query.venueOrderId} but shows it nowhere`;
    return { kind: 'not_yet_known', retryAtMs: nowMs + askAgainMs, reason };
  }
  const unproven = whyUnproven(unshown, remainingMs, nowMs - query.claimedAtMs);
  if (unproven !== null) return { kind: 'not_yet_known', retryAtMs: nowMs + askAgainMs, reason: unproven };
  if (remainingMs < 0) return { kind: 'absent' };
  const waitMs = Math.min(Math.max(remainingMs + 1, soonestMs), askAgainMs);
  return {
    kind: 'not_yet_known',
    retryAtMs: nowMs + waitMs,
    reason: `not seen, but it could still appear for ${remainingMs} ms`,
  };
}

/** Why that no list shows it is no proof, however much time has passed; null where it is one. */
function whyUnproven(unshown: Unshown | null, remainingMs: number, ageMs: number): string | null {
  if (unshown !== null && (unshown.isOurs || remainingMs >= -unshownForMs)) {
    return `the venue lists fills of order ${unshown.venueOrderId}, which it does not show`;
  }
  return ageMs > tradesReachMs
    ? 'not seen, but it is so old that the lists of some venues do not reach back to it'
    : null;
}

export async function venueTimeMs(exchange: ExactExchange, caller: VenueCaller): Promise<number> {
  const time = await read(caller, 'server time', () => exchange.fetchTime());
  if (typeof time.value !== 'number' || !Number.isSafeInteger(time.value)) {
    throw new VenueError('malformed_reply', `${exchange.id}: no server time`);
  }
  return time.value;
}

/** One cheap question each, in the order of certainty. */
async function direct(settings: LookUpSettings, query: OrderLookUp): Promise<VenueOrder | null> {
  const { dialect } = settings.caller;
  if (query.venueOrderId !== null) {
    const order = await oneOrder(settings, query.symbol, query.venueOrderId, dialect.readByVenueIdParams);
    if (order !== null && order.venueOrderId === query.venueOrderId) return matching(order, query);
  }
  if (dialect.readByClientId.kind === 'lists') return null;
  const order = await oneOrder(settings, query.symbol, undefined, dialect.readByClientId.params(query.clientOrderId));
  return order === null || order.clientOrderId !== query.clientOrderId ? null : matching(order, query);
}

async function oneOrder(
  settings: LookUpSettings,
  symbol: string,
  id: string | undefined,
  params: NativeParams,
): Promise<VenueOrder | null> {
  const { exchange, caller } = settings;
  try {
    const found = await read(caller, 'an order', () => exchange.fetchOrder(id, symbol, params));
    return orderOf(settings, symbol, found.value);
  } catch (error) {
    if (error instanceof VenueError && error.kind === 'not_found') return null;
    throw error;
  }
}

/** An order that is known by its fills only; `isOurs` where these carry our client order id, else it may be. */
interface Unshown {
  readonly venueOrderId: string;
  readonly isOurs: boolean;
}

interface Searched {
  readonly found: VenueOrder | null;
  readonly unshown: Unshown | null;
}

/** Open orders, closed orders, and the orders behind all trades of the time in question that may be its own. */
async function throughLists(
  settings: LookUpSettings,
  query: OrderLookUp,
  { sinceMs, untilMs }: SearchedTimes,
): Promise<Searched> {
  const { exchange, caller, names } = settings;
  const { dialect } = caller;
  const { symbol } = query;
  const narrowed = dialect.readByClientId.kind === 'lists' ? dialect.readByClientId.params(query.clientOrderId) : {};
  const open = await openOrders(exchange, caller, symbol, narrowed);
  const fromOpen = theOne(settings, query, open);
  if (fromOpen !== null) return { found: fromOpen, unshown: null };

  const list: PagedList<ExactOrder> = {
    what: `closed orders of ${symbol}`,
    paging: dialect.closedOrderPaging,
    fetchPage: (since, limit, params) =>
      exchange[dialect.closedOrders](symbol, since, limit, { ...narrowed, ...params }),
    keyOf: (order) => keyFrom('order', order.id),
  };
  const closed = await readAllPages(caller, list, sinceMs, untilMs);
  const fromClosed = theOne(settings, query, closed);
  if (fromClosed !== null) return { found: fromClosed, unshown: null };

  for (const { id, clientOrderId } of [...open, ...closed])
    names.note(symbol, text(id, 'order id'), clientOrderId ?? '');
  const ofOurs = dialect.tradesByClientId?.(query.clientOrderId) ?? {};
  const trades = await tradesBetween(exchange, caller, symbol, sinceMs, untilMs, ofOurs);
  for (const { order, clientOrderId = '' } of trades)
    if (clientOrderId !== '') names.note(symbol, text(order, 'order id of a fill'), clientOrderId);
  return behindTrades(settings, query, new Set(trades.map((trade) => text(trade.order, 'order id of a fill'))));
}

async function behindTrades(settings: LookUpSettings, query: OrderLookUp, ids: ReadonlySet<string>): Promise<Searched> {
  const { names, caller } = settings;
  const { symbol, clientOrderId } = query;
  let unshown: Unshown | null = null;
  for (const id of ids) {
    const name = names.of(symbol, id);
    if ((name ?? clientOrderId) !== clientOrderId) continue;
    const order = await oneOrder(settings, symbol, id, caller.dialect.readByVenueIdParams);
    if (order === null) {
      if (unshown?.isOurs !== true) unshown = { venueOrderId: id, isOurs: name === clientOrderId };
      continue;
    }
    names.note(symbol, id, order.clientOrderId);
    if (order.clientOrderId === clientOrderId) return { found: matching(order, query), unshown: null };
  }
  return { found: null, unshown };
}

/**
 * Market times between which the venue has stamped the order, if it took it. The claim is of our clock, which may be ahead
 * of the venue's: by as much as now, or as when orders were last signed by it, should it have been put right since.
 */
function searchedTimes(
  { exchange, caller: { clock }, marketTimeOf }: LookUpSettings,
  { claimedAtMs }: OrderLookUp,
  venueMs: number,
): SearchedTimes {
  const nowMs = clock.nowMs();
  const leadMs = Math.max(nowMs - venueMs, nowMs - venueNowMs(exchange, clock));
  return {
    sinceMs: Math.floor(marketTimeOf(claimedAtMs - Math.max(leadMs, 0) - windowMarginMs)),
    untilMs: Math.ceil(marketTimeOf(Math.max(nowMs, venueMs) + windowMarginMs)),
  };
}

/** The order with exactly our client order id. Two of them under one id is what must never happen. */
function theOne(settings: LookUpSettings, query: OrderLookUp, orders: readonly ExactOrder[]): VenueOrder | null {
  const own = new Map<string, ExactOrder>();
  for (const order of orders) {
    if (order.clientOrderId === query.clientOrderId) own.set(text(order.id, 'order id'), order);
  }
  if (own.size > 1) {
    throw new VenueError('malformed_reply', `${own.size} orders carry the client order id ${query.clientOrderId}`);
  }
  const [order] = own.values();
  return order === undefined ? null : matching(orderOf(settings, query.symbol, order), query);
}

function matching(order: VenueOrder, query: OrderLookUp): VenueOrder {
  if (order.clientOrderId !== '' && order.clientOrderId !== query.clientOrderId) {
    throw new VenueError(
      'malformed_reply',
      `order ${order.venueOrderId} carries the client order id ${order.clientOrderId}, not ${query.clientOrderId}`,
    );
  }
  return { ...order, clientOrderId: query.clientOrderId };
}

/** @throws VenueError `malformed_reply` for a missing figure or a status that is not in the venue's table. */
function orderOf(settings: LookUpSettings, symbol: string, order: ExactOrder): VenueOrder {
  const { dialect } = settings.caller;
  const rawStatus = dialect.rawStatus(order.info);
  const status = Object.hasOwn(dialect.statuses, rawStatus) ? dialect.statuses[rawStatus] : undefined;
  if (status === undefined) {
    throw new VenueError(
      'malformed_reply',
      `${dialect.capabilities.venue}: unknown order status ${JSON.stringify(rawStatus)}`,
    );
  }
  const contractSize = contractSizeOf(settings.exchange, symbol);
  return {
    venueOrderId: text(order.id, 'order id'),
    clientOrderId: textOrNull(order.clientOrderId) ?? '',
    symbol,
    side: sideOf(order.side),
    quantityBase: toBase(decimalText(order.amount, 'order quantity'), contractSize),
    filledBase: toBase(decimalText(order.filled, 'filled quantity'), contractSize),
    status,
  };
}
