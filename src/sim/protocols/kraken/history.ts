/** Kraken's queries of orders and trades. Lists are newest first, fifty a page. */
import type { SimOrder, SimTrade } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { PrivateCall, PrivateEndpoint } from './call.ts';
import { invalidArguments, unknownOrder } from './errors.ts';
import { isKrakenId } from './ids.ts';
import { orderView, tradeView } from './order-views.ts';
import type { Page } from './paging.ts';
import { pageOf, timeWindow, within } from './paging.ts';
import type { Parameters } from './parameters.ts';
import { flag, requiredText, textOrNull } from './parameters.ts';
import { clientIdOf, userReferenceOf, userReferenceOrNull } from './references.ts';

const mostQueriedOrders = 50;
const mostQueriedTrades = 20;
const closeTimes = new Set(['open', 'close', 'both']);
/** Kinds of trades; all but the first two are of margin positions, of which there are none. */
const tradeTypes = new Set(['all', 'no position', 'any position', 'closed position', 'closing position']);

export function historyEndpoints(context: ProtocolContext): Readonly<Record<string, PrivateEndpoint>> {
  const reading = (cost: number, handle: (call: PrivateCall) => unknown): PrivateEndpoint => ({
    permission: 'read',
    cost,
    handle,
  });
  return {
    QueryOrders: reading(1, (call) => queryOrders(context, call)),
    OpenOrders: reading(1, (call) => {
      const open = context.exchange.viewOf(call.account).openOrders.filter(filterOf(call.params));
      return { open: ordersView(context, call, open.toReversed()) };
    }),
    ClosedOrders: reading(1, (call) => closedOrders(context, call)),
    QueryTrades: reading(1, (call) => {
      const view = context.exchange.viewOf(call.account);
      const wanted = new Set(idsOf(call.params, 'T', mostQueriedTrades));
      return keyed(view.trades.filter(({ tradeId }) => wanted.has(tradeId)));
    }),
    TradesHistory: reading(2, (call) => tradesHistory(context, call)),
  };
}

function queryOrders(context: ProtocolContext, call: PrivateCall): Record<string, unknown> {
  const view = context.exchange.viewOf(call.account);
  const reference = userReferenceOrNull(call.params);
  const found = idsOf(call.params, 'O', mostQueriedOrders)
    .map((id) => view.order(id))
    .filter((order) => order !== null)
    .filter((order) => reference === null || userReferenceOf(order) === reference);
  if (found.length === 0) throw unknownOrder();
  return ordersView(context, call, found);
}

/** By the time of closing, of opening, or either, as `closetime` says. */
function closedOrders(context: ProtocolContext, call: PrivateCall): Record<string, unknown> {
  const closeTime = textOrNull(call.params, 'closetime') ?? 'both';
  if (!closeTimes.has(closeTime)) throw invalidArguments('closetime');
  const view = context.exchange.viewOf(call.account);
  const sortTime = closeTime === 'open' ? openedAt : closedAt;
  const window = timeWindow(call.params, (id) => {
    const order = isKrakenId('O', id) ? view.order(id) : null;
    return order === null ? null : sortTime(order);
  });
  const times = closeTime === 'both' ? [openedAt, closedAt] : [sortTime];
  const closed = view.orders
    .filter((order) => order.status !== 'open' && times.some((timeOf) => within(timeOf(order), window)))
    .filter(filterOf(call.params));
  const newestFirst = closed.toReversed().sort((left, right) => sortTime(right) - sortTime(left));
  return listed('closed', pageOf(call.params, newestFirst), (page) => ordersView(context, call, page));
}

const openedAt = (order: SimOrder): number => order.createdAtMs;
const closedAt = (order: SimOrder): number => order.updatedAtMs;

function tradesHistory(context: ProtocolContext, call: PrivateCall): Record<string, unknown> {
  const type = textOrNull(call.params, 'type') ?? 'all';
  if (!tradeTypes.has(type)) throw invalidArguments('type');
  const { trades } = context.exchange.viewOf(call.account);
  const named = (id: string): number | null => trades.find(({ tradeId }) => tradeId === id)?.sequence ?? null;
  // Ids bound by their place in the history, so that trades of one moment are not lost between two pages.
  const [after, upTo] = ['start', 'end'].map((name) => {
    const text = textOrNull(call.params, name);
    return text === null || !isKrakenId('T', text) ? null : (named(text) ?? Number.NaN);
  });
  if (Number.isNaN(after)) throw invalidArguments('start');
  if (Number.isNaN(upTo)) throw invalidArguments('end');
  const window = timeWindow(call.params, (id) => (isKrakenId('T', id) ? 'ignored' : null));
  const found = type === 'all' || type === 'no position' ? trades : [];
  const newestFirst = found
    .filter(({ sequence }) => sequence > (after ?? 0) && sequence <= (upTo ?? Infinity))
    .filter(({ executedAtMs }) => within(executedAtMs, window))
    .toReversed();
  return listed('trades', pageOf(call.params, newestFirst), keyed);
}

function keyed(trades: readonly SimTrade[]): Record<string, unknown> {
  return Object.fromEntries(trades.map((trade) => [trade.tradeId, tradeView(trade)]));
}

function listed<T>(name: string, page: Page<T>, view: (rows: readonly T[]) => unknown): Record<string, unknown> {
  return { [name]: view(page.rows), ...(page.count === null ? {} : { count: page.count }) };
}

function ordersView(context: ProtocolContext, call: PrivateCall, orders: readonly SimOrder[]): Record<string, unknown> {
  const tradeIds = new Map<SimOrder, string[]>(orders.map((order) => [order, []]));
  const withTrades = flag(call.params, 'trades');
  if (withTrades) {
    for (const trade of context.exchange.viewOf(call.account).trades) tradeIds.get(trade.order)?.push(trade.tradeId);
  }
  return Object.fromEntries(
    orders.map((order) => [order.id, orderView(order, withTrades ? (tradeIds.get(order) ?? []) : null)]),
  );
}

/** By the client's own names, `cl_ord_id` and `userref`. */
function filterOf(params: Parameters): (order: SimOrder) => boolean {
  const clientId = textOrNull(params, 'cl_ord_id');
  const reference = userReferenceOrNull(params);
  return (order) =>
    (clientId === null || clientIdOf(order) === clientId) &&
    (reference === null || userReferenceOf(order) === reference);
}

/** Ids with commas between them. @throws KrakenError when there are too many, or one is malformed */
function idsOf(params: Parameters, kind: string, most: number): string[] {
  const ids = requiredText(params, 'txid').split(',');
  if (ids.length > most || ids.some((id) => !isKrakenId(kind, id))) throw invalidArguments('txid');
  return ids;
}
