/**
 * Drawdown of a book's equity from its high-water mark, net of what was put in or taken out: the profit that was given
 * back since the peak, over what the peak would be worth with the deposits of today.
 */
import { decimal, divide, maximum, toText, roundTo, zero, type DecimalText } from '../decimal.ts';

/** Equity, and of it what came from outside, at prices of that moment. */
export interface EquitySeen {
  readonly equityUsd: DecimalText;
  readonly transferredUsd: DecimalText;
}

export interface Drawdown {
  readonly peak: EquitySeen;
  /** In percent, never negative. */
  readonly drawdownPct: DecimalText;
}

/** @param peak null at first, and after a person has reset it */
export function nextDrawdown(peak: EquitySeen | null, seen: EquitySeen): Drawdown {
  const profit = profitUsd(seen);
  if (peak === null || profit.gte(profitUsd(peak))) return { peak: seen, drawdownPct: '0' };
  const deposited = decimal(seen.transferredUsd).minus(decimal(peak.transferredUsd));
  const base = decimal(peak.equityUsd).plus(deposited);
  if (base.lte(zero)) return { peak, drawdownPct: '100' };
  const lost = profitUsd(peak).minus(profit).times(decimal('100'));
  return { peak, drawdownPct: toText(roundTo(maximum(zero, divide(lost, base)), 8, 'half_even')) };
}

function profitUsd({ equityUsd, transferredUsd }: EquitySeen) {
  return decimal(equityUsd).minus(decimal(transferredUsd));
}
