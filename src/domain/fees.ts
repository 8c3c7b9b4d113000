/** Fees as fractions and amounts. A rate in bps is of the fill's notional; a positive amount is paid. */
import { decimal, divide, maximum, one, zero, type Decimal, type DecimalText } from './decimal.ts';
import type { VenueFill } from './fill.ts';
import type { OrderSide } from './order.ts';
import type { LegPlan } from './position.ts';

const bpsInUnit = decimal('0.0001');

/** 20 bps → 0.0020. */
export function fractionOfBps(bps: Decimal): Decimal {
  return bps.times(bpsInUnit);
}

export function takerFeeFraction(leg: { readonly takerFeeBps: DecimalText }): Decimal {
  return fractionOfBps(decimal(leg.takerFeeBps));
}

/** All four fees of a position, each leg in and out as a taker, as a fraction of its spot notional. */
export function fourFeesFraction(
  spot: { readonly takerFeeBps: DecimalText },
  perp: { readonly takerFeeBps: DecimalText },
): Decimal {
  return takerFeeFraction(spot).plus(takerFeeFraction(perp)).times(decimal('2'));
}

/** Whether an order of this side on this leg pays its fee out of the base coin that it receives. */
export function feeIsTakenFromBase(leg: LegPlan, side: OrderSide): boolean {
  return leg.instrument.kind === 'spot' && leg.instrument.feeCurrency === 'received' && side === 'buy';
}

/**
 * Taker fee, in quote, of changing the leg's holding by `quantityBase` at `price`.
 * A fee taken from the coin bought is grossed up: receiving Q costs Q/(1 − f), of which Q·f/(1 − f) is the fee.
 */
export function takerFee(leg: LegPlan, side: OrderSide, quantityBase: Decimal, price: Decimal): Decimal {
  const fraction = takerFeeFraction(leg);
  const fee = quantityBase.times(price).times(fraction);
  return feeIsTakenFromBase(leg, side) ? divide(fee, one.minus(fraction)) : fee;
}

/** What an account pays at its venue, of the fill. */
export type FeeRates = Pick<LegPlan, 'takerFeeBps' | 'makerFeeBps'>;

export function feeRates({ takerFeeBps, makerFeeBps }: FeeRates): FeeRates {
  return { takerFeeBps, ...(makerFeeBps === undefined ? {} : { makerFeeBps }) };
}

/**
 * Stands in, in quote, for a fee in a coin that has no price, such as an exchange's own: the account's rate of such a fill.
 * A rebate in such a coin counts as nothing.
 */
export function feeAtRate({ takerFeeBps, makerFeeBps }: FeeRates, fill: VenueFill): Decimal {
  if (decimal(fill.fee).lte(zero)) return zero;
  const bps = decimal(fill.role === 'maker' ? (makerFeeBps ?? takerFeeBps) : takerFeeBps);
  return maximum(zero, decimal(fill.quantityBase).times(decimal(fill.price)).times(fractionOfBps(bps)));
}
