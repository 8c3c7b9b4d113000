/** From when on rows of a history are kept: the earliest time that was asked for within the last day. */
export interface Horizon {
  /** @param sinceMs market time */
  asked(sinceMs: number): void;
  /** Market time; Infinity while nothing was asked for. */
  fromMs(): number;
}

const hourMs = 3_600_000;
const keptHours = 24;

/** @param nowMs wall time, of any origin */
export function createHorizon(nowMs: () => number): Horizon {
  /** By the hour of wall time. */
  const earliest = new Map<number, number>();
  return {
    asked(sinceMs) {
      const hour = Math.floor(nowMs() / hourMs);
      earliest.set(hour, Math.min(earliest.get(hour) ?? Infinity, sinceMs));
      for (const past of earliest.keys()) if (past < hour - keptHours) earliest.delete(past);
    },
    fromMs: () => Math.min(...earliest.values()),
  };
}
