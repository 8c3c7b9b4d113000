/** What a liquidation costs beyond its fills: the exchange's fee, less what its insurance fund made good. */
import { decimal, divide, sum, zero, type Decimal, type DecimalText } from '../decimal.ts';
import type { VenueFill } from '../fill.ts';

/** Natural key: account, charge id. */
export interface LiquidationCharge {
  readonly chargeId: string;
  /** Null where the venue books it on the whole account. */
  readonly symbol: string | null;
  /** Signed for us: negative paid. */
  readonly amount: DecimalText;
  readonly currency: string;
  /** Market time. */
  readonly chargedAtMs: number;
}

/** A fill that the venue made by itself, with the position that it shrank. */
export interface VenueMadeFill extends Pick<VenueFill, 'symbol' | 'quantityBase' | 'price' | 'executedAtMs'> {
  readonly positionKey: string;
}

/** A charge is booked with the fills that it is for; market time. */
export const chargedWithinMs = 60_000;
/** Shares are cut to this many places; the last takes what is left, so that they add up exactly. */
const sharePlaces = 12;

/**
 * Splits a charge over the positions whose fills it came with, pro rata of their value. The shares add up to it exactly;
 * without any such fill it is no position's, and there are none.
 * @param fills those of the account that no order of ours made
 */
export function chargeShares(charge: LiquidationCharge, fills: readonly VenueMadeFill[]): ReadonlyMap<string, Decimal> {
  const struck = fills.filter(
    ({ symbol, executedAtMs }) =>
      settlesIn(symbol, charge.currency) &&
      (charge.symbol === null || charge.symbol === symbol) &&
      Math.abs(executedAtMs - charge.chargedAtMs) <= chargedWithinMs,
  );
  const values = new Map<string, Decimal>();
  for (const { positionKey, quantityBase, price } of struck) {
    const value = decimal(quantityBase).times(decimal(price));
    values.set(positionKey, (values.get(positionKey) ?? zero).plus(value));
  }
  const total = sum(values.values());
  const whole = decimal(charge.amount);
  const shares = new Map<string, Decimal>();
  let left = whole;
  const holders = [...values].sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [index, [key, value]] of holders.entries()) {
    const share = index === holders.length - 1 ? left : divide(whole.times(value), total, sharePlaces, 'down');
    shares.set(key, share);
    left = left.minus(share);
  }
  return shares;
}

function settlesIn(symbol: string, currency: string): boolean {
  return symbol.split(':')[1] === currency;
}
