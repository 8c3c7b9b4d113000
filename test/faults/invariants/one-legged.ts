/** How long positions had one leg alone: percentiles, and how many lasted how long. */
import { percentile } from '../../../bench/statistics.ts';
import { oneLeggedBoundMs, type OneLegged } from './invariants.ts';

/** Wall time. */
export interface Distribution {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Positions whose longest time with one leg was over the bucket before and at most this. */
export interface Bucket {
  /** Null: longer than any. */
  readonly upToMs: number | null;
  readonly count: number;
  /** Counted without the time in which something did not serve. */
  readonly servedCount: number;
}

export interface OneLeggedFigures {
  /** Positions that ever had one leg alone. */
  readonly oneLegged: number;
  readonly oneLeggedMs: Distribution;
  /** Without the time in which something did not serve. */
  readonly oneLeggedServedMs: Distribution;
  readonly oneLeggedBuckets: readonly Bucket[];
}

const boundsMs = [50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 20_000, oneLeggedBoundMs];

export function oneLeggedFigures(spans: readonly OneLegged[]): OneLeggedFigures {
  const lasted = spans.map(({ lastedMs }) => lastedMs);
  const served = spans.map(({ lastedMs, downMs }) => lastedMs - downMs);
  return {
    oneLegged: spans.length,
    oneLeggedMs: distribution(lasted),
    oneLeggedServedMs: distribution(served),
    oneLeggedBuckets: [...boundsMs, null].map((upToMs, index) => {
      const overMs = boundsMs[index - 1] ?? -Infinity;
      const isIn = (ms: number): boolean => ms > overMs && ms <= (upToMs ?? Infinity);
      return { upToMs, count: lasted.filter(isIn).length, servedCount: served.filter(isIn).length };
    }),
  };
}

function distribution(samples: readonly number[]): Distribution {
  const of = (fraction: number): number => (samples.length === 0 ? 0 : Math.round(percentile(samples, fraction)));
  return { p50: of(0.5), p90: of(0.9), p99: of(0.99), max: of(1) };
}

const barColumns = 30;

/** A table of two columns of counts, with bars of the first. */
export function oneLeggedText({
  oneLegged,
  oneLeggedMs,
  oneLeggedServedMs,
  oneLeggedBuckets,
}: OneLeggedFigures): string[] {
  const row = (name: string, distributed: Distribution): string =>
    `${name}: p50 ${distributed.p50} ms, p90 ${distributed.p90} ms, p99 ${distributed.p99} ms, at most ${distributed.max} ms`;
  const most = Math.max(1, ...oneLeggedBuckets.map(({ count }) => count));
  return [
    `one leg alone in ${oneLegged} of them, at most ${oneLeggedBoundMs} ms allowed without outages`,
    row('  with outages', oneLeggedMs),
    row('  without', oneLeggedServedMs),
    '  lasted          with   without',
    ...oneLeggedBuckets.map(({ upToMs, count, servedCount }) => {
      const name = upToMs === null ? 'longer' : `up to ${upToMs} ms`;
      const bar = '#'.repeat(Math.ceil((count / most) * barColumns));
      return `  ${name.padEnd(14)}${String(count).padStart(6)}${String(servedCount).padStart(10)}  ${bar}`.trimEnd();
    }),
  ];
}
