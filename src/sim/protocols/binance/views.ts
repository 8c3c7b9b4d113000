/** Core records in the field names of binance spot. Amounts have eight places. */
import type { Decimal, DecimalText } from '../../../domain/decimal.ts';
import { decimal, roundTo, zero } from '../../../domain/decimal.ts';
import type { SimOrder, SimTrade } from '../../exchange/state.ts';
import { orderStatus, sideName } from '../binance-shared/orders.ts';

const places = 8;
const timesInForce = { gtc: 'GTC', ioc: 'IOC', fok: 'FOK', post_only: 'GTC' } as const;

/** `1.5` as `1.50000000`. */
export function padded(value: Decimal): string {
  return roundTo(value, places, 'half_up').toFixed(places);
}

/** Decimal text, padded. */
export function paddedText(text: DecimalText): string {
  return padded(decimal(text));
}

/** A fee or commission of so many basis points as a fraction. */
export function fraction(bps: Decimal): string {
  return padded(bps.times('0.0001'));
}

export function orderType(order: SimOrder): 'MARKET' | 'LIMIT_MAKER' | 'LIMIT' {
  if (order.type === 'market') return 'MARKET';
  return order.timeInForce === 'post_only' ? 'LIMIT_MAKER' : 'LIMIT';
}

export function timeInForceName(order: SimOrder): string {
  return order.type === 'market' ? 'GTC' : timesInForce[order.timeInForce];
}

/** Of a market order by quote amount: what the book made of it. */
export function orderedQuantity(order: SimOrder): Decimal {
  return order.quantityUnit === 'base' ? order.quantity : order.filledBase;
}

export function orderedQuote(order: SimOrder): Decimal {
  return order.quantityUnit === 'quote' ? order.quantity : zero;
}

/** Null unless the order expired. */
export function expiryReason(order: SimOrder): string | null {
  if (orderStatus(order) !== 'EXPIRED') return null;
  if (order.timeInForce === 'fok') return 'UNFILLED_FOK_ORDER_EXPIRED';
  if (order.type === 'market') return 'INSUFFICIENT_LIQUIDITY';
  return order.timeInForce === 'ioc' ? 'UNFILLED_IOC_QUANTITY_EXPIRED' : 'EXCHANGE_CANCELED';
}

/** What every answer about an order tells. */
function orderState(order: SimOrder): Record<string, unknown> {
  const expired = expiryReason(order);
  return {
    symbol: order.instrument.id,
    orderId: Number(order.id),
    orderListId: -1,
    clientOrderId: order.clientOrderId,
    price: padded(order.price ?? zero),
    origQty: padded(orderedQuantity(order)),
    executedQty: padded(order.filledBase),
    origQuoteOrderQty: padded(orderedQuote(order)),
    cummulativeQuoteQty: padded(order.filledQuote),
    status: orderStatus(order),
    timeInForce: timeInForceName(order),
    type: orderType(order),
    side: sideName(order),
    selfTradePreventionMode: 'NONE',
    ...(expired === null ? {} : { expiryReason: expired }),
  };
}

export function orderView(order: SimOrder): Record<string, unknown> {
  return {
    ...orderState(order),
    stopPrice: padded(zero),
    icebergQty: padded(zero),
    time: order.createdAtMs,
    updateTime: order.updatedAtMs,
    isWorking: true,
    workingTime: order.createdAtMs,
  };
}

/** What `newOrderRespType` asks for. @param trades the order's fills, for `FULL` */
export function placedView(
  order: SimOrder,
  responseType: 'ACK' | 'RESULT' | 'FULL',
  trades: readonly SimTrade[],
): Record<string, unknown> {
  const transactTime = order.updatedAtMs;
  if (responseType === 'ACK') {
    const { id, instrument, clientOrderId } = order;
    return { symbol: instrument.id, orderId: Number(id), orderListId: -1, clientOrderId, transactTime };
  }
  const result = { ...orderState(order), transactTime, workingTime: order.createdAtMs };
  return responseType === 'RESULT' ? result : { ...result, fills: trades.map(fillView) };
}

function fillView(trade: SimTrade): Record<string, unknown> {
  return {
    price: padded(trade.price),
    qty: padded(trade.quantityBase),
    commission: padded(trade.fee),
    commissionAsset: trade.feeCurrency,
    tradeId: Number(trade.tradeId),
  };
}

/** @param cancelId the client id of the cancellation itself */
export function cancelledView(order: SimOrder, cancelId: string): Record<string, unknown> {
  return {
    ...orderState(order),
    origClientOrderId: order.clientOrderId,
    clientOrderId: cancelId,
    transactTime: order.updatedAtMs,
  };
}

export function tradeView(trade: SimTrade): Record<string, unknown> {
  return {
    symbol: trade.order.instrument.id,
    id: Number(trade.tradeId),
    orderId: Number(trade.order.id),
    orderListId: -1,
    price: padded(trade.price),
    qty: padded(trade.quantityBase),
    quoteQty: padded(trade.price.times(trade.quantityBase)),
    commission: padded(trade.fee),
    commissionAsset: trade.feeCurrency,
    time: trade.executedAtMs,
    isBuyer: trade.order.side === 'buy',
    isMaker: trade.role === 'maker',
    isBestMatch: true,
  };
}
