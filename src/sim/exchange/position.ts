/** Arithmetic of a linear position: average entry, realised profit, liquidation price. Pure. */
import type { Decimal } from '../../domain/decimal.ts';
import { decimal, divide, minimum, one, roundTo, zero } from '../../domain/decimal.ts';
import type { MarginBracket } from './instruments.ts';

/** Places to which the venues round money. */
export const moneyPlaces = 8;

export interface PositionChange {
  readonly quantity: Decimal;
  readonly entryNotional: Decimal;
  /** Profit of the part that closed: rounded to `moneyPlaces`, unless it was the last. */
  readonly realised: Decimal;
}

/**
 * A position after a fill of `signedQuantity` (buys positive) at `price`.
 * Closing releases its share of the entry notional, and the profit is rounded to `moneyPlaces`. What rounding leaves
 * stays in the position; when nothing stays, the profit is exact. So nothing is lost.
 */
export function positionAfterFill(
  quantity: Decimal,
  entryNotional: Decimal,
  signedQuantity: Decimal,
  price: Decimal,
): PositionChange {
  const grows = quantity.eq(zero) || quantity.gt(zero) === signedQuantity.gt(zero);
  if (grows) {
    return {
      quantity: quantity.plus(signedQuantity),
      entryNotional: entryNotional.plus(signedQuantity.times(price)),
      realised: zero,
    };
  }
  const closed = minimum(quantity.abs(), signedQuantity.abs());
  const closesAll = closed.eq(quantity.abs());
  const value = (quantity.gt(zero) ? closed : closed.neg()).times(price);
  const after = quantity.plus(signedQuantity);
  if (closesAll) {
    return { quantity: after, entryNotional: after.times(price), realised: value.minus(entryNotional) };
  }
  const released = roundTo(divide(entryNotional.times(closed), quantity.abs()), moneyPlaces, 'half_up');
  const realised = roundTo(value.minus(released), moneyPlaces, 'half_up');
  return { quantity: after, entryNotional: entryNotional.minus(value.minus(realised)), realised };
}

/** The tier that holds a notional; the last one above every cap. */
export function bracketOf(brackets: readonly MarginBracket[], notional: Decimal): MarginBracket {
  const found = brackets.find((bracket) => notional.lt(bracket.notionalCap)) ?? brackets.at(-1);
  if (found === undefined) throw new Error('an instrument without margin brackets holds no position');
  return found;
}

/** Ratio · notional − cumulative, of the tier that holds the notional. */
export function maintenanceMargin(brackets: readonly MarginBracket[], notional: Decimal): Decimal {
  if (notional.eq(zero)) return zero;
  const bracket = bracketOf(brackets, notional);
  return notional.times(bracket.maintenanceRatio).minus(bracket.cumulative);
}

/**
 * The mark price at which the margin left equals the maintenance margin:
 * (M − d·Q·P₀ + cum) / (Q·(mmr − d)), in the tier that holds Q times that price. Zero when no positive price does.
 * Rounded away from the present price, so that it liquidates: down for a long, up for a short.
 * @param margin M: wallet after everything but this position (other positions' unrealised profit added, their maintenance margin taken off)
 */
export function liquidationPrice(
  brackets: readonly MarginBracket[],
  quantity: Decimal,
  entryNotional: Decimal,
  margin: Decimal,
): Decimal {
  const direction = quantity.gt(zero) ? one : one.neg();
  const size = quantity.abs();
  for (const bracket of brackets) {
    const numerator = margin.minus(entryNotional).plus(bracket.cumulative);
    const price = divide(numerator, size.times(bracket.maintenanceRatio.minus(direction)));
    if (price.lte(zero)) continue;
    if (bracketOf(brackets, size.times(price)) === bracket) {
      return roundTo(price, moneyPlaces, quantity.gt(zero) ? 'down' : 'up');
    }
  }
  return zero;
}

/** Fee of a fill, in the currency of `amount`. */
export function feeOf(amount: Decimal, feeBps: Decimal, rounding: 'half_up' | 'down'): Decimal {
  return roundTo(amount.times(feeBps).times(decimal('0.0001')), moneyPlaces, rounding);
}

export function unrealised(quantity: Decimal, entryNotional: Decimal, markPrice: Decimal): Decimal {
  return quantity.times(markPrice).minus(entryNotional);
}
