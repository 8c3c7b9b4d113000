/** Percentiles of measured durations. Floats: these are statistics. */

export interface Distribution {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Nearest rank: the smallest sample that at least `fraction` of all samples do not exceed. @throws without samples */
export function percentile(samples: readonly number[], fraction: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)];
  if (value === undefined) throw new Error('a percentile of no samples');
  return value;
}

/** Milliseconds to a tenth. @throws without samples */
export function distribution(samples: readonly number[]): Distribution {
  return {
    p50Ms: tenth(percentile(samples, 0.5)),
    p90Ms: tenth(percentile(samples, 0.9)),
    p99Ms: tenth(percentile(samples, 0.99)),
    maxMs: tenth(percentile(samples, 1)),
  };
}

function tenth(valueMs: number): number {
  return Math.round(valueMs * 10) / 10;
}
