/** A pause that ends early when somebody rings. One who rings while nobody pauses ends the next pause: no ring is lost. */
export interface Bell {
  readonly ring: () => void;
  /** Until the time is over or the bell rings; at once when everything has ended. */
  readonly pause: (durationMs: number) => Promise<void>;
}

/** @param wait waits for a time of the wall, or until its signal aborts */
export function createBell(wait: (durationMs: number, signal: AbortSignal) => Promise<void>, ended: AbortSignal): Bell {
  let rung = new AbortController();
  const ring = (): void => rung.abort();
  ended.addEventListener('abort', ring, { once: true });
  if (ended.aborted) ring();
  return {
    ring,
    async pause(durationMs) {
      await wait(durationMs, rung.signal);
      if (!ended.aborted) rung = new AbortController();
    },
  };
}
