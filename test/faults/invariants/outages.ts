/** When which process, or venue, did not serve: what a position could not have been faster than. Wall time. */

export interface Outage {
  readonly name: string;
  readonly fromMs: number;
  /** Infinity: it is not over. */
  readonly toMs: number;
}

export interface OutageLog {
  down(name: string, atMs: number): void;
  up(name: string, atMs: number): void;
  all(): readonly Outage[];
}

export function outageLog(): OutageLog {
  const over: Outage[] = [];
  const since = new Map<string, number>();
  return {
    down(name, atMs) {
      if (!since.has(name)) since.set(name, atMs);
    },
    up(name, atMs) {
      const fromMs = since.get(name);
      if (fromMs === undefined) return;
      since.delete(name);
      over.push({ name, fromMs, toMs: atMs });
    },
    all: () => [...over, ...[...since].map(([name, fromMs]) => ({ name, fromMs, toMs: Infinity }))],
  };
}

/** How much of a span of time lay inside at least one outage. */
export function overlapMs(outages: readonly Outage[], fromMs: number, toMs: number): number {
  const clipped = outages
    .map((outage) => ({ fromMs: Math.max(fromMs, outage.fromMs), toMs: Math.min(toMs, outage.toMs) }))
    .filter((outage) => outage.toMs > outage.fromMs)
    .sort((left, right) => left.fromMs - right.fromMs);
  let total = 0;
  let coveredToMs = fromMs;
  for (const outage of clipped) {
    total += Math.max(0, outage.toMs - Math.max(coveredToMs, outage.fromMs));
    coveredToMs = Math.max(coveredToMs, outage.toMs);
  }
  return total;
}
