/** Bybit v5's order and execution endpoints. Lists are newest first and paged by a cursor. */
import { decimal } from '../../../domain/decimal.ts';
import type { TimeInForce } from '../../events.ts';
import type { SimOrder } from '../../state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { isPlainNumber } from '../../json.ts';
import { BybitError, parameterError, refusalError } from './errors.ts';
import type { BybitCall, BybitHandler } from './index.ts';
import { integerOrNull, positiveInteger, requireCategory, requiredMarket } from './market.ts';
import { orderView, tradeView } from './views.ts';

const weekMs = 7 * 86_400_000;
const timesInForce: Readonly<Record<string, TimeInForce>> = {
  GTC: 'gtc',
  IOC: 'ioc',
  FOK: 'fok',
  PostOnly: 'post_only',
};

export function orderHandlers(context: ProtocolContext): Readonly<Record<string, BybitHandler>> {
  const { exchange } = context;
  return {
    'POST /v5/order/create': (call) => createOrder(context, call),
    'POST /v5/order/cancel': (call) => {
      const market = requiredMarket(context, call);
      const order = namedOrders(context, call).find((candidate) => candidate.instrument === market.instrument);
      if (order === undefined) throw new BybitError(170213, 'Order does not exist.');
      const cancelled = exchange.cancel(call.account, order.id);
      if (cancelled === null) throw new BybitError(170213, 'Order does not exist.');
      return { orderId: order.id, orderLinkId: order.clientOrderId };
    },
    'GET /v5/order/realtime': (call) => {
      requireCategory(call);
      const named = call.params['orderId'] !== undefined || call.params['orderLinkId'] !== undefined;
      const orders = named
        ? namedOrders(context, call)
        : exchange
            .viewOf(call.account)
            .orders.filter((order) => order.status === 'open')
            .toReversed();
      return page(call, inMarket(call, orders), 20, 50, (order) => order.sequence, orderView);
    },
    'GET /v5/order/history': (call) => {
      requireCategory(call);
      const named = call.params['orderId'] !== undefined || call.params['orderLinkId'] !== undefined;
      const window = timeWindow(call);
      const orders = (named ? namedOrders(context, call) : exchange.viewOf(call.account).orders.toReversed()).filter(
        (order) => order.status !== 'open' && (named || within(order.createdAtMs, window)),
      );
      return page(call, inMarket(call, orders), 20, 50, (order) => order.sequence, orderView);
    },
    'GET /v5/execution/list': (call) => {
      requireCategory(call);
      const window = timeWindow(call);
      const { orderId, orderLinkId, symbol, execType } = call.params;
      const none = call.params['category'] !== 'spot' || (execType !== undefined && execType !== 'Trade');
      const trades = exchange
        .viewOf(call.account)
        .trades.toReversed()
        .filter(
          (trade) =>
            !none &&
            (orderId === undefined || trade.order.id === orderId) &&
            (orderLinkId === undefined || trade.order.clientOrderId === orderLinkId) &&
            (symbol === undefined || trade.order.instrument.id === symbol) &&
            within(trade.executedAtMs, window),
        );
      return page(call, trades, 50, 100, (trade) => trade.sequence, tradeView);
    },
  };
}

function createOrder(context: ProtocolContext, call: BybitCall): Record<string, unknown> {
  const market = requiredMarket(context, call);
  const { side, orderType, qty, price, timeInForce, orderLinkId = '', marketUnit } = call.params;
  if (side !== 'Buy' && side !== 'Sell') throw new BybitError(170117, 'Invalid side.');
  if (orderType !== 'Limit' && orderType !== 'Market') throw new BybitError(170116, 'Invalid orderType.');
  const isLimit = orderType === 'Limit';
  if (qty === undefined || !isPlainNumber(qty)) throw refusalError('quantity_not_positive');
  if (isLimit && (price === undefined || !isPlainNumber(price))) throw refusalError('price_not_positive');
  const tif = timesInForce[timeInForce ?? 'GTC'];
  if (tif === undefined) throw new BybitError(170115, 'Invalid timeInForce.');
  if (!/^[A-Za-z0-9_-]{0,36}$/.test(orderLinkId)) throw parameterError('orderLinkId is illegal');
  if (call.params['triggerPrice'] !== undefined || (call.params['orderFilter'] ?? 'Order') !== 'Order') {
    throw parameterError('conditional orders are not supported');
  }
  const spendsQuote = !isLimit && side === 'Buy' && marketUnit !== 'baseCoin';
  const result = context.exchange.place(call.account, {
    instrument: market.instrument.id,
    clientOrderId: orderLinkId,
    side: side === 'Buy' ? 'buy' : 'sell',
    type: isLimit ? 'limit' : 'market',
    timeInForce: tif,
    price: isLimit && price !== undefined ? decimal(price) : null,
    quantity: decimal(qty),
    quantityUnit: spendsQuote ? 'quote' : 'base',
    reduceOnly: false,
  });
  if (result.kind === 'refused') throw refusalError(result.refusal.reason);
  return { orderId: result.order.id, orderLinkId: result.order.clientOrderId };
}

/** Orders that an id names: one by venue id, or the newest of a client id. */
function namedOrders(context: ProtocolContext, call: BybitCall): SimOrder[] {
  const { orderId, orderLinkId } = call.params;
  const view = context.exchange.viewOf(call.account);
  if (orderId === undefined && orderLinkId === undefined) return [];
  const order = orderId === undefined ? view.orderByClientId(orderLinkId ?? '') : view.order(orderId);
  return order === null ? [] : [order];
}

function inMarket(call: BybitCall, orders: readonly SimOrder[]): SimOrder[] {
  const { symbol, category, baseCoin } = call.params;
  if (category !== 'spot') return [];
  return orders.filter(
    ({ instrument }) =>
      (symbol === undefined || instrument.id === symbol) && (baseCoin === undefined || instrument.base === baseCoin),
  );
}

interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** At most seven days: the last seven by default, seven from a start or up to an end when only one is given. */
function timeWindow(call: BybitCall): Window {
  const start = integerOrNull(call, 'startTime');
  const end = integerOrNull(call, 'endTime');
  if (start !== null && end !== null) {
    if (start > end) throw parameterError('The start time cannot be greater than the end time');
    if (end - start > weekMs) throw parameterError('The time range between startTime and endTime cannot exceed 7 days');
    return { fromMs: start, toMs: end };
  }
  if (start !== null) return { fromMs: start, toMs: start + weekMs };
  const toMs = end ?? call.nowMs;
  return { fromMs: toMs - weekMs, toMs };
}

function within(atMs: number, window: Window): boolean {
  return atMs >= window.fromMs && atMs <= window.toMs;
}

/** The cursor names the last row given; a row that arrives later does not move the page. */
function page<T>(
  call: BybitCall,
  rows: readonly T[],
  usual: number,
  most: number,
  keyOf: (row: T) => number,
  view: (row: T) => unknown,
): Record<string, unknown> {
  const limit = positiveInteger(call, 'limit', usual, most);
  const { cursor = '' } = call.params;
  if (cursor !== '' && !/^p\d{1,15}$/.test(cursor)) throw parameterError('cursor is invalid');
  const before = cursor === '' ? Infinity : Number(cursor.slice(1));
  const rest = rows.filter((row) => keyOf(row) < before);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return {
    category: call.params['category'],
    list: shown.map(view),
    nextPageCursor: rest.length > shown.length && last !== undefined ? `p${keyOf(last)}` : '',
  };
}
