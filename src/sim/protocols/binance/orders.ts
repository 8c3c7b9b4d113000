/** Binance spot's order and trade endpoints. */
import type { SimMarket, SimOrder, SimTrade } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import { refusalOf } from '../../exchange/placement.ts';
import type { BinanceCall, Endpoints } from '../binance-shared/call.ts';
import { weightWith } from '../binance-shared/call.ts';
import { BinanceError, badCombination, illegal, noSuchOrder, unknownOrder } from '../binance-shared/errors.ts';
import {
  clientOrderIdRange,
  isClientOrderId,
  madeCancelId,
  namedOrder,
  orderStatus,
} from '../binance-shared/orders.ts';
import { chosenMarkets, flag, integerOrNull, limitOf, optional, requiredMarket } from '../binance-shared/parameters.ts';
import { page, timeWindow, within } from '../binance-shared/window.ts';
import type { ProtocolContext } from '../protocol.ts';
import { isFilterFailure, refusalError } from './errors.ts';
import { newOrderOf } from './order-request.ts';
import { cancelledView, fraction, orderView, placedView, tradeView } from './views.ts';

const dayWindow = {
  mostMs: 86_400_000,
  tooLong: 'More than 24 hours between startTime and endTime.',
  always: false,
} as const;

/** @param cancelIds while an order is being cancelled: the client id of its cancellation, for the user streams */
export function orderEndpoints(context: ProtocolContext, cancelIds: Map<string, string>): Endpoints {
  return {
    'POST /api/v3/order': { access: 'trade', weight: 1, orders: 1, handle: (call) => createOrder(context, call) },
    'POST /api/v3/order/test': {
      access: 'trade',
      weight: (params) => (params.get('computeCommissionRates') === 'true' ? 20 : 1),
      handle: (call) => testOrder(context, call),
    },
    'GET /api/v3/order': {
      access: 'read',
      weight: 4,
      handle: (call) => {
        const order = orderNamedBy(context, call);
        if (order === null) throw noSuchOrder();
        return orderView(order);
      },
    },
    'DELETE /api/v3/order': { access: 'trade', weight: 1, handle: (call) => cancelOrder(context, cancelIds, call) },
    'GET /api/v3/openOrders': {
      access: 'read',
      weight: weightWith('symbol', 6, 80),
      handle: (call) => {
        const instruments = chosenMarkets(context, call).map(({ instrument }) => instrument);
        const { openOrders } = context.exchange.viewOf(call.account);
        return openOrders.filter((order) => instruments.includes(order.instrument)).map(orderView);
      },
    },
    'DELETE /api/v3/openOrders': {
      access: 'trade',
      weight: 1,
      handle: (call) => cancelOpenOrders(context, cancelIds, call),
    },
    'GET /api/v3/allOrders': { access: 'read', weight: 20, handle: (call) => allOrders(context, call).map(orderView) },
    'GET /api/v3/myTrades': {
      access: 'read',
      weight: weightWith('orderId', 5, 20),
      handle: (call) => myTrades(context, call).map(tradeView),
    },
  };
}

function createOrder(context: ProtocolContext, call: BinanceCall): unknown {
  const { request, responseType } = newOrderOf(context, call);
  const result = context.exchange.place(call.account, request);
  if (result.kind === 'refused') throw refusalError(result.refusal.reason);
  const { order } = result;
  const { trades } = accountOf(context.exchange.state, call.account);
  return placedView(order, responseType, tradesOf(trades, order));
}

/** The newest trades belong to an order that has just been placed. */
function tradesOf(trades: readonly SimTrade[], order: SimOrder): SimTrade[] {
  return trades.slice(trades.findLastIndex((trade) => trade.order !== order) + 1);
}

/** What does not reach the book is found out; funds and duplicates are not looked at. */
function testOrder(context: ProtocolContext, call: BinanceCall): unknown {
  const { market, request } = newOrderOf(context, call);
  const { exchange } = context;
  const refusal = refusalOf(exchange.state, accountOf(exchange.state, call.account), market, request);
  if (refusal !== null && isFilterFailure(refusal.reason)) throw refusalError(refusal.reason);
  if (!flag(call, 'computeCommissionRates')) return {};
  const fees = exchange.feesOf(call.account, 'spot');
  const none = { maker: fraction(fees.makerBps.times('0')), taker: fraction(fees.takerBps.times('0')) };
  return {
    standardCommissionForOrder: { maker: fraction(fees.makerBps), taker: fraction(fees.takerBps) },
    specialCommissionForOrder: none,
    taxCommissionForOrder: none,
    discount: { enabledForAccount: false, enabledForSymbol: false, discountAsset: 'BNB', discount: '0.00000000' },
  };
}

