/** Binance USDⓈ-M's order and trade endpoints. */
import type { TimeInForce } from '../../events.ts';
import { decimalPlaces } from '../../instruments.ts';
import type { SimOrder, SimTrade } from '../../state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { BinanceError, missing, refusalError } from './errors.ts';
import type { BinanceCall, BinanceHandler } from './parameters.ts';
import { chosenMarkets, integerOrNull, limitOf, numberOrNull, required } from './parameters.ts';
import { requiredMarket, timeWindow } from './parameters.ts';
import { acknowledgedView, orderView, tradeView } from './views.ts';

const timesInForce: Readonly<Record<string, TimeInForce>> = { GTC: 'gtc', IOC: 'ioc', FOK: 'fok', GTX: 'post_only' };

export function orderHandlers(context: ProtocolContext): Readonly<Record<string, BinanceHandler>> {
  const { exchange } = context;
  const ordersOf = (call: BinanceCall): readonly SimOrder[] => exchange.viewOf(call.account).orders;
  return {
    'POST order': (call) => createOrder(context, call),
    'GET order': (call) => {
      const order = namedOrder(context, call);
      if (order === null) throw new BinanceError(-2013, 'Order does not exist.');
      return orderView(order);
    },
    'DELETE order': (call) => {
      const order = namedOrder(context, call);
      const cancelled = order === null ? null : exchange.cancel(call.account, order.id);
      if (cancelled === null) throw new BinanceError(-2011, 'Unknown order sent.');
      return acknowledgedView(cancelled);
    },
    'DELETE allOpenOrders': (call) => {
      const market = requiredMarket(context, call);
      for (const order of ordersOf(call)) {
        if (order.instrument === market.instrument && order.status === 'open') exchange.cancel(call.account, order.id);
      }
      return { code: 200, msg: 'The operation of cancel all open order is done.' };
    },
    'GET openOrder': (call) => {
      const order = namedOrder(context, call);
      if (order === null || order.status !== 'open') throw new BinanceError(-2013, 'Order does not exist.');
      return orderView(order);
    },
    'GET openOrders': (call) => {
      const markets = chosenMarkets(context, call).map(({ instrument }) => instrument);
      return ordersOf(call)
        .filter((order) => order.status === 'open' && markets.includes(order.instrument))
        .map(orderView);
    },
    'GET allOrders': (call) => {
      const market = requiredMarket(context, call);
      const fromId = integerOrNull(call, 'orderId');
      const window = timeWindow(call);
      const found = ordersOf(call).filter(
        (order) =>
          order.instrument === market.instrument &&
          (fromId === null ? inWindow(order.createdAtMs, window) : Number(order.id) >= fromId),
      );
      const limit = limitOf(call, 500, 1000);
      const fromStart = fromId !== null || window.fromMs !== null;
      return (fromStart ? found.slice(0, limit) : found.slice(-limit)).map(orderView);
    },
    'GET userTrades': (call) => userTrades(context, call).map(tradeView),
  };
}

function createOrder(context: ProtocolContext, call: BinanceCall): Record<string, unknown> {
  const market = requiredMarket(context, call);
  const side = required(call, 'side');
  const type = required(call, 'type');
  if (side !== 'BUY' && side !== 'SELL') throw new BinanceError(-1117, 'Invalid side.');
  if (type !== 'LIMIT' && type !== 'MARKET') throw new BinanceError(-1116, 'Invalid orderType.');
  const quantity = numberOrNull(call, 'quantity');
  if (quantity === null) throw missing('quantity');
  const price = numberOrNull(call, 'price');
  if (type === 'LIMIT' && price === null) throw missing('price');
  if (type === 'MARKET' && price !== null) throw tooMany('price');
  const tif = timesInForce[type === 'LIMIT' ? required(call, 'timeInForce') : 'GTC'];
  if (tif === undefined) throw new BinanceError(-1115, 'Invalid timeInForce.');
  const tooFine =
    placesOf(call.params['quantity']) > decimalPlaces(market.instrument.quantityStep) ||
    placesOf(call.params['price']) > decimalPlaces(market.instrument.priceTick);
  if (tooFine) throw new BinanceError(-1111, 'Precision is over the maximum defined for this asset.');
  const { positionSide = 'BOTH', newClientOrderId = '' } = call.params;
  if (positionSide !== 'BOTH') {
    throw new BinanceError(-4061, "Order's position side does not match user's setting.");
  }
  if (!/^[.A-Z:/a-z0-9_-]{0,36}$/.test(newClientOrderId)) {
    throw new BinanceError(-4015, 'Client order id is not valid.');
  }
  const result = context.exchange.place(call.account, {
    instrument: market.instrument.id,
    clientOrderId: newClientOrderId,
    side: side === 'BUY' ? 'buy' : 'sell',
    type: type === 'LIMIT' ? 'limit' : 'market',
    timeInForce: type === 'LIMIT' ? tif : 'ioc',
    price,
    quantity,
    quantityUnit: 'base',
    reduceOnly: call.params['reduceOnly'] === 'true',
  });
  if (result.kind === 'refused') throw refusalError(result.refusal.reason);
  const view = acknowledgedView(result.order);
  if (call.params['newOrderRespType'] === 'RESULT') return view;
  return { ...view, status: 'NEW', avgPrice: '0.00', executedQty: '0', cumQty: '0', cumQuote: '0' };
}

function placesOf(text: string | undefined): number {
  return text?.split('.')[1]?.length ?? 0;
}

function tooMany(parameter: string): BinanceError {
  return new BinanceError(-1106, `Parameter '${parameter}' sent when not required.`);
}

/** One order by venue id, or the newest of a client id. @throws BinanceError -1102 when neither is given */
function namedOrder(context: ProtocolContext, call: BinanceCall): SimOrder | null {
  const market = requiredMarket(context, call);
  const orderId = integerOrNull(call, 'orderId');
  const { origClientOrderId } = call.params;
  if (orderId === null && origClientOrderId === undefined) {
    throw new BinanceError(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
  }
  const view = context.exchange.viewOf(call.account);
  const order = orderId === null ? view.orderByClientId(origClientOrderId ?? '') : view.order(String(orderId));
  return order !== null && order.instrument === market.instrument ? order : null;
}

/** Oldest first. From an id or a start: the oldest of them; otherwise the newest of the last seven days. */
function userTrades(context: ProtocolContext, call: BinanceCall): SimTrade[] {
  const market = requiredMarket(context, call);
  const fromId = integerOrNull(call, 'fromId');
  const orderId = integerOrNull(call, 'orderId');
  const window = timeWindow(call);
  if (fromId !== null && (window.fromMs !== null || call.params['endTime'] !== undefined)) {
    throw new BinanceError(-1128, 'Combination of optional parameters invalid.');
  }
  const found = context.exchange
    .viewOf(call.account)
    .trades.filter(
      (trade) =>
        trade.order.instrument === market.instrument &&
        (orderId === null || Number(trade.order.id) === orderId) &&
        (fromId === null ? inWindow(trade.executedAtMs, window) : Number(trade.tradeId) >= fromId),
    );
  const limit = limitOf(call, 500, 1000);
  return fromId !== null || window.fromMs !== null ? found.slice(0, limit) : found.slice(-limit);
}

function inWindow(atMs: number, window: { oldestMs: number; toMs: number }): boolean {
  return atMs >= window.oldestMs && atMs <= window.toMs;
}
