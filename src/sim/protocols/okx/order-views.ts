/** Orders and fills in OKX's field names. All values are text; fees are negative when paid. */
import type { Decimal } from '../../../domain/decimal.ts';
import { divide, roundTo, sum, toText, zero } from '../../../domain/decimal.ts';
import { leverageOf } from '../../exchange/funds.ts';
import { averagePrice } from '../../views/market-view.ts';
import type { SimAccount, SimOrder, SimTrade } from '../../exchange/state.ts';
import type { InstrumentType } from './contracts.ts';
import { wireSizeText } from './contracts.ts';

/** A spot order that may borrow belongs to margin trading. */
export function orderInstrumentType({ instrument, borrow }: SimOrder): InstrumentType {
  if (instrument.kind === 'perpetual') return 'SWAP';
  return borrow ? 'MARGIN' : 'SPOT';
}

const orderTypes = { gtc: 'limit', ioc: 'ioc', fok: 'fok', post_only: 'post_only' } as const;

export function orderType(order: SimOrder): string {
  return order.type === 'market' ? 'market' : orderTypes[order.timeInForce];
}

export type OrderState = 'live' | 'partially_filled' | 'filled' | 'canceled';

export function orderState(order: SimOrder): OrderState {
  if (order.status === 'filled') return 'filled';
  if (order.status !== 'open') return 'canceled';
  return order.filledBase.gt(zero) ? 'partially_filled' : 'live';
}

const categories = { user: 'normal', liquidation: 'full_liquidation', adl: 'adl' } as const;

/** OKX's numbers for why an order was cancelled. */
const cancelSources: ReadonlyMap<string, readonly [code: string, reason: string]> = new Map([
  ['user', ['1', 'Order canceled by user']],
  ['liquidation', ['3', 'Pending order canceled due to forced liquidation risk']],
  ['adl', ['6', 'ADL order cancelation was triggered']],
  ['cannot_fill_at_once', ['13', 'FOK order was canceled because it could not be filled completely']],
  ['ioc', ['14', 'What an IOC order could not fill was canceled']],
  ['reduce_only', ['17', 'Close order was canceled because the position was already closed']],
  ['dead_man_switch', ['20', 'Cancel all after was triggered']],
  ['post_only_would_take', ['31', 'The post-only order would have taken liquidity']],
]);

/** How an order stands at one moment: now, or after an earlier fill. */
export interface OrderMoment {
  readonly state: OrderState;
  readonly filledBase: Decimal;
  readonly filledQuote: Decimal;
  readonly feePaid: Decimal;
  readonly profit: Decimal;
  readonly lastTrade: SimTrade | null;
  readonly updatedAtMs: number;
}

/** @param trades of this order, oldest first */
export function presentMoment(order: SimOrder, trades: readonly SimTrade[]): OrderMoment {
  return {
    state: orderState(order),
    filledBase: order.filledBase,
    filledQuote: order.filledQuote,
    feePaid: order.feePaid,
    profit: sum(trades.map(({ realised }) => realised)),
    lastTrade: trades.at(-1) ?? null,
    updatedAtMs: order.updatedAtMs,
  };
}

export function orderView(account: SimAccount, order: SimOrder, moment: OrderMoment): Record<string, unknown> {
  const { instrument } = order;
  const isSwap = instrument.kind === 'perpetual';
  const fee = feeFields(order, moment);
  const [cancelSource, cancelSourceReason] =
    moment.state === 'canceled' ? (cancelSources.get(order.doneReason) ?? ['0', 'Order canceled by system']) : ['', ''];
  return {
    ...fixedFields,
    instType: orderInstrumentType(order),
    instId: instrument.id,
    tgtCcy: targetCurrency(order),
    ccy: order.borrow ? instrument.quote : '',
    ordId: order.id,
    clOrdId: order.clientOrderId,
    px: order.price === null ? '' : toText(order.price),
    sz: order.quantityUnit === 'quote' ? toText(order.quantity) : wireSizeText(instrument, order.quantity),
    pnl: toText(moment.profit),
    ordType: orderType(order),
    side: order.side,
    posSide: 'net',
    tdMode: isSwap || order.borrow ? 'cross' : 'cash',
    accFillSz: wireSizeText(instrument, moment.filledBase),
    ...lastFillFields(moment.lastTrade),
    state: moment.state,
    avgPx: averagePrice(moment.filledQuote, moment.filledBase) ?? '',
    lever: isSwap ? String(leverageOf(account, instrument.id)) : '',
    ...fee,
    category: categories[order.origin],
    reduceOnly: String(order.reduceOnly),
    cancelSource,
    cancelSourceReason,
    uTime: String(moment.updatedAtMs),
    cTime: String(order.createdAtMs),
    tradeQuoteCcy: isSwap ? '' : instrument.quote,
  };
}

