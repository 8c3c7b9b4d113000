/**
 * Request pacing in place of ccxt's throttler, which does not count idle time: with it every request waits for
 * the cost of the one before, however long ago that was (200 ms for an order at binanceusdm).
 */

export interface Pace {
  /** Refill, in ccxt's cost units a second. */
  readonly unitsPerSecond: number;
  /** Units that may be spent at once after a pause. */
  readonly burstUnits: number;
}

/** First come, first served. The returned function resolves when a request of `cost` units may go. */
export function createPacer(
  pace: Pace,
  nowMs: () => number = () => performance.now(),
): (cost?: number) => Promise<void> {
  let units = pace.burstUnits;
  let countedAtMs = nowMs();
  let tail = Promise.resolve();

  function waitMsFor(cost: number): number {
    const now = nowMs();
    units = Math.min(units + ((now - countedAtMs) / 1_000) * pace.unitsPerSecond, pace.burstUnits);
    countedAtMs = now;
    const missing = Math.min(cost, pace.burstUnits) - units;
    return missing <= 0 ? 0 : Math.ceil((missing / pace.unitsPerSecond) * 1_000);
  }

  async function take(cost: number): Promise<void> {
    for (let waitMs = waitMsFor(cost); waitMs > 0; waitMs = waitMsFor(cost)) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    units -= cost;
  }

  return (cost = 1) => {
    tail = tail.then(() => take(cost));
    return tail;
  };
}
