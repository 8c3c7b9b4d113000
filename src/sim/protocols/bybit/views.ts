/** Core records in bybit v5's field names. Numbers and times are strings, as on the wire. */
import { divide, roundTo, sum, toText, zero, decimal } from '../../../domain/decimal.ts';
import type { Decimal } from '../../../domain/decimal.ts';
import { balanceOf, heldBalance } from '../../funds.ts';
import { averagePrice } from '../../market-view.ts';
import type { SimAccount, SimOrder, SimTrade, VenueState } from '../../state.ts';
import { remaining } from '../../state.ts';

const timesInForce = { gtc: 'GTC', ioc: 'IOC', fok: 'FOK', post_only: 'PostOnly' } as const;

export function orderStatus(order: SimOrder): string {
  const touched = order.filledBase.gt(zero);
  if (order.status === 'filled') return 'Filled';
  if (order.status === 'open') return touched ? 'PartiallyFilled' : 'New';
  return touched ? 'PartiallyFilledCanceled' : 'Cancelled';
}

function rejectReason(order: SimOrder): string {
  switch (order.doneReason) {
    case 'post_only_would_take':
      return 'EC_PostOnlyWillTakeLiquidity';
    case 'cannot_fill_at_once':
    case 'ioc':
      return 'EC_NoImmediateQtyToFill';
    case 'user':
      return 'EC_PerCancelRequest';
    default:
      return 'EC_NoError';
  }
}

export function orderView(order: SimOrder): Record<string, unknown> {
  const left = order.status === 'open' ? remaining(order) : zero;
  return {
    orderId: order.id,
    orderLinkId: order.clientOrderId,
    blockTradeId: '',
    symbol: order.instrument.id,
    price: order.price === null ? '0' : toText(order.price),
    qty: toText(order.quantity),
    side: sideName(order),
    isLeverage: '0',
    positionIdx: 0,
    orderStatus: orderStatus(order),
    cancelType: order.doneReason === 'user' ? 'CancelByUser' : 'UNKNOWN',
    rejectReason: rejectReason(order),
    avgPrice: averagePrice(order.filledQuote, order.filledBase) ?? '',
    leavesQty: toText(left),
    leavesValue: order.price === null ? '0' : toText(left.times(order.price)),
    cumExecQty: toText(order.filledBase),
    cumExecValue: toText(order.filledQuote),
    cumExecFee: toText(order.feePaid),
    cumFeeDetail: order.feeCurrency === null ? {} : { [order.feeCurrency]: toText(order.feePaid) },
    timeInForce: timesInForce[order.timeInForce],
    orderType: order.type === 'limit' ? 'Limit' : 'Market',
    marketUnit: marketUnit(order),
    stopOrderType: '',
    triggerPrice: '0',
    takeProfit: '',
    stopLoss: '',
    reduceOnly: false,
    closeOnTrigger: false,
    smpType: 'None',
    createdTime: String(order.createdAtMs),
    updatedTime: String(order.updatedAtMs),
  };
}

export function tradeView(trade: SimTrade): Record<string, unknown> {
  const { order } = trade;
  const value = trade.price.times(trade.quantityBase);
  const charged = trade.feeCurrency === order.instrument.base ? trade.quantityBase : value;
  return {
    symbol: order.instrument.id,
    orderType: order.type === 'limit' ? 'Limit' : 'Market',
    orderId: order.id,
    orderLinkId: order.clientOrderId,
    side: sideName(order),
    orderPrice: order.price === null ? '0' : toText(order.price),
    orderQty: toText(order.quantity),
    leavesQty: toText(remaining(order)),
    execTime: String(trade.executedAtMs),
    execId: trade.tradeId,
    execPrice: toText(trade.price),
    execQty: toText(trade.quantityBase),
    execValue: toText(value),
    execType: 'Trade',
    execFee: toText(trade.fee),
    feeRate: toText(roundTo(divide(trade.fee, charged), 8, 'half_up')),
    feeCurrency: trade.feeCurrency,
    isMaker: trade.role === 'maker',
    marketUnit: marketUnit(order),
    stopOrderType: 'UNKNOWN',
    closedSize: '',
    seq: trade.sequence,
  };
}

/**
 * Coins of a unified account; null shows all of them.
 * The equity in USD counts stablecoins at the tape's own price in USDT.
 */
export function walletView(
  state: VenueState,
  account: SimAccount,
  shown: readonly string[] | null,
): Record<string, unknown> {
  const coins = [...account.balances.keys()].map((currency) => {
    const total = balanceOf(account, currency);
    const value = total.times(usdValue(state, currency));
    return { currency, total, held: heldBalance(account, currency), value: roundTo(value, 8, 'half_up') };
  });
  const equity = toText(sum(coins.map((coin) => coin.value)));
  return {
    accountType: 'UNIFIED',
    accountIMRate: '0',
    accountMMRate: '0',
    accountLTV: '0',
    totalEquity: equity,
    totalWalletBalance: equity,
    totalMarginBalance: equity,
    totalAvailableBalance: equity,
    totalPerpUPL: '0',
    totalInitialMargin: '0',
    totalMaintenanceMargin: '0',
    coin: coins
      .filter(({ currency }) => shown?.includes(currency) ?? true)
      .map((coin) => ({
        coin: coin.currency,
        equity: toText(coin.total),
        usdValue: toText(coin.value),
        walletBalance: toText(coin.total),
        free: '',
        locked: toText(coin.held),
        availableToWithdraw: '',
        availableToBorrow: '',
        borrowAmount: '0',
        accruedInterest: '0',
        totalOrderIM: '0',
        totalPositionIM: '0',
        totalPositionMM: '0',
        unrealisedPnl: '0',
        cumRealisedPnl: '0',
        bonus: '0',
        marginCollateral: true,
        collateralSwitch: true,
        spotHedgingQty: '0',
      })),
  };
}

function usdValue(state: VenueState, currency: string): Decimal {
  if (currency === 'USDT') return decimal('1');
  for (const market of state.markets.values()) {
    if (market.instrument.base === currency) return market.house.centre ?? zero;
  }
  return zero;
}

function sideName(order: SimOrder): string {
  return order.side === 'buy' ? 'Buy' : 'Sell';
}

function marketUnit(order: SimOrder): string {
  if (order.type !== 'market') return '';
  return order.quantityUnit === 'base' ? 'baseCoin' : 'quoteCoin';
}
