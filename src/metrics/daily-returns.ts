/** Returns of whole UTC days, the form in which ratios take them. */
import type { CurvePoint } from './equity-curve.ts';
import { dayMs } from './ratio.ts';

export interface DailyReturn {
  /** Epoch milliseconds of the day's beginning. */
  readonly dayMs: number;
  /** As a fraction. */
  readonly value: number;
}

/** A mark this far from midnight still tells what there was at midnight. */
const nearMidnightMs = 2 * 3_600_000;

/**
 * From midnight to midnight, by the mark nearest to each. A day that was not marked about both its ends has no return
 * here (the total return has it): neither the day that is on, nor the first if it began later, nor one in a gap.
 */
export function dailyReturns(curve: readonly CurvePoint[]): DailyReturn[] {
  const midnights = new Map<number, CurvePoint>();
  for (const point of curve) {
    const midnight = Math.round(point.atMs / dayMs) * dayMs;
    const awayMs = Math.abs(point.atMs - midnight);
    const nearest = midnights.get(midnight);
    if (awayMs > nearMidnightMs || (nearest !== undefined && Math.abs(nearest.atMs - midnight) <= awayMs)) continue;
    midnights.set(midnight, point);
  }
  return [...midnights].flatMap(([midnight, open]) => {
    const close = midnights.get(midnight + dayMs);
    if (close === undefined || open.index === 0) return [];
    return [{ dayMs: midnight, value: close.index / open.index - 1 }];
  });
}
