/** Bybit v5's queries for orders, newest first and paged by a cursor. */
import type { SimOrder } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BybitCall, BybitHandler, Category } from './call.ts';
import { parameterError } from './errors.ts';
import { categoryOf, wireSymbol } from './instruments.ts';
import { namedOrder } from './order-entry.ts';
import { orderView } from './order-view.ts';
import { integerOrNull, page, requiredCategory, requireNarrowed, timeWindow, within } from './parameters.ts';

/** Done orders that `realtime` still tells of. */
const recentlyDone = 500;

export function orderQueryHandlers(context: ProtocolContext): Readonly<Record<string, BybitHandler>> {
  return {
    'GET /v5/order/realtime': (call) => {
      const category = requiredCategory(call);
      const named = namedOrder(context, call.account, call.params);
      if (named === 'unnamed') requireNarrowed(call, category);
      return listed(call, category, named === 'unnamed' ? current(context, call) : present(named));
    },
    'GET /v5/order/history': (call) => {
      const category = requiredCategory(call);
      const named = namedOrder(context, call.account, call.params);
      const window = timeWindow(call);
      const orders =
        named === 'unnamed'
          ? context.exchange
              .viewOf(call.account)
              .orders.filter((order) => within(order.createdAtMs, window))
              .toReversed()
          : present(named);
      return listed(
        call,
        category,
        orders.filter((order) => order.status !== 'open'),
      );
    },
  };
}

/** Open orders, or with `openOnly` 1 the newest that are done. */
function current(context: ProtocolContext, call: BybitCall): readonly SimOrder[] {
  const view = context.exchange.viewOf(call.account);
  const openOnly = integerOrNull(call.params, 'openOnly') ?? 0;
  if (openOnly > 2) throw parameterError('params error: openOnly is invalid');
  if (openOnly === 0) return view.openOrders.toReversed();
  return view.orders
    .filter((order) => order.status !== 'open')
    .slice(-recentlyDone)
    .toReversed();
}

function present(order: SimOrder | null): SimOrder[] {
  return order === null ? [] : [order];
}

function listed(call: BybitCall, category: Category, newestFirst: readonly SimOrder[]): unknown {
  const { params } = call;
  const isPlain = (params.get('orderFilter') ?? 'Order') === 'Order';
  const agrees = (name: string, value: string): boolean => (params.get(name) ?? value) === value;
  const rows = newestFirst.filter(
    ({ instrument }) =>
      isPlain &&
      categoryOf(instrument) === category &&
      agrees('symbol', wireSymbol(instrument)) &&
      agrees('baseCoin', instrument.base) &&
      (category === 'spot' || agrees('settleCoin', instrument.quote)),
  );
  const options = { usual: 20, most: 50, keyOf: (order: SimOrder): number => order.sequence, view: orderView };
  return { category, ...page(call, rows, options) };
}
