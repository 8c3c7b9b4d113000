/**
 * Request pacing in place of ccxt's throttler, which does not count idle time: with it every request waits for
 * the cost of the one before, however long ago that was (200 ms for an order at binanceusdm).
 */

export interface Pace {
  /** Refill, in ccxt's cost units a second. */
  readonly unitsPerSecond: number;
  /** Units that may be spent at once after a pause. */
  readonly burstUnits: number;
  /** Of these so many are left for requests that are urgent (above 0). None unless given. */
  readonly reservedUnits?: number;
}

export interface Waiting {
  /** Nobody waits for it any more once this aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Among those that wait the highest goes first, and of equal ones who came first. 0 unless given. */
  readonly urgency?: number | undefined;
  /** Throws when its turn has come too late for it. */
  readonly check?: (() => void) | undefined;
}

/** Resolves when a request of `cost` units may go. */
export type Pacer = (cost?: number, waiting?: Waiting) => Promise<void>;

interface Turn {
  readonly cost: number;
  readonly urgency: number;
  readonly check: () => void;
  readonly go: () => void;
  readonly giveUp: (reason: unknown) => void;
}

/**
 * One whose signal aborts before its turn, or whose turn comes too late, rejects and spends nothing: paid for, requests
 * that nobody waits for any more would keep those behind them waiting beyond their own deadlines, for ever.
 */
export function createPacer(pace: Pace, nowMs: () => number = () => performance.now()): Pacer {
  let units = pace.burstUnits;
  let countedAtMs = nowMs();
  /** The next one first. */
  const turns: Turn[] = [];
  let isServing = false;
  let wake = (): void => undefined;

  function waitMsFor({ cost, urgency }: Turn): number {
    const now = nowMs();
    units = Math.min(units + ((now - countedAtMs) / 1_000) * pace.unitsPerSecond, pace.burstUnits);
    countedAtMs = now;
    const reserved = urgency > 0 ? 0 : (pace.reservedUnits ?? 0);
    const missing = Math.min(cost + reserved, pace.burstUnits) - units;
    return missing <= 0 ? 0 : Math.ceil((missing / pace.unitsPerSecond) * 1_000);
  }

  /** One at a time; a more urgent one may come first while it waits. */
  async function serve(): Promise<void> {
    for (let turn = turns[0]; turn !== undefined; turn = turns[0]) {
      const waitMs = waitMsFor(turn);
      if (waitMs > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, waitMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        continue;
      }
      turns.shift();
      try {
        turn.check();
      } catch (error) {
        turn.giveUp(error);
        continue;
      }
      units -= turn.cost;
      turn.go();
    }
    isServing = false;
  }

  function enter(turn: Turn): void {
    const later = turns.findIndex(({ urgency }) => urgency < turn.urgency);
    turns.splice(later === -1 ? turns.length : later, 0, turn);
    if (isServing) {
      // It may have its turn at once, of what is reserved.
      if (turns[0] === turn) wake();
      return;
    }
    isServing = true;
    void serve();
  }

  return (cost = 1, { signal, urgency = 0, check = () => undefined } = {}) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = (): void => {
        const place = turns.indexOf(turn);
        if (place !== -1) turns.splice(place, 1);
        reject(signal?.reason);
      };
      const settled = (): void => signal?.removeEventListener('abort', onAbort);
      const turn: Turn = {
        cost,
        urgency,
        check,
        go() {
          settled();
          resolve();
        },
        giveUp(reason) {
          settled();
          reject(reason);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      enter(turn);
    });
}
