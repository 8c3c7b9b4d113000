/** How long each part of something takes. Wall time. */

export interface Stopwatch {
  readonly all: Readonly<Record<string, number>>;
  /** Of what began when the one before ended. */
  end(phase: string): void;
}

export function stopwatch(): Stopwatch {
  const all: Record<string, number> = {};
  let sinceMs = Date.now();
  return {
    all,
    end(phase) {
      const nowMs = Date.now();
      all[phase] = nowMs - sinceMs;
      sinceMs = nowMs;
    },
  };
}

/** "open 31 s, tail 6 s, …". */
export function secondsOf(phasesMs: Readonly<Record<string, number>>): string {
  return Object.entries(phasesMs)
    .map(([phase, ms]) => `${phase} ${(ms / 1000).toFixed(1)} s`)
    .join(', ');
}
