/**
 * Two clocks. Wall time is the machine's; market time is the tape's in the demo and equals wall time everywhere else.
 * The anchor ties them: made once per home, passed in every workflow's input, never re-anchored.
 */
export interface ClockAnchor {
  /** Wall epoch milliseconds at which market time was `marketMs`. */
  readonly wallMs: number;
  readonly marketMs: number;
  /** Market seconds in a wall second: 1 everywhere except demo and tests. */
  readonly scale: number;
  /** Market time at which the tape ends; null on a live market. */
  readonly tapeEndMs: number | null;
}

/** Market time of a wall time. It stands still after the tape's end, and before the anchor. */
export function marketTimeMs(anchor: ClockAnchor, wallMs: number): number {
  const elapsed = Math.max(0, wallMs - anchor.wallMs);
  const market = anchor.marketMs + Math.floor(elapsed * anchor.scale);
  return anchor.tapeEndMs === null ? market : Math.min(market, anchor.tapeEndMs);
}

/** Wall time at which market time was that. */
export function wallTimeMs(anchor: ClockAnchor, marketMs: number): number {
  return anchor.wallMs + Math.ceil((marketMs - anchor.marketMs) / anchor.scale);
}

/** Wall duration of a market duration, in milliseconds. */
export function wallDurationMs(anchor: ClockAnchor, marketDurationMs: number): number {
  return Math.ceil(marketDurationMs / anchor.scale);
}

export function tapeHasEnded(anchor: ClockAnchor, wallMs: number): boolean {
  return anchor.tapeEndMs !== null && marketTimeMs(anchor, wallMs) >= anchor.tapeEndMs;
}
