/** What the opening orders of a position need free on each account, and the quantity that an account can carry. */
import { freeCoins, type BoundCoin, type ReadCoins } from '../domain/bound-coins.ts';
import { decimal, divide, maximum, one, sum, zero, type Decimal } from '../domain/decimal.ts';
import { orderQuantity } from '../domain/execution/quantity.ts';
import { feeIsTakenFromBase, takerFeeFraction } from '../domain/fees.ts';
import { slippageBound } from '../domain/limit-price.ts';
import { isDollar } from '../domain/portfolio/value.ts';
import type { Direction, LegPlan } from '../domain/position.ts';
import type { CapitalNeed } from '../domain/reservation.ts';
import { toText } from '../domain/decimal.ts';

/** The terms of an opening that its needs follow from. */
export interface OpeningTerms {
  readonly direction: Direction;
  readonly spot: LegPlan;
  readonly perp: LegPlan;
  readonly leverage: Decimal;
  readonly maxOpenSlippageBps: Decimal;
  /** Of a short spot leg that is borrowed: of what is owed, the part that the account must be worth. */
  readonly collateralRate?: Decimal;
}

/** Executable prices of the opening sides, in quote per base. */
export interface OpeningPrices {
  readonly spot: Decimal;
  readonly perp: Decimal;
}

/**
 * Spot bought: the quantity sent, at the slippage cap, and its fee where the venue takes it in the quote coin.
 * Spot sold: the base coin itself; where it is borrowed, its collateral in the quote coin. Perpetual: initial margin and fee at the slippage cap (at the reference when
 * selling), in the settle coin. One line an account and currency.
 */
export function openingNeeds(terms: OpeningTerms, quantityBase: Decimal, prices: OpeningPrices): CapitalNeed[] {
  const unit = unitNeeds(terms, prices);
  const spotSent =
    terms.direction === 'long_spot_short_perp'
      ? orderQuantity(terms.spot, 'buy', quantityBase, prices.spot)
      : orderQuantity(terms.spot, 'sell', quantityBase, prices.spot);
  const needs: CapitalNeed[] = [];
  for (const { account, currency, amount } of [
    { ...unit.spot, amount: unit.spot.perSent.times(spotSent) },
    { ...unit.perp, amount: unit.perp.perBase.times(quantityBase) },
  ]) {
    const same = needs.findIndex((need) => need.account === account && need.currency === currency);
    const before = needs[same];
    if (before === undefined) needs.push({ account, currency, amount: toText(amount) });
    else needs[same] = { account, currency, amount: toText(decimal(before.amount).plus(amount)) };
  }
  return needs;
}

/** What an account has free of a currency for a new position; zero when unknown. */
export type FreeOf = (account: string, currency: string) => Decimal;

/** By the latest readings, less what open positions need for their close: as the reservation will test it. */
export function freeForOpening(
  { perp }: { readonly perp: LegPlan },
  readings: readonly ReadCoins[],
  bound: readonly BoundCoin[],
): FreeOf {
  const settle = perp.instrument.settle ?? perp.instrument.quote;
  return (account, currency) => {
    const reading = readings.find((one) => one.account === account);
    if (reading === undefined) return zero;
    const coins = freeCoins(reading, currency, settle, bound);
    return maximum(zero, coins.free.minus(coins.bound));
  };
}

/** Base units that the free balances of both accounts carry, before lots; each bound with its name. */
export function affordableQuantities(
  terms: OpeningTerms,
  prices: OpeningPrices,
  freeOf: FreeOf,
): readonly { readonly quantityBase: Decimal; readonly bound: string }[] {
  const unit = unitNeeds(terms, prices);
  const spotFree = freeOf(unit.spot.account, unit.spot.currency);
  const perpFree = freeOf(unit.perp.account, unit.perp.currency);
  if (unit.spot.account === unit.perp.account && unit.spot.currency === unit.perp.currency) {
    const quantityBase = divide(spotFree, unit.spot.perBase.plus(unit.perp.perBase));
    return [{ quantityBase, bound: `${unit.spot.currency} free at ${unit.spot.account}` }];
  }
  return [
    { quantityBase: divide(spotFree, unit.spot.perBase), bound: `${unit.spot.currency} free at ${unit.spot.account}` },
    { quantityBase: divide(perpFree, unit.perp.perBase), bound: `margin free at ${unit.perp.account}` },
  ];
}

/** Base units that so many dollars carry, of all accounts together; null where none of an opening is paid in dollars. */
export function cashQuantity(terms: OpeningTerms, prices: OpeningPrices, cashUsd: Decimal): Decimal | null {
  const { spot, perp } = unitNeeds(terms, prices);
  const perBase = sum([spot, perp].filter(({ currency }) => isDollar(currency)).map((unit) => unit.perBase));
  return perBase.eq(zero) ? null : divide(cashUsd, perBase);
}

/** The dollar coins among the needs. */
export function cashNeeded(needs: readonly CapitalNeed[]): Decimal {
  return sum(needs.filter(({ currency }) => isDollar(currency)).map(({ amount }) => decimal(amount)));
}

/** What one base unit takes: `perSent` of the order sent, `perBase` of the quantity that is to be held. */
function unitNeeds(
  terms: OpeningTerms,
  prices: OpeningPrices,
): {
  readonly spot: {
    readonly account: string;
    readonly currency: string;
    readonly perSent: Decimal;
    readonly perBase: Decimal;
  };
  readonly perp: { readonly account: string; readonly currency: string; readonly perBase: Decimal };
} {
  const { direction, spot, perp } = terms;
  const long = direction === 'long_spot_short_perp';
  const perpBound = long ? prices.perp : slippageBound('buy', prices.perp, terms.maxOpenSlippageBps);
  const perpCost = perpBound.times(divide(one, terms.leverage).plus(takerFeeFraction(perp)));
  const perpNeed = {
    account: perp.account,
    currency: perp.instrument.settle ?? perp.instrument.quote,
    perBase: perpCost,
  };
  if (!long && terms.collateralRate !== undefined) {
    const collateral = prices.spot.times(terms.collateralRate);
    return {
      spot: { account: spot.account, currency: spot.instrument.quote, perSent: collateral, perBase: collateral },
      perp: perpNeed,
    };
  }
  if (!long) {
    return {
      spot: { account: spot.account, currency: spot.instrument.base, perSent: one, perBase: one },
      perp: perpNeed,
    };
  }
  const bound = slippageBound('buy', prices.spot, terms.maxOpenSlippageBps);
  const fromBase = feeIsTakenFromBase(spot, 'buy');
  const perSent = fromBase ? bound : bound.times(one.plus(takerFeeFraction(spot)));
  const perBase = fromBase ? divide(bound, one.minus(takerFeeFraction(spot))) : perSent;
  return { spot: { account: spot.account, currency: spot.instrument.quote, perSent, perBase }, perp: perpNeed };
}

/** Whether every need is met. */
export function isAffordable(needs: readonly CapitalNeed[], freeOf: FreeOf): boolean {
  return needs.every((need) => freeOf(need.account, need.currency).minus(decimal(need.amount)).gte(zero));
}
