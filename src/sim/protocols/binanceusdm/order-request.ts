/** A new order's parameters, checked as binance USDⓈ-M checks them, before the core sees it. */
import type { Decimal } from '../../../domain/decimal.ts';
import type { TimeInForce } from '../../exchange/events.ts';
import { decimalPlaces } from '../../exchange/instruments.ts';
import type { SimMarket } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { BinanceCall } from '../binance-shared/call.ts';
import { BinanceError, invalid, missing, notRequired } from '../binance-shared/errors.ts';
import { isClientOrderId, madeClientOrderId, maximumPrice } from '../binance-shared/orders.ts';
import { choice, flag, numberOrNull, optional, required, requiredMarket } from '../binance-shared/parameters.ts';
import type { ProtocolContext } from '../protocol.ts';
import { refusalError, tooPrecise } from './errors.ts';
import type { OrderRequest } from '../../exchange/order-request.ts';

const sides = new Map([
  ['BUY', 'buy' as const],
  ['SELL', 'sell' as const],
]);
const types = new Map([
  ['LIMIT', 'limit' as const],
  ['MARKET', 'market' as const],
]);
const timesInForce = new Map<string, TimeInForce>([
  ['GTC', 'gtc'],
  ['IOC', 'ioc'],
  ['FOK', 'fok'],
  ['GTX', 'post_only'],
]);
const responseTypes = new Map([
  ['ACK', 'ACK' as const],
  ['RESULT', 'RESULT' as const],
]);

/** Conditional orders have an endpoint of their own, which is not simulated. */
const conditionalTypes: ReadonlySet<string> = new Set([
  'STOP',
  'STOP_MARKET',
  'TAKE_PROFIT',
  'TAKE_PROFIT_MARKET',
  'TRAILING_STOP_MARKET',
]);

/** Open orders of a symbol: the filter MAX_NUM_ORDERS. */
export const mostOpenOrders = 200;

export interface NewOrder {
  readonly request: OrderRequest;
  readonly responseType: 'ACK' | 'RESULT';
}

/** @throws BinanceError */
export function newOrderOf(context: ProtocolContext, call: BinanceCall): NewOrder {
  const market = requiredMarket(context, call);
  const side = choice(required(call, 'side'), sides, -1117, 'Invalid side.');
  const type = typeOf(call);
  const quantity = numberOrNull(call, 'quantity');
  if (quantity === null) throw missing('quantity');
  const price = numberOrNull(call, 'price');
  if (type === 'limit' && price === null) throw missing('price');
  if (type === 'market' && price !== null) throw notRequired('price');
  const timeInForce =
    type === 'limit' ? choice(required(call, 'timeInForce'), timesInForce, -1115, 'Invalid timeInForce.') : 'ioc';
  checkPrecision(call, market);
  refuseUnsupported(call, type);
  const responseType = choice(
    optional(call, 'newOrderRespType') ?? 'ACK',
    responseTypes,
    -1130,
    "Data sent for parameter 'newOrderRespType' is not valid.",
  );
  const request: OrderRequest = {
    instrument: market.instrument.id,
    clientOrderId: clientOrderIdOf(context, call),
    side,
    type,
    timeInForce,
    price,
    quantity,
    quantityUnit: 'base',
    reduceOnly: flag(call, 'reduceOnly'),
  };
  checkFilters(context, call, market, price);
  return { request, responseType };
}

/** @throws BinanceError -4120 for a conditional order, -1116 */
function typeOf(call: BinanceCall): 'limit' | 'market' {
  const type = required(call, 'type');
  if (conditionalTypes.has(type)) {
    const message = 'Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.';
    throw new BinanceError(-4120, message);
  }
  return choice(type, types, -1116, 'Invalid orderType.');
}

function checkPrecision(call: BinanceCall, { instrument }: SimMarket): void {
  const isTooFine =
    placesOf(optional(call, 'quantity')) > decimalPlaces(instrument.quantityStep) ||
    placesOf(optional(call, 'price')) > decimalPlaces(instrument.priceTick);
  if (isTooFine) throw tooPrecise();
}

function placesOf(text: string | undefined): number {
  return text?.split('.')[1]?.length ?? 0;
}

/** One-way mode, no close-all, no price matching, no self-trade prevention. */
function refuseUnsupported(call: BinanceCall, type: 'limit' | 'market'): void {
  if ((optional(call, 'positionSide') ?? 'BOTH') !== 'BOTH') {
    throw new BinanceError(-4061, "Order's position side does not match user's setting.");
  }
  if (flag(call, 'closePosition')) {
    const message = `Target strategy invalid for orderType ${type.toUpperCase()},closePosition true`;
    throw new BinanceError(-4136, message);
  }
  for (const name of ['priceMatch', 'selfTradePreventionMode']) {
    if ((optional(call, name) ?? 'NONE') !== 'NONE') throw invalid(name);
  }
}

function clientOrderIdOf(context: ProtocolContext, call: BinanceCall): string {
  const chosen = optional(call, 'newClientOrderId');
  if (chosen === undefined) return madeClientOrderId(context);
  if (!isClientOrderId(chosen)) throw new BinanceError(-4015, 'Client order id is not valid.');
  return chosen;
}

/** The filters that the core does not have. */
function checkFilters(
  { exchange }: ProtocolContext,
  call: BinanceCall,
  { instrument }: SimMarket,
  price: Decimal | null,
): void {
  if (price?.gt(maximumPrice(instrument)) === true) throw new BinanceError(-4002, 'Price greater than max price.');
  const open = [...accountOf(exchange.state, call.account).openOrders];
  if (open.filter((order) => order.instrument === instrument).length >= mostOpenOrders) {
    throw refusalError('order_limit');
  }
}
