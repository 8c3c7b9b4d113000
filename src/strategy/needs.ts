/** What the opening orders of a position need free on each account, and the quantity that an account can carry. */
import { freeCoins, type BoundCoin, type ReadCoins } from '../domain/portfolio/bound-coins.ts';
import { decimal, divide, maximum, one, sum, toText, zero, type Decimal } from '../domain/decimal.ts';
import { orderQuantity } from '../domain/execution/quantity.ts';
import { feeIsTakenFromBase, takerFee, takerFeeFraction } from '../domain/fees.ts';
import { slippageBound } from '../domain/limit-price.ts';
import { isDollar } from '../domain/portfolio/value.ts';
import type { LegPlan } from '../domain/position.ts';
import type { Direction } from '../domain/direction.ts';
import type { CapitalNeed } from '../domain/portfolio/capital-need.ts';

/** The terms of an opening that its needs follow from. */
export interface OpeningTerms {
  readonly direction: Direction;
  readonly spot: LegPlan;
  readonly perp: LegPlan;
  readonly leverage: Decimal;
  readonly maxOpenSlippageBps: Decimal;
  readonly maxCloseSlippageBps: Decimal;
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
 * Spot sold from inventory: the base coin itself, and in the quote coin what buying it back may cost over its proceeds;
 * where it is borrowed, its collateral in the quote coin. Perpetual: initial margin and fee at the slippage cap (at the
 * reference when selling), in the settle coin. One line an account and currency.
 */
export function openingNeeds(terms: OpeningTerms, quantityBase: Decimal, prices: OpeningPrices): CapitalNeed[] {
  const side = terms.direction === 'long_spot_short_perp' ? 'buy' : 'sell';
  const spotSent = orderQuantity(terms.spot, side, quantityBase, prices.spot);
  return byBalance(unitNeeds(terms, prices)).map((units) => ({
    account: units[0].account,
    currency: units[0].currency,
    amount: toText(
      sum(
        units.map(({ perSent, perBase }) => (perSent === null ? perBase.times(quantityBase) : perSent.times(spotSent))),
      ),
    ),
  }));
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
  return byBalance(unitNeeds(terms, prices)).map((units) => {
    const [{ account, currency, name }] = units;
    const perBase = sum(units.map((unit) => unit.perBase));
    const bound = units.length > 1 ? `${currency} free at ${account}` : name;
    return { quantityBase: divide(freeOf(account, currency), perBase), bound };
  });
}

/** Base units that so many dollars carry, of all accounts together; null where none of an opening is paid in dollars. */
export function cashQuantity(terms: OpeningTerms, prices: OpeningPrices, cashUsd: Decimal): Decimal | null {
  const dollars = unitNeeds(terms, prices).filter(({ currency }) => isDollar(currency));
  const perBase = sum(dollars.map((unit) => unit.perBase));
  return perBase.eq(zero) ? null : divide(cashUsd, perBase);
}

/** The dollar coins among the needs. */
export function cashNeeded(needs: readonly CapitalNeed[]): Decimal {
  return sum(needs.filter(({ currency }) => isDollar(currency)).map(({ amount }) => decimal(amount)));
}

/** What one base unit takes of one balance. */
interface UnitNeed {
  readonly account: string;
  readonly currency: string;
  /** Of the quantity that is to be held. */
  readonly perBase: Decimal;
  /** Of the spot order sent, where that counts. */
  readonly perSent: Decimal | null;
  /** As a bound of a size. */
  readonly name: string;
}

function unitNeeds(terms: OpeningTerms, prices: OpeningPrices): UnitNeed[] {
  return [...spotNeeds(terms, prices), perpNeed(terms, prices)];
}

function perpNeed({ direction, perp, leverage, maxOpenSlippageBps }: OpeningTerms, prices: OpeningPrices): UnitNeed {
  const isBought = direction === 'short_spot_long_perp';
  const bound = isBought ? slippageBound('buy', prices.perp, maxOpenSlippageBps) : prices.perp;
  const { account, instrument } = perp;
  return {
    account,
    currency: instrument.settle ?? instrument.quote,
    perBase: bound.times(divide(one, leverage).plus(takerFeeFraction(perp))),
    perSent: null,
    name: `margin free at ${account}`,
  };
}

function spotNeeds(terms: OpeningTerms, prices: OpeningPrices): UnitNeed[] {
  const { account, instrument } = terms.spot;
  const needOf = (currency: string, perBase: Decimal, perSent: Decimal | null): UnitNeed => ({
    account,
    currency,
    perBase,
    perSent,
    name: `${currency} free at ${account}`,
  });
  if (terms.direction === 'long_spot_short_perp') {
    const bound = slippageBound('buy', prices.spot, terms.maxOpenSlippageBps);
    const fee = takerFeeFraction(terms.spot);
    const fromBase = feeIsTakenFromBase(terms.spot, 'buy');
    const perSent = fromBase ? bound : bound.times(one.plus(fee));
    return [needOf(instrument.quote, fromBase ? divide(bound, one.minus(fee)) : perSent, perSent)];
  }
  if (terms.collateralRate !== undefined) {
    const collateral = prices.spot.times(terms.collateralRate);
    return [needOf(instrument.quote, collateral, collateral)];
  }
  const headRoom = buyBackHeadRoom(terms, prices.spot);
  return [
    needOf(instrument.base, one, one),
    ...(headRoom.lte(zero)
      ? []
      : [
          {
            ...needOf(instrument.quote, headRoom, null),
            name: `${instrument.quote} free at ${account} to buy ${instrument.base} back`,
          },
        ]),
  ];
}

/**
 * What buying one unit back may cost over what its sale brings, each at its slippage cap and with its fee: a venue wants
 * the whole of an order at its limit price, and an account that holds nothing but the proceeds could not close.
 */
function buyBackHeadRoom({ spot, maxOpenSlippageBps, maxCloseSlippageBps }: OpeningTerms, price: Decimal): Decimal {
  const sold = slippageBound('sell', price, maxOpenSlippageBps);
  const bought = slippageBound('buy', price, maxCloseSlippageBps);
  const cost = bought.plus(takerFee(spot, 'buy', one, bought));
  return cost.minus(sold.minus(takerFee(spot, 'sell', one, sold)));
}

/** The needs of one balance together, in the order in which they first come. */
function byBalance(units: readonly UnitNeed[]): [UnitNeed, ...UnitNeed[]][] {
  const groups: [UnitNeed, ...UnitNeed[]][] = [];
  for (const unit of units) {
    const same = groups.find(([{ account, currency }]) => account === unit.account && currency === unit.currency);
    if (same === undefined) groups.push([unit]);
    else same.push(unit);
  }
  return groups;
}

/** Whether every need is met. */
export function isAffordable(needs: readonly CapitalNeed[], freeOf: FreeOf): boolean {
  return needs.every((need) => freeOf(need.account, need.currency).minus(decimal(need.amount)).gte(zero));
}
