/** How much wilder a pair's basis is than it is used to be: the multiplier of its risk score. */
import { hourlyChanges, type BasisPoint } from './correlation.ts';
import { median, standardDeviation } from './statistics.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
export const volatilityWindowMs = 30 * dayMs;
const leastHistoryMs = 7 * dayMs;
/** Of a day's 24 changes, those that must be known. */
const leastChanges = 12;

/**
 * clamp(sd of hourly ΔB over 24 h / median of that over 30 days, 0.5, 3); 1 with less than seven days.
 * @param points of one pair
 */
export function volatilityMultiplier(points: readonly BasisPoint[], nowMarketMs: number): number {
  const kept = points.filter(({ hourMs: atMs }) => atMs > nowMarketMs - volatilityWindowMs);
  const times = kept.map((point) => point.hourMs);
  if (times.length === 0 || nowMarketMs - Math.min(...times) < leastHistoryMs) return 1;
  const changes = hourlyChanges(kept);
  const latest = dayDeviation(changes, nowMarketMs);
  const days = Array.from({ length: 30 }, (_, day) => dayDeviation(changes, nowMarketMs - day * dayMs));
  const usual = median(days.filter((deviation) => deviation !== null));
  if (latest === null || !(usual > 0)) return 1;
  return Math.min(3, Math.max(0.5, latest / usual));
}

/** Null where too few hours of the day are known. */
function dayDeviation(changes: ReadonlyMap<number, number>, endsAtMs: number): number | null {
  const ofDay = [...changes]
    .filter(([atMs]) => atMs > endsAtMs - dayMs && atMs <= endsAtMs)
    .map(([, change]) => change);
  return ofDay.length < leastChanges ? null : standardDeviation(ofDay);
}
