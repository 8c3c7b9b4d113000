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

/**
 * First come, first served. The returned function resolves when a request of `cost` units may go. One whose signal
 * aborts before its turn rejects and spends nothing: paid for, requests that nobody waits for any more would keep those
 * behind them waiting beyond their own deadlines, for ever.
 */
export function createPacer(
  pace: Pace,
  nowMs: () => number = () => performance.now(),
): (cost?: number, signal?: AbortSignal) => Promise<void> {
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

  async function take(cost: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    for (let waitMs = waitMsFor(cost); waitMs > 0; waitMs = waitMsFor(cost)) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      signal?.throwIfAborted();
    }
    units -= cost;
  }

  return (cost = 1, signal) => {
    const turn = tail.then(() => take(cost, signal));
    tail = turn.catch(() => undefined);
    return turn;
  };
}
