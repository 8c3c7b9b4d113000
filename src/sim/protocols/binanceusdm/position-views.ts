/** Positions and wallets in the field names of binance USDⓈ-M. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, divide, roundTo, toText, zero } from '../../../domain/decimal.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { accountLiquidationPrice, leverageOf, marginSummary, positionOf } from '../../exchange/funds.ts';
import { maintenanceMargin, moneyPlaces, unrealised } from '../../exchange/position.ts';
import type { SimAccount, SimMarket, SimPosition } from '../../exchange/state.ts';
import { adlQuantile } from './adl.ts';

/** `0` when flat. */
export function entryPrice({ quantity, entryNotional }: SimPosition): string {
  return quantity.eq(zero) ? '0' : toText(roundTo(divide(entryNotional, quantity), moneyPlaces, 'half_up'));
}

export function unrealisedProfit(exchange: Exchange, market: SimMarket, position: SimPosition): string {
  const mark = exchange.markPrice(market) ?? zero;
  return toText(roundTo(unrealised(position.quantity, position.entryNotional, mark), moneyPlaces, 'half_up'));
}

export type PositionView = (exchange: Exchange, account: SimAccount, market: SimMarket) => Record<string, unknown>;

/** A position as `v3/positionRisk` shows it. */
export const positionView: PositionView = (exchange, account, market) => {
  const { state } = exchange;
  const { instrument } = market;
  const position = positionOf(account, instrument.id);
  const mark = exchange.markPrice(market) ?? zero;
  const notional = position.quantity.times(mark);
  const leverage = decimal(String(leverageOf(account, instrument.id)));
  const initialMargin = toText(divide(notional.abs(), leverage, moneyPlaces, 'up'));
  const entry = entryPrice(position);
  return {
    symbol: instrument.id,
    positionSide: 'BOTH',
    positionAmt: toText(position.quantity),
    entryPrice: entry,
    breakEvenPrice: entry,
    markPrice: toText(mark),
    unRealizedProfit: unrealisedProfit(exchange, market, position),
    liquidationPrice: toText(accountLiquidationPrice(state, account, instrument.id)),
    isolatedMargin: '0',
    notional: toText(notional),
    marginAsset: instrument.quote,
    isolatedWallet: '0',
    initialMargin,
    maintMargin: toText(roundTo(maintenanceMargin(instrument.brackets, notional.abs()), moneyPlaces, 'up')),
    positionInitialMargin: initialMargin,
    openOrderInitialMargin: '0',
    adl: adlQuantile(exchange, account, market),
    bidNotional: '0',
    askNotional: '0',
    updateTime: position.updatedAtMs,
  };
};

/** v2 adds what v3 dropped. */
export const positionViewV2: PositionView = (exchange, account, market) => ({
  ...positionView(exchange, account, market),
  leverage: String(leverageOf(account, market.instrument.id)),
  maxNotionalValue: toText(maximumNotional(account, market)),
  marginType: 'cross',
  isAutoAddMargin: 'false',
  isolated: false,
});

/** The largest notional that the account's leverage allows. */
export function maximumNotional(account: SimAccount, { instrument }: SimMarket): Decimal {
  const leverage = leverageOf(account, instrument.id);
  return instrument.brackets.findLast(({ maximumLeverage }) => maximumLeverage >= leverage)?.notionalCap ?? zero;
}

/** One asset of the futures wallet, under the names of `account` and of `balance`. */
export function assetView({ state }: Exchange, account: SimAccount, currency: string): Record<string, unknown> {
  const margin = marginSummary(state, account, currency);
  const available = toText(roundTo(margin.available, moneyPlaces, 'down'));
  const profit = toText(roundTo(margin.unrealised, moneyPlaces, 'half_up'));
  return {
    asset: currency,
    walletBalance: toText(margin.wallet),
    unrealizedProfit: profit,
    marginBalance: toText(roundTo(margin.marginBalance, moneyPlaces, 'half_up')),
    maintMargin: toText(roundTo(margin.maintenanceMargin, moneyPlaces, 'up')),
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
