/** Spot orders paid with borrowed coins: how much an account may owe, and what it pays for it. A debt is a balance below zero. */
import type { Decimal } from '../../domain/decimal.ts';
import { divide, maximum, one, roundTo, toText, zero } from '../../domain/decimal.ts';
import { balanceOf, freeBalance, marginSummary, positionOf } from './funds.ts';
import { takeable } from './matching.ts';
import { moneyPlaces } from './position.ts';
import type { SimAccount, SimMarket, VenueState } from './state.ts';
import type { OrderRequest } from './order-request.ts';
import type { MatchingContext } from './matching-context.ts';

/**
 * Whether a spot order may take a coin that the account does not have. What it would then owe in all, valued in the
 * order's quote coin, times the collateral rate must not be more than its net worth: all balances, less the margin that
 * perpetuals need, less what the order loses against the centre at once. Coins without a price here count for nothing.
 * A coin that was called back is lent no more, and one that perpetual positions or orders are margined in cannot be
 * borrowed: their margin would be borrowed with it.
 */
export function mayBorrow(
  state: VenueState,
  account: SimAccount,
  market: SimMarket,
  request: OrderRequest,
  needed: Decimal,
): boolean {
  const { base, quote } = market.instrument;
  const spent = request.side === 'sell' ? base : quote;
  const rules = state.rules.borrow ?? null;
  if (request.borrow !== true || rules === null || !isLent(state, spent) || isMargin(state, account, spent))
    return false;
  const settles = new Set([...state.markets.values()].flatMap(({ instrument }) => settleCurrency(instrument)));
  let worth = immediateLoss(market, request).neg();
  let owed = zero;
  for (const currency of new Set([...account.balances.keys(), ...settles, spent])) {
    const rate = rateBetween(state, currency, quote);
    if (rate === null) continue;
    const free = freeBalance(state, account, currency).minus(currency === spent ? needed : zero);
    owed = owed.plus(maximum(zero, free.neg()).times(rate));
    worth = worth.plus(balanceOf(account, currency).times(rate));
    if (!settles.has(currency)) continue;
    const margin = marginSummary(state, account, currency);
    const used = margin.positionInitialMargin.plus(margin.openOrderInitialMargin);
    worth = worth.plus(margin.unrealised.minus(used).times(rate));
  }
  return owed.times(rules.initialCollateralRate).lte(worth);
}

/** Whether more of the coin can be borrowed now. */
export function isLent(state: VenueState, currency: string): boolean {
  return state.rules.borrow?.hourlyRates[currency] !== undefined && !state.recalled.has(currency);
}

function settleCurrency({ kind, quote }: SimMarket['instrument']): string[] {
  return kind === 'perpetual' ? [quote] : [];
}

function isMargin(state: VenueState, account: SimAccount, currency: string): boolean {
  for (const { instrument } of state.markets.values()) {
    if (instrument.kind === 'spot' || instrument.quote !== currency) continue;
    if (!positionOf(account, instrument.id).quantity.eq(zero)) return true;
  }
  return [...account.openOrders].some(({ instrument: { kind, quote } }) => kind === 'perpetual' && quote === currency);
}

/** Against the centre, of the part that fills on arrival, in the quote coin; what rests loses nothing. */
function immediateLoss(market: SimMarket, request: OrderRequest): Decimal {
  const { centre } = market.house;
  if (centre === null) return zero;
  const wanted = request.quantityUnit === 'quote' ? divide(request.quantity, centre) : request.quantity;
  const { quantity, cost } = takeable(market, request.side, request.price, wanted);
  const gained = quantity.times(centre).minus(cost);
  return maximum(zero, request.side === 'buy' ? gained.neg() : gained);
}

/** What one unit is worth in another coin, through one spot market or two; null when none leads there. */
function rateBetween(state: VenueState, currency: string, quote: string): Decimal | null {
  const direct = directRate(state, currency, quote);
  if (direct !== null) return direct;
  for (const { instrument, house } of state.markets.values()) {
    if (instrument.kind !== 'spot' || instrument.base !== currency || house.centre === null) continue;
    const rest = directRate(state, instrument.quote, quote);
    if (rest !== null) return house.centre.times(rest);
  }
  return null;
}

function directRate(state: VenueState, currency: string, quote: string): Decimal | null {
  if (currency === quote) return one;
  for (const { instrument, house } of state.markets.values()) {
    if (instrument.kind !== 'spot' || house.centre === null) continue;
    if (instrument.base === currency && instrument.quote === quote) return house.centre;
    if (instrument.base === quote && instrument.quote === currency) return divide(one, house.centre);
  }
  return null;
}

const hourMs = 3_600_000;

/** The first full hour of market time after a time at which something is owed; null when nobody owes anything. */
export function nextInterestMs(state: VenueState, afterMs: number): number | null {
  if ((state.rules.borrow ?? null) === null) return null;
  for (const account of state.accounts.values()) {
    for (const currency of account.balances.keys()) {
      if (interestOn(state, account, currency).gt(zero)) return (Math.floor(afterMs / hourMs) + 1) * hourMs;
    }
  }
  return null;
}

/** Debt · hourly rate, in the coin, rounded up: it adds to the debt. */
export function chargeInterest(context: MatchingContext): void {
  for (const account of context.state.accounts.values()) {
    for (const currency of account.balances.keys()) {
      const amount = interestOn(context.state, account, currency);
      if (amount.eq(zero)) continue;
      context.emit({
        kind: 'income_booked',
        type: 'INTEREST',
        account: account.name,
        instrument: '',
        currency,
        amount: toText(amount.neg()),
      });
    }
  }
}

function interestOn(state: VenueState, account: SimAccount, currency: string): Decimal {
  const rate = state.rules.borrow?.hourlyRates[currency];
  const balance = balanceOf(account, currency);
  if (rate === undefined || balance.gte(zero)) return zero;
  return roundTo(balance.neg().times(rate), moneyPlaces, 'up');
}
