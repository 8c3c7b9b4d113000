/** Order and trade endpoints of binance USDⓈ-M. */
import type { SimMarket, SimOrder, SimTrade } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { BinanceCall, Endpoints } from '../binance-shared/call.ts';
import { weightWith } from '../binance-shared/call.ts';
import { badCombination, noSuchOrder, unknownOrder } from '../binance-shared/errors.ts';
import { namedOrder } from '../binance-shared/orders.ts';
import { chosenMarkets, integerOrNull, limitOf, optional, requiredMarket } from '../binance-shared/parameters.ts';
import { page, timeWindow, within } from '../binance-shared/window.ts';
import type { ProtocolContext } from '../protocol.ts';
import { refusalError } from './errors.ts';
import { newOrderOf } from './order-request.ts';
import { acknowledgedView, clientOrderIdOf, justPlacedView, orderView, tradeView, weekWindow } from './views.ts';

export function orderEndpoints(context: ProtocolContext): Endpoints {
  return {
    'POST /fapi/v1/order': { access: 'trade', weight: 0, orders: 1, handle: (call) => createOrder(context, call) },
    'POST /fapi/v1/order/test': { access: 'trade', weight: 0, handle: (call) => testOrder(context, call) },
    'GET /fapi/v1/order': {
      access: 'read',
      weight: 1,
      handle: (call) => {
        const order = orderNamedBy(context, call);
        if (order === null) throw noSuchOrder();
        return orderView(order);
      },
    },
    'DELETE /fapi/v1/order': { access: 'trade', weight: 1, handle: (call) => cancelOrder(context, call) },
    'DELETE /fapi/v1/allOpenOrders': {
      access: 'trade',
      weight: 1,
      handle: (call) => {
        const market = requiredMarket(context, call);
        for (const order of accountOf(context.exchange.state, call.account).openOrders) {
          if (isOf(market, order)) context.exchange.cancel(call.account, order.id);
        }
        return { code: 200, msg: 'The operation of cancel all open order is done.' };
      },
    },
    'GET /fapi/v1/openOrder': {
      access: 'read',
      weight: 1,
      handle: (call) => {
        const order = orderNamedBy(context, call);
        if (order === null || order.status !== 'open') throw noSuchOrder();
        return orderView(order);
      },
    },
    'GET /fapi/v1/openOrders': {
      access: 'read',
      weight: weightWith('symbol', 1, 40),
      handle: (call) => {
        const instruments = chosenMarkets(context, call).map(({ instrument }) => instrument);
        const { openOrders } = context.exchange.viewOf(call.account);
        return openOrders.filter((order) => instruments.includes(order.instrument)).map(orderView);
      },
    },
    'GET /fapi/v1/allOrders': { access: 'read', weight: 5, handle: (call) => allOrders(context, call).map(orderView) },
    'GET /fapi/v1/userTrades': {
      access: 'read',
      weight: 5,
      handle: (call) => userTrades(context, call).map(tradeView),
    },
  };
}

export function createOrder(context: ProtocolContext, call: BinanceCall): Record<string, unknown> {
  const { request, responseType } = newOrderOf(context, call);
  const result = context.exchange.place(call.account, request);
  if (result.kind === 'refused') throw refusalError(result.refusal.reason);
  return responseType === 'RESULT' ? acknowledgedView(result.order) : justPlacedView(result.order);
}

/** Parameters and filters alone: nothing is placed. */
function testOrder(context: ProtocolContext, call: BinanceCall): Record<string, unknown> {
  newOrderOf(context, call);
  return {};
}

export function cancelOrder(context: ProtocolContext, call: BinanceCall): Record<string, unknown> {
  const order = orderNamedBy(context, call);
  const cancelled = order === null ? null : context.exchange.cancel(call.account, order.id);
  if (cancelled === null) throw unknownOrder();
  return acknowledgedView(cancelled);
}

function orderNamedBy(context: ProtocolContext, call: BinanceCall): SimOrder | null {
  return namedOrder(context, call, requiredMarket(context, call), clientOrderIdOf);
}

function isOf(market: SimMarket, order: SimOrder): boolean {
  return order.instrument === market.instrument;
}

/** Oldest first. From an id or a start: the oldest of them; otherwise the newest of the last seven days. */
function allOrders(context: ProtocolContext, call: BinanceCall): readonly SimOrder[] {
  const market = requiredMarket(context, call);
  const fromId = integerOrNull(call, 'orderId');
  const window = timeWindow(call, weekWindow);
  const found = context.exchange
    .viewOf(call.account)
    .orders.filter(
      (order) =>
        isOf(market, order) && (fromId === null ? within(order.createdAtMs, window) : Number(order.id) >= fromId),
    );
  return page(found, limitOf(call, 500, 1000), fromId !== null || window.fromMs !== null);
}

/** Oldest first. From an id or a start: the oldest of them; otherwise the newest of the last seven days. */
function userTrades(context: ProtocolContext, call: BinanceCall): readonly SimTrade[] {
  const market = requiredMarket(context, call);
  const fromId = integerOrNull(call, 'fromId');
  const orderId = integerOrNull(call, 'orderId');
  const window = timeWindow(call, weekWindow);
  const isTimed = window.fromMs !== null || optional(call, 'endTime') !== undefined;
  if (fromId !== null && isTimed) throw badCombination();
  const found = context.exchange
    .viewOf(call.account)
    .trades.filter(
      (trade) =>
        isOf(market, trade.order) &&
        (orderId === null || Number(trade.order.id) === orderId) &&
        (fromId === null ? within(trade.executedAtMs, window) : Number(trade.tradeId) >= fromId),
    );
  return page(found, limitOf(call, 500, 1000), fromId !== null || window.fromMs !== null);
}
