/**
 * The basis: what the perpetual costs over the spot, as it could be traded now.
 *
 * Side s = +1 is long spot and short perpetual, s = −1 the reverse. Every basis here is executable unless its name
 * says mid: both order books are walked for the quantity, so the spread is inside it and nothing is added for it.
 */
import { decimal, divide, minimum, zero, type Decimal } from './decimal.ts';
import { fractionOfBps } from './fees.ts';
import type { OrderSide } from './order.ts';
import { sideOf } from './position.ts';
import type { BookLevel, Quote } from './quote.ts';
import type { Direction } from './direction.ts';

const bpsPerUnit = decimal('10000');
const two = decimal('2');

/** Both legs' executable prices for one quantity, and the basis between them. */
export interface ExecutableBasis {
  /** Quote per base, volume-weighted over the levels that the quantity takes. */
  readonly spotPrice: Decimal;
  readonly perpPrice: Decimal;
  /** B = perpetual − spot, in bps of this spot price. */
  readonly basisBps: Decimal;
  /** s·B in bps: positive at open is a gap in our favour. */
  readonly signedBasisBps: Decimal;
}

/** 10,000 · (perpetual − spot) / spot. */
export function basisBps(spotPrice: Decimal, perpPrice: Decimal): Decimal {
  return divide(perpPrice.minus(spotPrice).times(bpsPerUnit), spotPrice);
}

/**
 * Volume-weighted price at which `quantityBase` would fill against these levels, best first.
 * Null when the levels do not hold that much, or the quantity is not positive.
 */
export function executablePrice(levels: readonly BookLevel[], quantityBase: Decimal): Decimal | null {
  if (quantityBase.lte(zero)) return null;
  let left = quantityBase;
  let cost = zero;
  for (const level of levels) {
    const taken = minimum(left, decimal(level.quantityBase));
    cost = cost.plus(taken.times(decimal(level.price)));
    left = left.minus(taken);
    if (left.lte(zero)) return divide(cost, quantityBase);
  }
  return null;
}

/** The levels that an order of this side takes from. */
export function levelsFor(quote: Quote, side: OrderSide): readonly BookLevel[] {
  return side === 'buy' ? quote.asks : quote.bids;
}

/** Base units that an order of this side finds no further than `withinBps` from the best price. */
export function depthWithinBps(quote: Quote, side: OrderSide, withinBps: Decimal): Decimal {
  const levels = levelsFor(quote, side);
  const best = levels[0];
  if (best === undefined) return zero;
  const bound = decimal(best.price).times(fractionOfBps(withinBps));
  let depth = zero;
  for (const level of levels) {
    if (decimal(level.price).minus(decimal(best.price)).abs().gt(bound)) break;
    depth = depth.plus(decimal(level.quantityBase));
  }
  return depth;
}

/** What opening both legs with `quantityBase` would come to. Null: not enough depth on one of them. */
export function executableOpenBasisBps(
  spotQuote: Quote,
  perpQuote: Quote,
  direction: Direction,
  quantityBase: Decimal,
): ExecutableBasis | null {
  const [spotSide, perpSide]: [OrderSide, OrderSide] =
    direction === 'long_spot_short_perp' ? ['buy', 'sell'] : ['sell', 'buy'];
  return between(
    executablePrice(levelsFor(spotQuote, spotSide), quantityBase),
    executablePrice(levelsFor(perpQuote, perpSide), quantityBase),
    direction,
  );
}

/** What closing both legs would come to, each for the quantity that it holds. Null: not enough depth on one of them. */
export function executableCloseBasisBps(
  spotQuote: Quote,
  perpQuote: Quote,
  direction: Direction,
  spotQuantityBase: Decimal,
  perpQuantityBase: Decimal = spotQuantityBase,
): ExecutableBasis | null {
  const [spotSide, perpSide]: [OrderSide, OrderSide] =
    direction === 'long_spot_short_perp' ? ['sell', 'buy'] : ['buy', 'sell'];
  return between(
    executablePrice(levelsFor(spotQuote, spotSide), spotQuantityBase),
    executablePrice(levelsFor(perpQuote, perpSide), perpQuantityBase),
    direction,
  );
}

/** The basis of the mid prices: for statistics, never for a trade or a P&L. Null when a book side is empty. */
export function midBasisBps(spotQuote: Quote, perpQuote: Quote): Decimal | null {
  const spot = midPrice(spotQuote);
  const perp = midPrice(perpQuote);
  return spot === null || perp === null ? null : basisBps(spot, perp);
}

export function midPrice(quote: Quote): Decimal | null {
  const bid = quote.bids[0];
  const ask = quote.asks[0];
  return bid === undefined || ask === undefined ? null : divide(decimal(bid.price).plus(decimal(ask.price)), two);
}

function between(spotPrice: Decimal | null, perpPrice: Decimal | null, direction: Direction): ExecutableBasis | null {
  if (spotPrice === null || perpPrice === null) return null;
  const bps = basisBps(spotPrice, perpPrice);
  return {
    spotPrice,
    perpPrice,
    basisBps: bps,
    signedBasisBps: sideOf(direction) === 1 ? bps : zero.minus(bps),
  };
}
