/** What an account can still spend: spot balances less what orders hold, and cross margin of perpetuals. Pure reads. */
import type { Decimal } from '../../domain/decimal.ts';
import { decimal, divide, maximum, minimum, zero } from '../../domain/decimal.ts';
import type { OrderSide } from '../../domain/order.ts';
import { markPriceOf } from './mark-price.ts';
import { liquidationPrice, maintenanceMargin, unrealised } from './position.ts';
import { heldByOrder } from './spot-funds.ts';
import type { SimAccount, SimMarket, SimPosition, VenueState } from './state.ts';
import { marketOf, remaining } from './state.ts';

const flat: SimPosition = { quantity: zero, entryNotional: zero, updatedAtMs: 0, fundedToMs: 0 };

export function balanceOf(account: SimAccount, currency: string): Decimal {
  return account.balances.get(currency) ?? zero;
}

/** Spot: what open orders hold of a currency. */
export function heldBalance(state: VenueState, account: SimAccount, currency: string): Decimal {
  let held = zero;
  for (const order of account.openOrders) {
    const { kind, base, quote } = order.instrument;
    if (kind !== 'spot' || (order.side === 'sell' ? base : quote) !== currency) continue;
    held = held.plus(heldByOrder(state, order));
  }
  return held;
}

/** What spot orders may spend of a currency: less what they hold, and less what perpetuals need of it as margin. */
export function freeBalance(state: VenueState, account: SimAccount, currency: string): Decimal {
  const unheld = balanceOf(account, currency).minus(heldBalance(state, account, currency));
  if (account.positions.size === 0) return unheld;
  const margin = marginSummary(state, account, currency);
  const needed = margin.positionInitialMargin.plus(margin.openOrderInitialMargin);
  return unheld.plus(minimum(zero, margin.unrealised)).minus(needed);
}

export function positionOf(account: SimAccount, instrument: string): SimPosition {
  return account.positions.get(instrument) ?? flat;
}

export function leverageOf(account: SimAccount, instrument: string): number {
  return account.leverage.get(instrument) ?? account.defaultLeverage;
}

export interface MarginSummary {
  readonly wallet: Decimal;
  readonly unrealised: Decimal;
  /** Wallet + unrealised profit. */
  readonly marginBalance: Decimal;
  readonly positionInitialMargin: Decimal;
  readonly openOrderInitialMargin: Decimal;
  readonly maintenanceMargin: Decimal;
  /** What a new order may use; never below zero. */
  readonly available: Decimal;
}

export interface MarginLevel {
  /** Wallet + unrealised profit at the marks. */
  readonly marginBalance: Decimal;
  readonly maintenanceMargin: Decimal;
  /** Whether there is a position. */
  readonly isOpen: boolean;
}

/** What decides over a liquidation in one settle currency. */
export function marginLevel(state: VenueState, account: SimAccount, currency: string): MarginLevel {
  let marginBalance = balanceOf(account, currency);
  let maintenance = zero;
  let isOpen = false;
  for (const [id, { quantity, entryNotional }] of account.positions) {
    const market = marketOf(state, id);
    if (quantity.eq(zero) || market.instrument.quote !== currency) continue;
    isOpen = true;
    marginBalance = marginBalance.plus(unrealised(quantity, entryNotional, markPriceOf(market) ?? zero));
    maintenance = maintenance.plus(marginOfPosition(account, market));
  }
  return { marginBalance, maintenanceMargin: maintenance, isOpen };
}

/** Maintenance margin of one position at the mark. */
export function marginOfPosition(account: SimAccount, market: SimMarket): Decimal {
  const { quantity } = positionOf(account, market.instrument.id);
  return maintenanceMargin(market.instrument.brackets, quantity.times(markPriceOf(market) ?? zero).abs());
}

