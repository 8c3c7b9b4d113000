/** An account's orders and fills: newest first, paged by a cursor. */
import type { SimOrder } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { CoinbaseCall, Route } from './call.ts';
import { accountName, listed, pageSize, timeAt } from './call.ts';
import { invalidArgument, v3Error } from './errors.ts';
import { fillSummaries, fillView, orderStatus, orderView, sideName, timesInForce } from './views.ts';

const usualPage = 100;
const mostOnPage = 1000;

export function historyRoutes(context: ProtocolContext): Route[] {
  const orders = '/api/v3/brokerage/orders/historical';
  return [
    { name: `GET ${orders}/batch`, needs: 'read', handle: (call) => orderList(context, call) },
    { name: `GET ${orders}/fills`, needs: 'read', handle: (call) => fillList(context, call) },
    { name: `GET ${orders}/{order_id}`, needs: 'read', handle: (call) => oneOrder(context, call) },
  ];
}

function oneOrder({ exchange }: ProtocolContext, call: CoinbaseCall): Record<string, unknown> {
  const view = exchange.viewOf(accountName(call));
  const order = view.order(call.path.get('order_id') ?? '');
  if (order === null) throw v3Error(404, 'unknown', 'order with this orderID was not found');
  return { order: orderView(exchange.state, order, fillSummaries([order], view.trades).get(order)) };
}

function orderList({ exchange }: ProtocolContext, call: CoinbaseCall): Record<string, unknown> {
  const account = accountName(call);
  const view = exchange.viewOf(account);
  const accepts = orderFilter(call);
  const found = view.orders.filter(accepts).toReversed();
  const { rows, cursor } = page(call, found, (order) => order.sequence);
  const fills = fillSummaries(rows, view.trades);
  return {
    orders: rows.map((order) => orderView(exchange.state, order, fills.get(order))),
    sequence: '0',
    has_next: cursor !== '',
    cursor,
  };
}

/** Every filter of the query at once; one that was not sent accepts all. */
function orderFilter(call: CoinbaseCall): (order: SimOrder) => boolean {
  const accepts = chosen(call, 'order_ids');
  const products = chosen(call, 'product_id', 'product_ids');
  const statuses = chosen(call, 'order_status');
  const types = chosen(call, 'order_type', 'order_types');
  const sides = chosen(call, 'order_side');
  const times = chosen(call, 'time_in_forces');
  const productTypes = chosen(call, 'product_type');
  const fromMs = timeAt(call, 'start_date') ?? 0;
  const toMs = timeAt(call, 'end_date') ?? Infinity;
  return (order) =>
    accepts(order.id) &&
    products(order.instrument.id) &&
    statuses(orderStatus(order)) &&
    types(order.type === 'limit' ? 'LIMIT' : 'MARKET') &&
    sides(sideName(order)) &&
    times(timesInForce[order.timeInForce]) &&
    productTypes('SPOT') &&
    order.createdAtMs >= fromMs &&
    order.createdAtMs <= toMs;
}

function fillList({ exchange }: ProtocolContext, call: CoinbaseCall): Record<string, unknown> {
  const view = exchange.viewOf(accountName(call));
  const orders = chosen(call, 'order_id', 'order_ids');
  const trades = chosen(call, 'trade_ids');
  const products = chosen(call, 'product_id', 'product_ids');
  const fromMs = timeAt(call, 'start_sequence_timestamp') ?? 0;
  const toMs = timeAt(call, 'end_sequence_timestamp') ?? Infinity;
  const found = view.trades.filter(
    ({ order, tradeId, executedAtMs }) =>
      orders(order.id) &&
      trades(tradeId) &&
      products(order.instrument.id) &&
      executedAtMs >= fromMs &&
      executedAtMs <= toMs,
  );
  const { rows, cursor } = page(call, found.toReversed(), (trade) => trade.sequence);
  return { fills: rows.map(fillView), cursor };
}

function chosen(call: CoinbaseCall, ...names: readonly string[]): (value: string) => boolean {
  const values = new Set(listed(call, ...names));
  return (value) => values.size === 0 || values.has(value);
}

/** The cursor names the last row given; a row that arrives later does not move the page. */
function page<T>(
  call: CoinbaseCall,
  rows: readonly T[],
  keyOf: (row: T) => number,
): { readonly rows: readonly T[]; readonly cursor: string } {
  const limit = pageSize(call, usualPage, mostOnPage);
  const cursor = call.query.get('cursor') ?? '';
  if (cursor !== '' && !/^\d{1,12}$/.test(cursor)) throw invalidArgument('cursor is invalid');
  const rest = cursor === '' ? rows : rows.filter((row) => keyOf(row) < Number(cursor));
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, cursor: rest.length > shown.length && last !== undefined ? String(keyOf(last)) : '' };
}
