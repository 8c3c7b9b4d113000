/** The worst price that an order may fill at: its reference, a slippage cap, and the venue's tick. */
import { ceilToStep, floorToStep, one, type Decimal } from './decimal.ts';
import { fractionOfBps } from './fees.ts';
import type { OrderSide } from './order.ts';

/**
 * Limit price of a marketable order. Buys round down to the tick and sells round up, so that rounding can only
 * tighten the cap, never cross it. With a cap under one tick the price may not be marketable: it then does not fill.
 */
export function limitPrice(
  side: OrderSide,
  referencePrice: Decimal,
  slippageBps: Decimal,
  priceTick: Decimal,
): Decimal {
  const bound = slippageBound(side, referencePrice, slippageBps);
  return side === 'buy' ? floorToStep(bound, priceTick) : ceilToStep(bound, priceTick);
}

/** The price beyond which the cap does not let an order fill, before the tick. */
export function slippageBound(side: OrderSide, referencePrice: Decimal, slippageBps: Decimal): Decimal {
  const slippage = fractionOfBps(slippageBps);
  return referencePrice.times(side === 'buy' ? one.plus(slippage) : one.minus(slippage));
}
