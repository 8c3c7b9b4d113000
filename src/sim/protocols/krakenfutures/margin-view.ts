/** The multi-collateral account and its positions. Only USD is collateral: other currencies are held beside it. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, divide, zero } from '../../../domain/decimal.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { MarginSummary } from '../../exchange/funds.ts';
import { accountLiquidationPrice, balanceOf, leverageOf, marginSummary, positionOf } from '../../exchange/funds.ts';
import { maintenanceMargin, moneyPlaces, unrealised } from '../../exchange/position.ts';
import type { SimAccount, SimMarket } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import { isoTime, wireNumber } from './call.ts';
import { wireCurrency } from './instruments.ts';

export const marginCurrency = 'USD';

export interface HeldPosition {
  readonly market: SimMarket;
  readonly quantity: Decimal;
  readonly entryPrice: Decimal;
  readonly profit: Decimal;
  readonly updatedAtMs: number;
}

/** Those that are not flat. */
export function heldPositions(exchange: Exchange, name: string): HeldPosition[] {
  const account = accountOf(exchange.state, name);
  return [...exchange.state.markets.values()].flatMap((market) => {
    const { quantity, entryNotional, updatedAtMs } = positionOf(account, market.instrument.id);
    if (quantity.eq(zero)) return [];
    const entryPrice = divide(entryNotional, quantity, moneyPlaces, 'half_up');
    const mark = exchange.markPrice(market) ?? zero;
    return [{ market, quantity, entryPrice, profit: unrealised(quantity, entryNotional, mark), updatedAtMs }];
  });
}

/** The leverage that the account chose for a contract; null while it has none, which is how cross margin is told. */
export function chosenLeverage(account: SimAccount, market: SimMarket): number | null {
  const chosen = account.leverage.get(market.instrument.id);
  return chosen === undefined || chosen === account.defaultLeverage ? null : chosen;
}

export function positionView(account: SimAccount, held: HeldPosition): Record<string, unknown> {
  const leverage = chosenLeverage(account, held.market);
  return {
    side: held.quantity.gt(zero) ? 'long' : 'short',
    symbol: held.market.instrument.id,
    price: wireNumber(held.entryPrice),
    fillTime: isoTime(held.updatedAtMs),
    size: wireNumber(held.quantity.abs()),
    unrealizedFunding: 0,
    unrealizedPnl: wireNumber(held.profit),
    pnlCurrency: marginCurrency,
    ...(leverage === null ? {} : { maxFixedLeverage: leverage }),
  };
}

export function websocketPosition(
  exchange: Exchange,
  account: SimAccount,
  held: HeldPosition,
): Record<string, unknown> {
  const { market, quantity, entryPrice, profit } = held;
  const { instrument } = market;
  const mark = exchange.markPrice(market) ?? zero;
  const notional = quantity.abs().times(mark);
  const leverage = decimal(String(leverageOf(account, instrument.id)));
  const margin = divide(notional, leverage, moneyPlaces, 'up');
  const equity = marginSummary(exchange.state, account, marginCurrency).marginBalance;
  return {
    instrument: instrument.id,
    balance: wireNumber(quantity),
    pnl: wireNumber(profit),
    entry_price: wireNumber(entryPrice),
    mark_price: wireNumber(mark),
    index_price: wireNumber(exchange.indexPrice(market) ?? mark),
    liquidation_threshold: wireNumber(accountLiquidationPrice(exchange.state, account, instrument.id)),
    effective_leverage: equity.gt(zero) ? wireNumber(divide(notional, equity, 8)) : 0,
    return_on_equity: margin.gt(zero) ? wireNumber(divide(profit, margin, 8)) : 0,
    unrealized_funding: 0,
    initial_margin: wireNumber(margin),
    initial_margin_with_orders: wireNumber(margin),
    maintenance_margin: wireNumber(maintenanceMargin(instrument.brackets, notional)),
    pnl_currency: marginCurrency,
  };
}

interface CurrencyRow {
  readonly currency: string;
  readonly quantity: Decimal;
  /** What of it counts as margin, in USD. */
  readonly collateral: Decimal;
  readonly available: Decimal;
}

function currencyRows(exchange: Exchange, name: string, summary: MarginSummary): CurrencyRow[] {
  const account = accountOf(exchange.state, name);
  const currencies = [...new Set([marginCurrency, ...account.balances.keys()])];
  return currencies.map((currency) => {
    const quantity = balanceOf(account, currency);
    if (currency !== marginCurrency) return { currency, quantity, collateral: zero, available: quantity };
    return { currency, quantity, collateral: quantity, available: summary.available };
  });
}

export function flexAccount(exchange: Exchange, name: string): Record<string, unknown> {
  const summary = marginSummary(exchange.state, accountOf(exchange.state, name), marginCurrency);
  const currencies = currencyRows(exchange, name, summary).map(
    ({ currency, quantity, collateral, available }): [string, Record<string, number>] => [
      wireCurrency(currency),
      {
        quantity: wireNumber(quantity),
        value: wireNumber(collateral),
        collateral: wireNumber(collateral),
        available: wireNumber(available),
      },
    ],
  );
  return {
    type: 'multiCollateralMarginAccount',
    currencies: Object.fromEntries(currencies),
    initialMargin: wireNumber(summary.positionInitialMargin),
    initialMarginWithOrders: wireNumber(summary.positionInitialMargin.plus(summary.openOrderInitialMargin)),
    maintenanceMargin: wireNumber(summary.maintenanceMargin),
    balanceValue: wireNumber(summary.wallet),
    portfolioValue: wireNumber(summary.marginBalance),
    collateralValue: wireNumber(summary.wallet),
    pnl: wireNumber(summary.unrealised),
    unrealizedFunding: 0,
    totalUnrealized: wireNumber(summary.unrealised),
    totalUnrealizedAsMargin: wireNumber(summary.unrealised),
    availableMargin: wireNumber(summary.available),
    marginEquity: wireNumber(summary.marginBalance),
  };
}

/** The same figures in the names of the websocket's balances. */
export function websocketFlex(exchange: Exchange, name: string): Record<string, unknown> {
  const summary = marginSummary(exchange.state, accountOf(exchange.state, name), marginCurrency);
  const currencies = currencyRows(exchange, name, summary).map(
    ({ currency, quantity, collateral, available }): [string, Record<string, number>] => [
      wireCurrency(currency),
      {
        quantity: wireNumber(quantity),
        value: wireNumber(collateral),
        collateral_value: wireNumber(collateral),
        available: wireNumber(available),
        haircut: 0,
        conversion_spread: 0,
      },
    ],
  );
  const figures = {
    balance_value: wireNumber(summary.wallet),
    portfolio_value: wireNumber(summary.marginBalance),
    collateral_value: wireNumber(summary.wallet),
    initial_margin: wireNumber(summary.positionInitialMargin.plus(summary.openOrderInitialMargin)),
    initial_margin_without_orders: wireNumber(summary.positionInitialMargin),
    maintenance_margin: wireNumber(summary.maintenanceMargin),
    pnl: wireNumber(summary.unrealised),
    unrealized_funding: 0,
    total_unrealized: wireNumber(summary.unrealised),
    total_unrealized_as_margin: wireNumber(summary.unrealised),
    margin_equity: wireNumber(summary.marginBalance),
    available_margin: wireNumber(summary.available),
  };
  return { currencies: Object.fromEntries(currencies), ...figures, isolated: {}, cross: figures };
}
