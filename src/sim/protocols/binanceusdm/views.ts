/** Orders, trades and income in the field names of binance USDⓈ-M. */
import { toText } from '../../../domain/decimal.ts';
import { averagePrice } from '../../views/market-view.ts';
import type { SimIncome, SimOrder, SimTrade } from '../../exchange/state.ts';
import { orderStatus, sideName } from '../binance-shared/orders.ts';

/** Windows of orders and trades: seven days at most, also when no time is given. */
export const weekWindow = {
  mostMs: 7 * 86_400_000,
  tooLong: 'Lookup interval is too big.',
  always: true,
} as const;

const timesInForce = { gtc: 'GTC', ioc: 'IOC', fok: 'FOK', post_only: 'GTX' } as const;

/** The exchange's own orders have names of their own. */
export function clientOrderIdOf(order: SimOrder): string {
  switch (order.origin) {
    case 'user':
      return order.clientOrderId;
    case 'liquidation':
      return `autoclose-${order.id}`;
    case 'adl':
      return 'adl_autoclose';
  }
}

/** The exchange's own orders are limit orders to it. */
export function orderTypeName(order: SimOrder): 'LIMIT' | 'MARKET' {
  return order.type === 'limit' || order.origin !== 'user' ? 'LIMIT' : 'MARKET';
}

export function timeInForceName(order: SimOrder): string {
  if (order.origin !== 'user') return 'IOC';
  return order.type === 'market' ? 'GTC' : timesInForce[order.timeInForce];
}

export function orderView(order: SimOrder): Record<string, unknown> {
  const type = orderTypeName(order);
  return {
    orderId: Number(order.id),
    symbol: order.instrument.id,
    status: orderStatus(order),
    clientOrderId: clientOrderIdOf(order),
    price: order.price === null ? '0' : toText(order.price),
    avgPrice: averagePrice(order.filledQuote, order.filledBase) ?? '0',
    origQty: toText(order.quantity),
    executedQty: toText(order.filledBase),
    cumQuote: toText(order.filledQuote),
    timeInForce: timeInForceName(order),
    type,
    reduceOnly: order.reduceOnly,
    closePosition: false,
    side: sideName(order),
    positionSide: 'BOTH',
    stopPrice: '0',
    workingType: 'CONTRACT_PRICE',
    priceProtect: false,
    origType: type,
    priceMatch: 'NONE',
    selfTradePreventionMode: 'NONE',
    goodTillDate: 0,
    time: order.createdAtMs,
    updateTime: order.updatedAtMs,
  };
}

/** What a create or cancel answers: without `time`, with `cumQty`. */
export function acknowledgedView(order: SimOrder): Record<string, unknown> {
  const { time: _time, ...view } = orderView(order);
  return { ...view, cumQty: toText(order.filledBase) };
}

/** What a create answers at once, before it tells of fills. */
export function justPlacedView(order: SimOrder): Record<string, unknown> {
  const nothing = { avgPrice: '0.00', executedQty: '0', cumQty: '0', cumQuote: '0' };
  return { ...acknowledgedView(order), status: 'NEW', ...nothing };
}

export function tradeView(trade: SimTrade): Record<string, unknown> {
  return {
    symbol: trade.order.instrument.id,
    id: Number(trade.tradeId),
    orderId: Number(trade.order.id),
    side: sideName(trade.order),
    price: toText(trade.price),
    qty: toText(trade.quantityBase),
    realizedPnl: toText(trade.realised),
    quoteQty: toText(trade.price.times(trade.quantityBase)),
    commission: toText(trade.fee),
    commissionAsset: trade.feeCurrency,
    time: trade.executedAtMs,
    positionSide: 'BOTH',
    buyer: trade.order.side === 'buy',
    maker: trade.role === 'maker',
  };
}

/** Binance has one name for what a liquidation costs and for what the insurance fund adds. */
export function incomeTypeName({ type }: SimIncome): string {
  return type === 'LIQUIDATION_FEE' ? 'INSURANCE_CLEAR' : type;
}

export function incomeView(income: SimIncome): Record<string, unknown> {
  return {
    symbol: income.instrument,
    incomeType: incomeTypeName(income),
    income: toText(income.amount),
    asset: income.currency,
    info: income.tradeId === '' ? incomeTypeName(income) : income.tradeId,
    time: income.atMs,
    tranId: Number(income.id),
    tradeId: income.tradeId,
  };
}