function orderNamedBy(context: ProtocolContext, call: BinanceCall): SimOrder | null {
  return namedOrder(context, call, requiredMarket(context, call), ({ clientOrderId }) => clientOrderId);
}

function cancelOrder(context: ProtocolContext, cancelIds: Map<string, string>, call: BinanceCall): unknown {
  const order = orderNamedBy(context, call);
  const restriction = optional(call, 'cancelRestrictions');
  if (restriction !== undefined && restriction !== 'ONLY_NEW' && restriction !== 'ONLY_PARTIALLY_FILLED') {
    throw new BinanceError(-1145, 'Invalid cancelRestrictions');
  }
  if (order === null || order.status !== 'open') throw unknownOrder();
  if (restriction !== undefined && restriction !== `ONLY_${orderStatus(order)}`) {
    throw new BinanceError(-2011, 'Order was not canceled due to cancel restrictions.');
  }
  return cancelled(context, cancelIds, call, order);
}

function cancelled(
  context: ProtocolContext,
  cancelIds: Map<string, string>,
  call: BinanceCall,
  order: SimOrder,
): unknown {
  const chosen = optional(call, 'newClientOrderId');
  if (chosen !== undefined && !isClientOrderId(chosen)) throw illegal('newClientOrderId', clientOrderIdRange);
  const cancelId = chosen ?? madeCancelId(context, order);
  cancelIds.set(order.id, cancelId);
  const done = context.exchange.cancel(call.account, order.id);
  cancelIds.delete(order.id);
  if (done === null) throw unknownOrder();
  return cancelledView(done, cancelId);
}

/** All orders of a symbol; none open is an error, as for one order. */
function cancelOpenOrders(context: ProtocolContext, cancelIds: Map<string, string>, call: BinanceCall): unknown[] {
  const market = requiredMarket(context, call);
  const mine = [...accountOf(context.exchange.state, call.account).openOrders].filter((order) => isOf(market, order));
  if (mine.length === 0) throw unknownOrder();
  return mine.map((order) => cancelled(context, cancelIds, call, order));
}

function isOf(market: SimMarket, order: SimOrder): boolean {
  return order.instrument === market.instrument;
}

/** Oldest first. From an id or a start: the oldest of them; otherwise the newest. */
function allOrders(context: ProtocolContext, call: BinanceCall): readonly SimOrder[] {
  const market = requiredMarket(context, call);
  const fromId = integerOrNull(call, 'orderId');
  const window = timeWindow(call, dayWindow);
  const found = context.exchange
    .viewOf(call.account)
    .orders.filter(
      (order) =>
        isOf(market, order) && within(order.createdAtMs, window) && (fromId === null || Number(order.id) >= fromId),
    );
  return page(found, limitOf(call, 500, 1000), fromId !== null || window.fromMs !== null);
}

/** Oldest first. From an id or a start: the oldest of them; otherwise the newest. */
function myTrades(context: ProtocolContext, call: BinanceCall): readonly SimTrade[] {
  const market = requiredMarket(context, call);
  const fromId = integerOrNull(call, 'fromId');
  const orderId = integerOrNull(call, 'orderId');
  const window = timeWindow(call, dayWindow);
  const isTimed = window.fromMs !== null || optional(call, 'endTime') !== undefined;
  if (isTimed && (fromId !== null || orderId !== null)) throw badCombination();
  const found = context.exchange
    .viewOf(call.account)
    .trades.filter(
      (trade) =>
        isOf(market, trade.order) &&
        within(trade.executedAtMs, window) &&
        (orderId === null || Number(trade.order.id) === orderId) &&
        (fromId === null || Number(trade.tradeId) >= fromId),
    );
  return page(found, limitOf(call, 500, 1000), fromId !== null || window.fromMs !== null);
}
