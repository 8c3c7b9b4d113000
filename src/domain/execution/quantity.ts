/** Order quantities: what to send so that a leg changes by a wanted amount, after lots, minimums and fees. */
import { ceilToStep, decimal, divide, floorToStep, maximum, one, zero, type Decimal } from '../decimal.ts';
import { feeIsTakenFromBase, takerFeeFraction } from '../fees.ts';
import type { OrderSide } from '../order.ts';
import type { LegPlan } from '../position.ts';

/**
 * Base quantity to send so that the holding changes by `changeBase`.
 *
 * Where the venue takes the fee out of the coin bought, a buy is grossed up to change / (1 − fee), rounded up to the
 * lot; every other order is rounded down to it. Zero when the result is below what the venue accepts: that is dust.
 */
export function orderQuantity(leg: LegPlan, side: OrderSide, changeBase: Decimal, price: Decimal): Decimal {
  if (changeBase.lte(zero)) return zero;
  const step = decimal(leg.instrument.quantityStep);
  const feeFraction = decimal(leg.takerFeeBps).times(decimal('0.0001'));
  const quantity =
    side === 'buy' && leg.instrument.feeCurrency === 'received' && leg.instrument.kind === 'spot'
      ? ceilToStep(divide(changeBase, one.minus(feeFraction)), step)
      : floorToStep(changeBase, step);
  return isTradable(leg, quantity, price) ? quantity : zero;
}

/**
 * Base quantity to buy so that a debt is paid back whole: grossed up for a fee in the coin, rounded up to the lot, and
 * to the smallest order there is. What is left of a debt would be charged for without end; what is bought over is dust.
 */
export function repayQuantity(leg: LegPlan, side: OrderSide, owedBase: Decimal, price: Decimal): Decimal {
  if (owedBase.lte(zero)) return zero;
  const share = feeIsTakenFromBase(leg, side) ? one.minus(takerFeeFraction(leg)) : one;
  const quantity = ceilToStep(divide(owedBase, share), decimal(leg.instrument.quantityStep));
  return maximum(quantity, leastOrder(leg, price));
}

/** Whether the venue accepts an order of this size at this price. */
export function isTradable(leg: LegPlan, quantityBase: Decimal, price: Decimal): boolean {
  return (
    quantityBase.gt(zero) &&
    quantityBase.gte(decimal(leg.instrument.minimumQuantity)) &&
    quantityBase.times(price).gte(decimal(leg.instrument.minimumNotional))
  );
}

/** The smallest order that the venue accepts at this price, in base units; a multiple of its lot. */
export function leastOrder(leg: LegPlan, price: Decimal): Decimal {
  const { minimumQuantity, minimumNotional, quantityStep } = leg.instrument;
  const step = decimal(quantityStep);
  const wanted = maximum(decimal(minimumQuantity), divide(decimal(minimumNotional), price));
  return maximum(step, ceilToStep(wanted, step));
}

/** The coarser lot of two legs: sizes are multiples of it, and legs that differ by no more than it are equal. */
export function coarserLot(spot: LegPlan, perp: LegPlan): Decimal {
  return maximum(decimal(spot.instrument.quantityStep), decimal(perp.instrument.quantityStep));
}
