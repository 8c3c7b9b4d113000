/**
 * The liquidation price of a position on a cross-margined account, for a venue that states none of it: the mark at which
 * the account's equity is its maintenance margin, while every other price stands still.
 *
 * All of the account's maintenance margin counts as this position's. With E and M at the mark P, a short of Q is
 * liquidated at E − Q·(L − P) = M·L/P. Of a long M shrinks on the way: L = P − (E − M)/Q leaves it as it is, so that the
 * answer is no further from the mark than the true price.
 */
import { decimal, divide, maximum, minimum, roundTo, toText, zero, type DecimalText } from '../decimal.ts';

/** Of an account, in the currency that its perpetuals settle in, profits of open positions included. */
export interface MarginLevel {
  readonly equityUsd: DecimalText;
  readonly maintenanceUsd: DecimalText;
}

const places = 12;

/**
 * Null where no price above zero liquidates, and without a position.
 * @param quantityBase signed: a short is negative
 */
export function crossLiquidationPrice(
  { equityUsd, maintenanceUsd }: MarginLevel,
  quantityBase: DecimalText,
  markPrice: DecimalText,
): DecimalText | null {
  const [equity, maintenance, quantity, mark] = [equityUsd, maintenanceUsd, quantityBase, markPrice].map(decimal);
  if (!equity || !maintenance || !quantity || !mark || quantity.eq(zero)) return null;
  const size = quantity.abs();
  if (quantity.lt(zero)) {
    const price = divide(equity.plus(size.times(mark)), size.plus(divide(maintenance, mark)));
    return toText(maximum(mark, roundTo(price, places, 'down')));
  }
  const price = roundTo(mark.minus(divide(equity.minus(maintenance), size)), places, 'up');
  return price.lte(zero) ? null : toText(minimum(mark, price));
}
