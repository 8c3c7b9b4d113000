/** An order in bybit v5's fields. Numbers and times are text, as on the wire. */
import { toText, zero } from '../../../domain/decimal.ts';
import { averagePrice } from '../../views/market-view.ts';
import type { SimOrder } from '../../exchange/state.ts';
import { remaining } from '../../exchange/state.ts';
import { wireSymbol } from './instruments.ts';

const timesInForce = { gtc: 'GTC', ioc: 'IOC', fok: 'FOK', post_only: 'PostOnly' } as const;

const createTypes = {
  user: 'CreateByUser',
  liquidation: 'CreateByLiq',
  adl: 'CreateByAdl_PassThrough',
} as const;

export function orderView(order: SimOrder): Record<string, unknown> {
  return { ...commonFields(order), ...(order.instrument.kind === 'spot' ? spotFields(order) : contractFields(order)) };
}

function commonFields(order: SimOrder): Record<string, unknown> {
  const left = order.status === 'open' ? remaining(order) : zero;
  return {
    orderId: order.id,
    orderLinkId: order.clientOrderId,
    blockTradeId: '',
    symbol: wireSymbol(order.instrument),
    price: order.price === null ? '0' : toText(order.price),
    qty: toText(order.quantity),
    side: sideName(order),
    orderStatus: orderStatus(order),
    createType: createTypes[order.origin],
    cancelType: cancelType(order),
    rejectReason: rejectReason(order),
    avgPrice: averagePrice(order.filledQuote, order.filledBase) ?? '',
    leavesQty: toText(left),
    leavesValue: order.price === null ? '0' : toText(left.times(order.price)),
    cumExecQty: toText(order.filledBase),
    cumExecValue: toText(order.filledQuote),
    cumExecFee: toText(order.feePaid),
    cumFeeDetail: order.feeCurrency === null ? {} : { [order.feeCurrency]: toText(order.feePaid) },
    timeInForce: timesInForce[order.timeInForce],
    orderType: orderType(order),
    positionIdx: 0,
    triggerDirection: 0,
    triggerBy: '',
    takeProfit: '',
    stopLoss: '',
    closeOnTrigger: false,
    reduceOnly: order.reduceOnly,
    smpType: 'None',
    smpGroup: 0,
    smpOrderId: '',
    createdTime: String(order.createdAtMs),
    updatedTime: String(order.updatedAtMs),
  };
}

function spotFields(order: SimOrder): Record<string, unknown> {
  return {
    isLeverage: order.borrow ? '1' : '0',
    marketUnit: marketUnit(order),
    stopOrderType: '',
    triggerPrice: '0',
  };
}

function contractFields(order: SimOrder): Record<string, unknown> {
  return {
    isLeverage: '',
    marketUnit: '',
    stopOrderType: order.origin === 'user' ? 'UNKNOWN' : '',
    triggerPrice: '',
    tpslMode: '',
    tpLimitPrice: '0',
    slLimitPrice: '0',
    tpTriggerBy: '',
    slTriggerBy: '',
    placeType: '',
    closedPnl: '0',
  };
}

/** Only spot tells a partly filled order that was cancelled from one that was never filled. */
function orderStatus(order: SimOrder): string {
  const touched = order.filledBase.gt(zero);
  if (order.status === 'filled') return 'Filled';
  if (order.status === 'open') return touched ? 'PartiallyFilled' : 'New';
  return touched && order.instrument.kind === 'spot' ? 'PartiallyFilledCanceled' : 'Cancelled';
}

function rejectReason(order: SimOrder): string {
  switch (order.doneReason) {
    case 'post_only_would_take':
      return 'EC_PostOnlyWillTakeLiquidity';
    case 'cannot_fill_at_once':
      return 'EC_CancelForNoFullFill';
    case 'ioc':
      return 'EC_NoImmediateQtyToFill';
    case 'user':
    case 'dead_man_switch':
      return 'EC_PerCancelRequest';
    default:
      return 'EC_NoError';
  }
}

function cancelType(order: SimOrder): string {
  switch (order.doneReason) {
    case 'user':
      return 'CancelByUser';
    case 'dead_man_switch':
      return 'CancelByDCP';
    case 'reduce_only':
      return 'CancelByReduceOnly';
    case 'liquidation':
      return 'CancelAllBeforeLiq';
    default:
      return 'UNKNOWN';
  }
}

export function sideName(order: SimOrder): 'Buy' | 'Sell' {
  return order.side === 'buy' ? 'Buy' : 'Sell';
}

export function orderType(order: SimOrder): 'Limit' | 'Market' {
  return order.type === 'limit' ? 'Limit' : 'Market';
}

export function marketUnit(order: SimOrder): string {
  if (order.instrument.kind !== 'spot' || order.type !== 'market') return '';
  return order.quantityUnit === 'base' ? 'baseCoin' : 'quoteCoin';
}
