/** Core records in binance's field names. */
import { decimal, divide, roundTo, toText, zero } from '../../../domain/decimal.ts';
import { accountLiquidationPrice, leverageOf, marginSummary, positionOf } from '../../funds.ts';
import { averagePrice } from '../../market-view.ts';
import { maintenanceMargin, unrealised } from '../../position.ts';
import type { SimAccount, SimIncome, SimMarket, SimOrder, SimTrade, VenueState } from '../../state.ts';

const timesInForce = { gtc: 'GTC', ioc: 'IOC', fok: 'FOK', post_only: 'GTX' } as const;
const doneStatuses = { filled: 'FILLED', cancelled: 'CANCELED', expired: 'EXPIRED' } as const;

export function orderStatus(order: SimOrder): string {
  if (order.status === 'open') return order.filledBase.gt(zero) ? 'PARTIALLY_FILLED' : 'NEW';
  return doneStatuses[order.status];
}

export function timeInForceName(order: SimOrder): string {
  return order.type === 'market' ? 'GTC' : timesInForce[order.timeInForce];
}

export function orderView(order: SimOrder): Record<string, unknown> {
  return {
    orderId: Number(order.id),
    symbol: order.instrument.id,
    status: orderStatus(order),
    clientOrderId: order.clientOrderId,
    price: order.price === null ? '0' : toText(order.price),
    avgPrice: averagePrice(order.filledQuote, order.filledBase) ?? '0',
    origQty: toText(order.quantity),
    executedQty: toText(order.filledBase),
    cumQuote: toText(order.filledQuote),
    timeInForce: timeInForceName(order),
    type: order.type === 'limit' ? 'LIMIT' : 'MARKET',
    reduceOnly: order.reduceOnly,
    closePosition: false,
    side: order.side === 'buy' ? 'BUY' : 'SELL',
    positionSide: 'BOTH',
    stopPrice: '0',
    workingType: 'CONTRACT_PRICE',
    priceProtect: false,
    origType: order.type === 'limit' ? 'LIMIT' : 'MARKET',
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

export function tradeView(trade: SimTrade): Record<string, unknown> {
  const buyer = trade.order.side === 'buy';
  return {
    symbol: trade.order.instrument.id,
    id: Number(trade.tradeId),
    orderId: Number(trade.order.id),
    side: buyer ? 'BUY' : 'SELL',
    price: toText(trade.price),
    qty: toText(trade.quantityBase),
    realizedPnl: toText(trade.realised),
    quoteQty: toText(trade.price.times(trade.quantityBase)),
    commission: toText(trade.fee),
    commissionAsset: trade.feeCurrency,
    time: trade.executedAtMs,
    positionSide: 'BOTH',
    buyer,
    maker: trade.role === 'maker',
  };
}

export function incomeView(income: SimIncome): Record<string, unknown> {
  return {
    symbol: income.instrument,
    incomeType: income.type,
    income: toText(income.amount),
    asset: income.currency,
    info: income.type === 'FUNDING_FEE' ? 'FUNDING_FEE' : income.tradeId,
    time: income.atMs,
    tranId: Number(income.id),
    tradeId: income.tradeId,
  };
}

/** A position as `v3/positionRisk` shows it. */
export function positionView(state: VenueState, account: SimAccount, market: SimMarket): Record<string, unknown> {
  const { instrument } = market;
  const { quantity, entryNotional, updatedAtMs } = positionOf(account, instrument.id);
  const mark = market.house.centre ?? zero;
  const notional = quantity.times(mark);
  const leverage = decimal(String(leverageOf(account, instrument.id)));
  const initialMargin = divide(notional.abs(), leverage, 8, 'up');
  const entryPrice = quantity.eq(zero) ? '0' : toText(roundTo(divide(entryNotional, quantity), 8, 'half_up'));
  return {
    symbol: instrument.id,
    positionSide: 'BOTH',
    positionAmt: toText(quantity),
    entryPrice,
    breakEvenPrice: entryPrice,
    markPrice: toText(mark),
    unRealizedProfit: toText(roundTo(unrealised(quantity, entryNotional, mark), 8, 'half_up')),
    liquidationPrice: toText(accountLiquidationPrice(state, account, instrument.id)),
    isolatedMargin: '0',
    notional: toText(notional),
    marginAsset: instrument.quote,
    isolatedWallet: '0',
    initialMargin: toText(initialMargin),
    maintMargin: toText(roundTo(maintenanceMargin(instrument.brackets, notional.abs()), 8, 'up')),
    positionInitialMargin: toText(initialMargin),
    openOrderInitialMargin: '0',
    adl: 0,
    bidNotional: '0',
    askNotional: '0',
    updateTime: updatedAtMs,
  };
}

/** v2 adds what v3 dropped. */
export function positionViewV2(state: VenueState, account: SimAccount, market: SimMarket): Record<string, unknown> {
  return {
    ...positionView(state, account, market),
    leverage: String(leverageOf(account, market.instrument.id)),
    maxNotionalValue: maximumNotional(account, market),
    marginType: 'cross',
    isAutoAddMargin: 'false',
    isolated: false,
  };
}

/** The largest notional that the account's leverage allows. */
export function maximumNotional(account: SimAccount, market: SimMarket): string {
  const leverage = leverageOf(account, market.instrument.id);
  const allowed = market.instrument.brackets.filter((bracket) => bracket.maximumLeverage >= leverage);
  return toText(allowed.at(-1)?.notionalCap ?? zero);
}

/** One asset of the futures wallet, under the names of `account` and of `balance`. */
export function assetView(state: VenueState, account: SimAccount, currency: string): Record<string, unknown> {
  const margin = marginSummary(state, account, currency);
  const available = toText(roundTo(margin.available, 8, 'down'));
  const profit = toText(roundTo(margin.unrealised, 8, 'half_up'));
  return {
    asset: currency,
    walletBalance: toText(margin.wallet),
    unrealizedProfit: profit,
    marginBalance: toText(roundTo(margin.marginBalance, 8, 'half_up')),
    maintMargin: toText(roundTo(margin.maintenanceMargin, 8, 'up')),
    initialMargin: toText(margin.positionInitialMargin.plus(margin.openOrderInitialMargin)),
    positionInitialMargin: toText(margin.positionInitialMargin),
    openOrderInitialMargin: toText(margin.openOrderInitialMargin),
    crossWalletBalance: toText(margin.wallet),
    crossUnPnl: profit,
    availableBalance: available,
    maxWithdrawAmount: available,
    marginAvailable: true,
    updateTime: Math.max(1, state.lastEventAtMs ?? 1),
  };
}
