/** What a client asks to be placed or cancelled, checked field by field, on to the core. */
import { decimal } from '../../../domain/decimal.ts';
import type { TimeInForce } from '../../exchange/events.ts';
import { isPlainNumber } from '../../json.ts';
import type { SimMarket, SimOrder } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { Category, Params } from './call.ts';
import { BybitError, parameterError } from './errors.ts';
import { flag, namedMarket } from './parameters.ts';
import { refusalError, unknownOrder } from './refusals.ts';
import type { OrderRequest } from '../../exchange/order-request.ts';

/** Active orders an account may have: at a contract, or in all of spot. */
const mostActiveOrders = 500;

const timesInForce: ReadonlyMap<string, TimeInForce> = new Map([
  ['GTC', 'gtc'],
  ['IOC', 'ioc'],
  ['FOK', 'fok'],
  ['PostOnly', 'post_only'],
]);

/** Conditional orders, take profit and stop loss, and what else the simulator does not do. */
const unsupported = [
  'triggerPrice',
  'takeProfit',
  'stopLoss',
  'tpslMode',
  'trailingStop',
  'slippageToleranceType',
  'bboSideType',
  'orderIv',
] as const;

/** @throws BybitError in the codes of the category */
export function placeOrder(context: ProtocolContext, account: string, category: Category, params: Params): SimOrder {
  const market = namedMarket(context, category, params.get('symbol') ?? '');
  const request = category === 'spot' ? spotRequest(market, params) : contractRequest(market, params);
  if (activeOrders(context, account, market) >= mostActiveOrders) throw refusalError('order_limit', category);
  const result = context.exchange.place(account, request);
  if (result.kind === 'refused') throw refusalError(result.refusal.reason, category);
  return result.order;
}

/** @throws BybitError 170213 or 110001 when there is no such open order, 10001 when none is named */
export function cancelOrder(context: ProtocolContext, account: string, category: Category, params: Params): SimOrder {
  const market = namedMarket(context, category, params.get('symbol') ?? '');
  const order = namedOrder(context, account, params);
  if (order === 'unnamed') throw parameterError('orderId or orderLinkId is required');
  if (order === null || order.instrument !== market.instrument) throw unknownOrder(category);
  if (context.exchange.cancel(account, order.id) === null) throw unknownOrder(category);
  return order;
}

/** By venue id, or the newest of a client id; the venue id goes first when both are given. */
export function namedOrder(context: ProtocolContext, account: string, params: Params): SimOrder | null | 'unnamed' {
  const view = context.exchange.viewOf(account);
  const orderId = params.get('orderId');
  if (orderId !== undefined) return view.order(orderId);
  const clientId = params.get('orderLinkId');
  return clientId === undefined ? 'unnamed' : view.orderByClientId(clientId);
}

function spotRequest(market: SimMarket, params: Params): OrderRequest {
  const side = params.get('side');
  const orderType = params.get('orderType');
  if (side !== 'Buy' && side !== 'Sell') throw new BybitError(170117, 'Invalid side.');
  if (orderType !== 'Limit' && orderType !== 'Market') throw new BybitError(170116, 'Invalid orderType.');
  const isLimit = orderType === 'Limit';
  const timeInForce = timesInForce.get(params.get('timeInForce') ?? 'GTC');
  if (timeInForce === undefined) throw new BybitError(170115, 'Invalid timeInForce.');
  if ((params.get('orderFilter') ?? 'Order') !== 'Order')
    throw new BybitError(170202, 'Invalid orderFilter parameter.');
  const unit = params.get('marketUnit') ?? (side === 'Buy' ? 'quoteCoin' : 'baseCoin');
  if (unit !== 'baseCoin' && unit !== 'quoteCoin') throw parameterError('marketUnit is illegal');
  const isByValue = !isLimit && unit === 'quoteCoin';
  const isLeverage = params.get('isLeverage') ?? '0';
  if (isLeverage !== '0' && isLeverage !== '1') throw parameterError('isLeverage is illegal');
  return {
    ...commonRequest(market, params, 'spot', isLimit, timeInForce),
    side: side === 'Buy' ? 'buy' : 'sell',
    quantityUnit: isByValue ? 'quote' : 'base',
    reduceOnly: false,
    ...(isLeverage === '1' ? { borrow: true } : {}),
  };
}

function contractRequest(market: SimMarket, params: Params): OrderRequest {
  const side = params.get('side');
  const orderType = params.get('orderType');
  if (side !== 'Buy' && side !== 'Sell') throw parameterError('params error: side invalid');
  if (orderType !== 'Limit' && orderType !== 'Market') throw parameterError('params error: OrderType invalid');
  const timeInForce = timesInForce.get(params.get('timeInForce') ?? 'GTC');
  if (timeInForce === undefined) throw parameterError('params error: TimeInForce invalid');
  if ((params.get('positionIdx') ?? '0') !== '0') throw parameterError('position idx not match position mode');
  if (flag(params, 'closeOnTrigger')) throw parameterError('params error: closeOnTrigger is not supported');
  return {
    ...commonRequest(market, params, 'linear', orderType === 'Limit', timeInForce),
    side: side === 'Buy' ? 'buy' : 'sell',
    quantityUnit: 'base',
    reduceOnly: flag(params, 'reduceOnly'),
  };
}

function commonRequest(
  market: SimMarket,
  params: Params,
  category: Category,
  isLimit: boolean,
  timeInForce: TimeInForce,
): Omit<OrderRequest, 'side' | 'quantityUnit' | 'reduceOnly'> {
  const quantity = params.get('qty') ?? '';
  const price = params.get('price') ?? '';
  const clientOrderId = params.get('orderLinkId') ?? '';
  if (!isPlainNumber(quantity)) throw refusalError('quantity_not_positive', category);
  if (isLimit && !isPlainNumber(price)) throw refusalError('price_not_positive', category);
  if (!/^[A-Za-z0-9_-]{0,36}$/.test(clientOrderId)) throw parameterError('orderLinkId is illegal');
  const asked = unsupported.find((name) => params.has(name));
  if (asked !== undefined) throw parameterError(`params error: ${asked} is not supported`);
  if ((params.get('smpType') ?? 'None') !== 'None') throw parameterError('params error: smpType is not supported');
  return {
    instrument: market.instrument.id,
    clientOrderId,
    type: isLimit ? 'limit' : 'market',
    timeInForce: isLimit ? timeInForce : 'ioc',
    price: isLimit ? decimal(price) : null,
    quantity: decimal(quantity),
  };
}

function activeOrders(context: ProtocolContext, account: string, { instrument }: SimMarket): number {
  let count = 0;
  for (const order of accountOf(context.exchange.state, account).openOrders) {
    if (instrument.kind === 'spot' ? order.instrument.kind === 'spot' : order.instrument === instrument) count += 1;
  }
  return count;
}
