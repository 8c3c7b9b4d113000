/** Trades and funding payments as bybit v5's executions. */
import type { Decimal } from '../../../domain/decimal.ts';
import { divide, roundTo, toText, zero } from '../../../domain/decimal.ts';
import type { SimIncome, SimOrder, SimTrade } from '../../exchange/state.ts';
import { remaining } from '../../exchange/state.ts';
import { wireSymbol } from './instruments.ts';
import { marketUnit, orderType, sideName } from './order-view.ts';
import type { TradeEffect } from './trade-history.ts';

export const execTypes = { user: 'Trade', liquidation: 'BustTrade', adl: 'AdlTrade' } as const;

/** @param effect null for spot */
export function tradeView(trade: SimTrade, effect: TradeEffect | null): Record<string, unknown> {
  const { order } = trade;
  const value = trade.price.times(trade.quantityBase);
  const charged = trade.feeCurrency === order.instrument.base ? trade.quantityBase : value;
  return {
    ...briefTradeView(trade),
    orderType: orderType(order),
    orderPrice: order.price === null ? '0' : toText(order.price),
    orderQty: toText(order.quantity),
    leavesQty: toText(remaining(order)),
    execValue: toText(value),
    execType: execTypes[order.origin],
    execFee: toText(trade.fee),
    feeRate: feeRate(trade.fee, charged),
    feeCurrency: trade.feeCurrency,
    marketUnit: marketUnit(order),
    stopOrderType: 'UNKNOWN',
    closedSize: effect === null ? '' : toText(effect.closed),
    ...(order.instrument.kind === 'spot' ? {} : contractFields(order)),
  };
}

/** What `execution.fast` tells. */
export function briefTradeView(trade: SimTrade): Record<string, unknown> {
  const { order } = trade;
  return {
    symbol: wireSymbol(order.instrument),
    orderId: order.id,
    orderLinkId: order.clientOrderId,
    side: sideName(order),
    execId: trade.tradeId,
    execPrice: toText(trade.price),
    execQty: toText(trade.quantityBase),
    execTime: String(trade.executedAtMs),
    isMaker: trade.role === 'maker',
    seq: trade.sequence,
  };
}

function contractFields(order: SimOrder): Record<string, unknown> {
  const createTypes = { user: 'CreateByUser', liquidation: 'CreateByLiq', adl: 'CreateByAdl_PassThrough' };
  return { createType: createTypes[order.origin], markPrice: '', indexPrice: '', blockTradeId: '' };
}

/** Of a contract; a rate may be negative. */
export function feeRate(fee: Decimal, charged: Decimal): string {
  return charged.eq(zero) ? '0' : toText(roundTo(divide(fee, charged), 8, 'half_up'));
}

/**
 * A funding payment. `execFee` is positive when the account paid: the opposite of `funding` in the transaction log.
 * The side is that of the position.
 */
export function fundingView(income: SimIncome, symbol: string): Record<string, unknown> {
  const detail = income.funding;
  const paid = income.amount.neg();
  const quantity = detail?.quantity ?? zero;
  const value = quantity.abs().times(detail?.markPrice ?? zero);
  return {
    symbol,
    orderId: `funding-${income.id}`,
    orderLinkId: '',
    side: quantity.gt(zero) ? 'Buy' : 'Sell',
    orderType: 'UNKNOWN',
    orderPrice: '0',
    orderQty: '0',
    leavesQty: '0',
    execTime: String(income.atMs),
    execId: `funding-${income.id}`,
    execPrice: detail === null ? '' : toText(detail.markPrice),
    execQty: toText(quantity.abs()),
    execValue: toText(value),
    execType: 'Funding',
    execFee: toText(paid),
    feeRate: feeRate(paid, value),
    feeCurrency: income.currency,
    isMaker: false,
    marketUnit: '',
    stopOrderType: 'UNKNOWN',
    closedSize: '0',
    createType: '',
    markPrice: detail === null ? '' : toText(detail.markPrice),
    indexPrice: '',
    blockTradeId: '',
    seq: income.atMs,
  };
}
