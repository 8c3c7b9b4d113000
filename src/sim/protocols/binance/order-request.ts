/** A new order's parameters, checked as binance spot checks them, before the core sees it. */
import type { Decimal } from '../../../domain/decimal.ts';
import type { TimeInForce } from '../../exchange/events.ts';
import type { SimMarket } from '../../exchange/state.ts';
import type { BinanceCall } from '../binance-shared/call.ts';
import { BinanceError, illegal, invalid, missing, notRequired } from '../binance-shared/errors.ts';
import { clientOrderIdRange, isClientOrderId, madeClientOrderId, maximumPrice } from '../binance-shared/orders.ts';
import { choice, numberOrNull, optional, required, requiredMarket } from '../binance-shared/parameters.ts';
import type { ProtocolContext } from '../protocol.ts';
import { refusalError, rejected } from './errors.ts';
import type { OrderRequest } from '../../exchange/order-request.ts';

const sides = new Map([
  ['BUY', 'buy' as const],
  ['SELL', 'sell' as const],
]);
const timesInForce = new Map<string, TimeInForce>([
  ['GTC', 'gtc'],
  ['IOC', 'ioc'],
  ['FOK', 'fok'],
]);
const types = new Map([
  ['LIMIT', 'LIMIT' as const],
  ['LIMIT_MAKER', 'LIMIT_MAKER' as const],
  ['MARKET', 'MARKET' as const],
]);
const responseTypes = new Map([
  ['ACK', 'ACK' as const],
  ['RESULT', 'RESULT' as const],
  ['FULL', 'FULL' as const],
]);

/** Kinds of orders that the exchange has and these symbols do not. */
const unsupportedTypes: ReadonlyMap<string, string> = new Map([
  ['STOP_LOSS', 'Stop loss orders are not supported for this symbol.'],
  ['STOP_LOSS_LIMIT', 'Stop loss limit orders are not supported for this symbol.'],
  ['TAKE_PROFIT', 'Take profit orders are not supported for this symbol.'],
  ['TAKE_PROFIT_LIMIT', 'Take profit limit orders are not supported for this symbol.'],
]);
const unsupportedParameters: readonly (readonly [string, string])[] = [
  ['icebergQty', 'Iceberg orders are not supported for this symbol.'],
  ['trailingDelta', 'Trailing stop orders are not supported for this symbol.'],
  ['pegPriceType', 'Pegged orders are not supported for this symbol.'],
];

/** Digits after the point that any amount may have. */
const mostPlaces = 8;
/** Open orders of a symbol: the filter MAX_NUM_ORDERS. */
export const mostOpenOrders = 200;
/** Price times quantity, in quote units: the filter NOTIONAL. */
export const mostNotional = '9000000';

export interface NewOrder {
  readonly market: SimMarket;
  readonly request: OrderRequest;
  readonly responseType: 'ACK' | 'RESULT' | 'FULL';
}

/** @throws BinanceError */
export function newOrderOf(context: ProtocolContext, call: BinanceCall): NewOrder {
  const market = requiredMarket(context, call);
  const side = choice(required(call, 'side'), sides, -1117, 'Invalid side.');
  const typeName = required(call, 'type');
  const unsupported = unsupportedTypes.get(typeName);
  if (unsupported !== undefined) throw rejected(unsupported);
  const type = choice(typeName, types, -1116, 'Invalid orderType.');
  refuseUnsupported(call);
  const timeInForce =
    type === 'LIMIT' ? choice(required(call, 'timeInForce'), timesInForce, -1115, 'Invalid timeInForce.') : null;
  if (type !== 'LIMIT' && optional(call, 'timeInForce') !== undefined) throw notRequired('timeInForce');
  const price = type === 'MARKET' ? absent(call, 'price') : preciseNumber(call, 'price');
  if (type !== 'MARKET' && price === null) throw missing('price');
  const amount = amountOf(call, type);
  const responseType = choice(
    optional(call, 'newOrderRespType') ?? (type === 'LIMIT_MAKER' ? 'ACK' : 'FULL'),
    responseTypes,
    -1130,
    "Data sent for parameter 'newOrderRespType' is not valid.",
  );
  const request: OrderRequest = {
    instrument: market.instrument.id,
    clientOrderId: clientOrderIdOf(context, call),
    side,
    type: type === 'MARKET' ? 'market' : 'limit',
    timeInForce: timeInForce ?? (type === 'MARKET' ? 'ioc' : 'post_only'),
    price,
    quantity: amount.quantity,
    quantityUnit: amount.unit,
    reduceOnly: false,
  };
  checkFilters(context, call, market, request);
  return { market, request, responseType };
}

function refuseUnsupported(call: BinanceCall): void {
  for (const [name, message] of unsupportedParameters) {
    if (optional(call, name) !== undefined) throw rejected(message);
  }
  if (optional(call, 'stopPrice') !== undefined) throw notRequired('stopPrice');
  const prevention = optional(call, 'selfTradePreventionMode');
  if (prevention !== undefined && prevention !== 'NONE') throw invalid('selfTradePreventionMode');
}

function absent(call: BinanceCall, name: string): null {
  if (optional(call, name) !== undefined) throw notRequired(name);
  return null;
}

/** @throws BinanceError -1100, -1111 */
function preciseNumber(call: BinanceCall, name: string): Decimal | null {
  const value = numberOrNull(call, name);
  const decimals = optional(call, name)?.split('.')[1] ?? '';
  if (decimals.replace(/0+$/, '').length > mostPlaces) {
    throw new BinanceError(-1111, `Parameter '${name}' has too much precision.`);
  }
  return value;
}

/** `quantity`, or `quoteOrderQty` of a market order. */
function amountOf(call: BinanceCall, type: string): { quantity: Decimal; unit: 'base' | 'quote' } {
  const quantity = preciseNumber(call, 'quantity');
  const quote = preciseNumber(call, 'quoteOrderQty');
  if (quote !== null && (type !== 'MARKET' || quantity !== null)) throw notRequired('quoteOrderQty');
  if (quote !== null) return { quantity: quote, unit: 'quote' };
  if (quantity === null) {
    if (type !== 'MARKET') throw missing('quantity');
    throw new BinanceError(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!");
  }
  return { quantity, unit: 'base' };
}

function clientOrderIdOf(context: ProtocolContext, call: BinanceCall): string {
  const chosen = optional(call, 'newClientOrderId');
  if (chosen === undefined) return madeClientOrderId(context);
  if (!isClientOrderId(chosen)) throw illegal('newClientOrderId', clientOrderIdRange);
  return chosen;
}

/** The filters that the core does not have. */
function checkFilters(context: ProtocolContext, call: BinanceCall, market: SimMarket, request: OrderRequest): void {
  const { instrument } = market;
  if (request.price?.gt(maximumPrice(instrument)) === true) throw refusalError('price_off_tick');
  if (request.price?.times(request.quantity).gt(mostNotional) === true) throw refusalError('notional_below_minimum');
  const open = [...(context.exchange.state.accounts.get(call.account)?.openOrders ?? [])];
  if (open.filter((order) => order.instrument === instrument).length >= mostOpenOrders)
    throw refusalError('order_limit');
}