/** Notional that an instrument's margin must cover: the larger of the two ways in which its open orders could fill. */
function marginNotional(account: SimAccount, market: SimMarket, extra: ExtraOrder | null): Decimal {
  const mark = markPriceOf(market) ?? zero;
  const position = positionOf(account, market.instrument.id).quantity.times(mark);
  let buys = extra !== null && extra.side === 'buy' ? extra.notional : zero;
  let sells = extra !== null && extra.side === 'sell' ? extra.notional : zero;
  for (const order of account.openOrders) {
    if (order.instrument.id !== market.instrument.id || order.reduceOnly || order.price === null) continue;
    const notional = remaining(order).times(order.price);
    if (order.side === 'buy') buys = buys.plus(notional);
    else sells = sells.plus(notional);
  }
  return maximum(position.plus(buys).abs(), position.minus(sells).abs());
}

interface ExtraOrder {
  readonly side: OrderSide;
  readonly notional: Decimal;
}

/** Cross margin in one settle currency. */
export function marginSummary(state: VenueState, account: SimAccount, currency: string): MarginSummary {
  let profit = zero;
  let positionMargin = zero;
  let required = zero;
  let maintenance = zero;
  for (const market of state.markets.values()) {
    const { instrument } = market;
    if (instrument.kind !== 'perpetual' || instrument.quote !== currency) continue;
    const position = positionOf(account, instrument.id);
    const mark = markPriceOf(market) ?? zero;
    const leverage = decimal(String(leverageOf(account, instrument.id)));
    const notional = position.quantity.times(mark).abs();
    profit = profit.plus(unrealised(position.quantity, position.entryNotional, mark));
    positionMargin = positionMargin.plus(divide(notional, leverage, 8, 'up'));
    required = required.plus(divide(marginNotional(account, market, null), leverage, 8, 'up'));
    maintenance = maintenance.plus(maintenanceMargin(instrument.brackets, notional));
  }
  const wallet = balanceOf(account, currency);
  const marginBalance = wallet.plus(profit);
  return {
    wallet,
    unrealised: profit,
    marginBalance,
    positionInitialMargin: positionMargin,
    openOrderInitialMargin: maximum(zero, required.minus(positionMargin)),
    maintenanceMargin: maintenance,
    available: maximum(zero, marginBalance.minus(required).minus(heldBalance(state, account, currency))),
  };
}

/** Margin that an order of this side, quantity and worst price would add, with the loss against the mark at once. */
export function orderMargin(
  account: SimAccount,
  market: SimMarket,
  side: OrderSide,
  quantity: Decimal,
  price: Decimal,
): Decimal {
  const leverage = decimal(String(leverageOf(account, market.instrument.id)));
  const before = marginNotional(account, market, null);
  const after = marginNotional(account, market, { side, notional: quantity.times(price) });
  const mark = markPriceOf(market) ?? zero;
  const loss = side === 'buy' ? price.minus(mark) : mark.minus(price);
  const added = divide(maximum(zero, after.minus(before)), leverage, 8, 'up');
  return added.eq(zero) ? zero : added.plus(maximum(zero, loss.times(quantity)));
}

/** Zero when flat, or when no price liquidates. */
export function accountLiquidationPrice(state: VenueState, account: SimAccount, instrument: string): Decimal {
  const market = marketOf(state, instrument);
  const position = positionOf(account, instrument);
  if (position.quantity.eq(zero)) return zero;
  let margin = balanceOf(account, market.instrument.quote);
  for (const other of state.markets.values()) {
    if (other === market || other.instrument.kind !== 'perpetual') continue;
    if (other.instrument.quote !== market.instrument.quote) continue;
    const held = positionOf(account, other.instrument.id);
    const mark = markPriceOf(other) ?? zero;
    margin = margin
      .plus(unrealised(held.quantity, held.entryNotional, mark))
      .minus(maintenanceMargin(other.instrument.brackets, held.quantity.times(mark).abs()));
  }
  return liquidationPrice(market.instrument.brackets, position.quantity, position.entryNotional, margin);
}
