/** Where a pair's basis is at home: the level that a gap is measured from, with `centre: median`. */
import { decimal, divide, roundTo, toText, type DecimalText } from '../decimal.ts';
import type { BasisPoint } from './correlation.ts';

export const centreWindowMs = 168 * 3_600_000;
/** With fewer hours of the window the centre is not known. */
export const leastCentrePoints = 72;
const places = 8;

/**
 * m: the median of the hourly mid bases of the last 168 hours, in bps; null with fewer than 72 of them.
 * @param points of one pair, each hour once
 */
export function medianBasisBps(points: readonly BasisPoint[], nowMarketMs: number): DecimalText | null {
  const bases = points
    .filter(({ hourMs }) => hourMs > nowMarketMs - centreWindowMs && hourMs <= nowMarketMs)
    .map(({ midBasisBps }) => decimal(midBasisBps))
    .toSorted((first, second) => first.cmp(second));
  const upper = bases[Math.floor(bases.length / 2)];
  const lower = bases[Math.ceil(bases.length / 2) - 1];
  if (bases.length < leastCentrePoints || upper === undefined || lower === undefined) return null;
  return toText(roundTo(divide(lower.plus(upper), decimal('2')), places, 'half_even'));
}