/** What nothing here ever sets. */
const fixedFields = {
  tag: '',
  source: '',
  stpId: '',
  stpMode: 'cancel_maker',
  algoId: '',
  algoClOrdId: '',
  attachAlgoClOrdId: '',
  attachAlgoOrds: [],
  linkedAlgoOrd: { algoId: '' },
  isTpLimit: 'false',
  tpTriggerPx: '',
  tpTriggerPxType: '',
  tpOrdPx: '',
  slTriggerPx: '',
  slTriggerPxType: '',
  slOrdPx: '',
  pxUsd: '',
  pxVol: '',
  pxType: '',
  quickMgnType: '',
} as const;

function targetCurrency(order: SimOrder): string {
  if (order.instrument.kind === 'perpetual' || order.type !== 'market') return '';
  return order.quantityUnit === 'quote' ? 'quote_ccy' : 'base_ccy';
}

function lastFillFields(trade: SimTrade | null): Record<string, string> {
  if (trade === null) return { fillPx: '', tradeId: '', fillSz: '', fillTime: '' };
  return {
    fillPx: toText(trade.price),
    tradeId: trade.tradeId,
    fillSz: wireSizeText(trade.order.instrument, trade.quantityBase),
    fillTime: String(trade.executedAtMs),
  };
}

/** A rebate of a spot order has fields of its own; a swap's is a positive fee. */
function feeFields(order: SimOrder, { feePaid }: OrderMoment): Record<string, string> {
  const { instrument } = order;
  const received = order.side === 'buy' && instrument.kind === 'spot' ? instrument.base : instrument.quote;
  const feeCcy = order.feeCurrency ?? received;
  const isRebate = instrument.kind === 'spot' && feePaid.lt(zero);
  return {
    feeCcy,
    fee: isRebate ? '0' : toText(feePaid.neg()),
    rebateCcy: feeCcy,
    rebate: isRebate ? toText(feePaid.neg()) : '0',
  };
}

export function fillView(trade: SimTrade, billId: string): Record<string, unknown> {
  const { order } = trade;
  const { instrument } = order;
  const value = trade.price.times(trade.quantityBase);
  const charged = trade.feeCurrency === instrument.base ? trade.quantityBase : value;
  return {
    instType: orderInstrumentType(order),
    instId: instrument.id,
    tradeId: trade.tradeId,
    ordId: order.id,
    clOrdId: order.clientOrderId,
    billId,
    subType: fillSubType(trade),
    tag: '',
    fillPx: toText(trade.price),
    fillSz: wireSizeText(instrument, trade.quantityBase),
    fillIdxPx: toText(trade.price),
    fillPnl: toText(trade.realised),
    fillPxVol: '',
    fillPxUsd: '',
    fillMarkVol: '',
    fillFwdPx: '',
    fillMarkPx: instrument.kind === 'perpetual' ? toText(trade.price) : '',
    side: order.side,
    posSide: 'net',
    execType: trade.role === 'taker' ? 'T' : 'M',
    feeCcy: trade.feeCurrency,
    fee: toText(trade.fee.neg()),
    feeRate: charged.eq(zero) ? '0' : toText(roundTo(divide(trade.fee, charged), 8, 'half_up').neg()),
    ts: String(trade.executedAtMs),
    fillTime: String(trade.executedAtMs),
    tradeQuoteCcy: instrument.kind === 'perpetual' ? '' : instrument.quote,
  };
}

const subTypes = { user: ['1', '2'], liquidation: ['106', '107'], adl: ['127', '128'] } as const;

/** OKX's numbers: buy and sell, by who started the order. */
export function fillSubType({ order }: SimTrade): string {
  const [buy, sell] = subTypes[order.origin];
  return order.side === 'buy' ? buy : sell;
}

/** The fills of orders, oldest first. One pass, from the newest back to the oldest order's arrival. */
export function tradesByOrder(trades: readonly SimTrade[], orders: readonly SimOrder[]): Map<SimOrder, SimTrade[]> {
  const found = new Map<SimOrder, SimTrade[]>(orders.map((order) => [order, []]));
  const earliestMs = Math.min(...orders.map((order) => order.createdAtMs));
  for (let index = trades.length - 1; index >= 0; index -= 1) {
    const trade = trades[index];
    if (trade === undefined || trade.executedAtMs < earliestMs) break;
    found.get(trade.order)?.unshift(trade);
  }
  return found;
}
