/** The unified account's wallet in bybit v5's fields: a row a coin, and totals in USD. */
import type { Decimal } from '../../../domain/decimal.ts';
import { divide, maximum, one, roundTo, sum, toText, zero } from '../../../domain/decimal.ts';
import type { MarginSummary } from '../../exchange/funds.ts';
import { balanceOf, heldBalance, marginSummary } from '../../exchange/funds.ts';
import { moneyPlaces } from '../../exchange/position.ts';
import type { IncomeType, SimAccount, VenueState } from '../../exchange/state.ts';

interface Coin {
  readonly currency: string;
  readonly balance: Decimal;
  readonly held: Decimal;
  readonly margin: MarginSummary;
  readonly usdPrice: Decimal;
}

/** @param shown coins in the list, null for all; totals count every coin */
export function walletView(
  state: VenueState,
  account: SimAccount,
  shown: readonly string[] | null,
): Record<string, unknown> {
  const coins = [...account.balances.keys()].map((currency) => coinOf(state, account, currency));
  const total = (amount: (coin: Coin) => Decimal): Decimal => sum(coins.map((coin) => inUsd(coin, amount(coin))));
  const wallet = total(({ balance }) => balance);
  const profit = total(({ margin }) => margin.unrealised);
  const initial = total(({ margin }) => margin.positionInitialMargin.plus(margin.openOrderInitialMargin));
  const maintenance = total(({ margin }) => margin.maintenanceMargin);
  const marginBalance = wallet.plus(profit);
  return {
    accountType: 'UNIFIED',
    accountIMRate: ratio(initial, marginBalance),
    accountMMRate: ratio(maintenance, marginBalance),
    accountLTV: '0',
    totalEquity: toText(marginBalance),
    totalWalletBalance: toText(wallet),
    totalMarginBalance: toText(marginBalance),
    totalAvailableBalance: toText(maximum(zero, marginBalance.minus(initial))),
    totalPerpUPL: toText(profit),
    totalInitialMargin: toText(initial),
    totalMaintenanceMargin: toText(maintenance),
    coin: coins
      .filter(({ currency }) => shown?.includes(currency) ?? true)
      .map((coin) => coinView(coin, realisedEver(account, coin.currency))),
  };
}

function coinOf(state: VenueState, account: SimAccount, currency: string): Coin {
  return {
    currency,
    balance: balanceOf(account, currency),
    held: heldBalance(state, account, currency),
    margin: marginSummary(state, account, currency),
    usdPrice: usdPrice(state, currency),
  };
}

function coinView({ currency, balance, held, margin, usdPrice: price }: Coin, realised: Decimal): unknown {
  const equity = balance.plus(margin.unrealised);
  const borrowed = toText(maximum(zero, balance.neg()));
  return {
    coin: currency,
    equity: toText(equity),
    usdValue: toText(roundTo(equity.times(price), moneyPlaces, 'half_up')),
    walletBalance: toText(balance),
    free: '',
    locked: toText(held),
    availableToWithdraw: '',
    availableToBorrow: '',
    borrowAmount: borrowed,
    spotBorrow: borrowed,
    accruedInterest: '0',
    totalOrderIM: toText(margin.openOrderInitialMargin),
    totalPositionIM: toText(margin.positionInitialMargin),
    totalPositionMM: toText(margin.maintenanceMargin),
    unrealisedPnl: toText(margin.unrealised),
    cumRealisedPnl: toText(realised),
    bonus: '0',
    marginCollateral: true,
    collateralSwitch: true,
    spotHedgingQty: '0',
  };
}

const realisedTypes: ReadonlySet<IncomeType> = new Set<IncomeType>([
  'REALIZED_PNL',
  'COMMISSION',
  'FUNDING_FEE',
  'LIQUIDATION_FEE',
  'INSURANCE_CLEAR',
]);

function realisedEver(account: SimAccount, currency: string): Decimal {
  return sum(
    account.income.filter((row) => row.currency === currency && realisedTypes.has(row.type)).map((row) => row.amount),
  );
}

function inUsd({ usdPrice: price }: Coin, amount: Decimal): Decimal {
  return roundTo(amount.times(price), moneyPlaces, 'half_up');
}

function ratio(part: Decimal, whole: Decimal): string {
  return whole.lte(zero) ? '0' : toText(divide(part, whole, 4, 'half_up'));
}

/** Of one unit: a USDT is a dollar, other coins are worth their price in USDT at this exchange. */
export function usdPrice(state: VenueState, currency: string): Decimal {
  if (currency === 'USDT') return one;
  for (const { instrument, house } of state.markets.values()) {
    if (instrument.base === currency && instrument.kind === 'spot') return house.centre ?? zero;
  }
  return zero;
}
