/** Messages that a target may still be sent: so many in any minute, a few of them at once. */

export interface Allowance {
  /** Takes one; false while there is none. */
  take(nowMs: number): boolean;
  /** Until there is one. */
  waitMs(nowMs: number): number;
}

/** What may go at once, before the rest goes evenly over the minute. */
const burst = 3;

/** @param nowMs of a clock that never goes back */
export function createAllowance(perMinute: number, nowMs: number): Allowance {
  const most = Math.min(burst, perMinute);
  // So many over a whole minute, those at once included.
  const intervalMs = 60_000 / Math.max(1, perMinute - most);
  let tokens = most;
  let countedAtMs = nowMs;
  const count = (atMs: number): void => {
    tokens = Math.min(most, tokens + Math.max(0, atMs - countedAtMs) / intervalMs);
    countedAtMs = Math.max(countedAtMs, atMs);
  };
  return {
    take(atMs) {
      count(atMs);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    waitMs(atMs) {
      count(atMs);
      return tokens >= 1 ? 0 : Math.ceil((1 - tokens) * intervalMs);
    },
  };
}
