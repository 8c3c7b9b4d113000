/** One order request: its arguments into an order, or into the status that says why not. */
import type { Decimal } from '../../../domain/decimal.ts';
import { ceilToStep, decimal, floorToStep } from '../../../domain/decimal.ts';
import type { OrderSide } from '../../../domain/order.ts';
import type { OrderType, TimeInForce } from '../../exchange/events.ts';
import { contraLevels, takeable } from '../../exchange/matching.ts';
import { refusalOf } from '../../exchange/placement.ts';
import type { SimMarket, SimOrder, SimTrade } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { KrakenCall } from './call.ts';
import { accountName, isoTime, marketNamed, plainDecimal, required, timeAt } from './call.ts';
import { invalid, missing, refusalStatus } from './errors.ts';
import { placeEvents } from './order-views.ts';
import type { OrderRequest } from '../../exchange/order-request.ts';

const longestClientId = 100;
/** A market order takes no price further than this from the best one. */
const collar = decimal('0.01');
const orderTypes = new Map<string, { readonly type: OrderType; readonly timeInForce: TimeInForce }>([
  ['lmt', { type: 'limit', timeInForce: 'gtc' }],
  ['post', { type: 'limit', timeInForce: 'post_only' }],
  ['ioc', { type: 'limit', timeInForce: 'ioc' }],
  ['fok', { type: 'limit', timeInForce: 'fok' }],
  ['mkt', { type: 'market', timeInForce: 'ioc' }],
]);

export interface SendStatus extends Readonly<Record<string, unknown>> {
  readonly status: string;
}

/** @throws KrakenFuturesError when an argument is missing or malformed, or the contract is unknown */
export function sendOrder(context: ProtocolContext, call: KrakenCall, params: URLSearchParams): SendStatus {
  const market = marketNamed(context, required(params, 'symbol'));
  const kind = orderTypes.get(required(params, 'orderType'));
  const side = required(params, 'side');
  const size = plainDecimal(required(params, 'size'));
  const priceText = params.get('limitPrice') ?? '';
  const clientOrderId = params.get('cliOrdId') ?? '';
  const reduceOnly = flag(params, 'reduceOnly');
  const deadlineMs = timeAt(params, 'processBefore');
  const refuse = (status: string): SendStatus => refusedStatus(status, clientOrderId, call.wallMs);
  if (deadlineMs !== null && call.wallMs > deadlineMs && !call.ignoreExpiry) {
    return refuse('wouldProcessAfterSpecifiedTime');
  }
  if (kind === undefined) return refuse('invalidOrderType');
  if (side !== 'buy' && side !== 'sell') return refuse('invalidSide');
  if (kind.type === 'limit' && priceText === '') throw missing('limitPrice');
  const price = kind.type === 'limit' ? plainDecimal(priceText) : collarPrice(market, side);
  if (size === null) return refuse('invalidSize');
  if (kind.type === 'limit' && price === null) return refuse('invalidPrice');
  if (clientOrderId.length > longestClientId) return refuse('clientOrderIdTooLong');
  const quantity = size.times(market.instrument.contractSize);
  return place(context, accountName(call), market, call.wallMs, {
    ...kind,
    instrument: market.instrument.id,
    clientOrderId,
    side,
    price,
    quantity,
    quantityUnit: 'base',
    reduceOnly,
  });
}

function place(
  { exchange }: ProtocolContext,
  name: string,
  market: SimMarket,
  wallMs: number,
  request: OrderRequest,
): SendStatus {
  const account = accountOf(exchange.state, name);
  const refuse = (status: string): SendStatus => refusedStatus(status, request.clientOrderId, wallMs);
  const takesNothing =
    request.timeInForce === 'ioc' &&
    takeable(market, request.side, request.price, request.quantity).worstPrice === null;
  // An order that must execute at once and cannot is no order here, so it is looked at before it would become one.
  if (takesNothing && refusalOf(exchange.state, account, market, request) === null) return refuse('iocWouldNotExecute');
  const tradesBefore = account.trades.length;
  const result = exchange.place(name, request);
  if (result.kind === 'refused') return refuse(refusalStatus(result.refusal.reason));
  const trades = account.trades.slice(tradesBefore).filter(({ order }) => order === result.order);
  return placedStatus(result.order, trades, wallMs);
}

function placedStatus(order: SimOrder, trades: readonly SimTrade[], wallMs: number): SendStatus {
  return {
    order_id: order.id,
    ...(order.clientOrderId === '' ? {} : { cliOrdId: order.clientOrderId }),
    status: 'placed',
    receivedTime: isoTime(wallMs),
    orderEvents: placeEvents(order, trades),
  };
}

function refusedStatus(status: string, clientOrderId: string, wallMs: number): SendStatus {
  return {
    ...(clientOrderId === '' ? {} : { cliOrdId: clientOrderId }),
    status,
    receivedTime: isoTime(wallMs),
    orderEvents: [],
  };
}

/** The worst price of a market order, on the tick grid; null without anything to take. */
function collarPrice(market: SimMarket, side: OrderSide): Decimal | null {
  const best = contraLevels(market, side)[0]?.price;
  if (best === undefined) return null;
  const distance = best.times(collar);
  const { priceTick } = market.instrument;
  return side === 'buy' ? floorToStep(best.plus(distance), priceTick) : ceilToStep(best.minus(distance), priceTick);
}

function flag(params: URLSearchParams, name: string): boolean {
  const text = params.get(name) ?? 'false';
  if (text !== 'true' && text !== 'false') throw invalid(name);
  return text === 'true';
}
