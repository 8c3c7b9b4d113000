/** Funding settlement times between two market times. */
const hourMs = 3_600_000;

/**
 * Settlements τ with `afterMs` < τ ≤ `untilMs`: a position opened exactly at a settlement is not charged by it, one
 * closed exactly at it is.
 * @param intervalHours settlements fall on multiples of it from midnight UTC
 */
export function settlementTimes(afterMs: number, untilMs: number, intervalHours: number): number[] {
  const intervalMs = intervalHours * hourMs;
  const times: number[] = [];
  for (let atMs = (Math.floor(afterMs / intervalMs) + 1) * intervalMs; atMs <= untilMs; atMs += intervalMs)
    times.push(atMs);
  return times;
}
