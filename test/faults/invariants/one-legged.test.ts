/** The distribution of the time with one leg, of ten positions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneLeggedFigures, oneLeggedText } from './one-legged.ts';

const spans = [
  ...Array.from({ length: 6 }, () => ({ lastedMs: 40, downMs: 0 })),
  { lastedMs: 50, downMs: 0 },
  { lastedMs: 700, downMs: 0 },
  { lastedMs: 9_000, downMs: 8_900 },
  { lastedMs: 60_000, downMs: 30_000 },
];

test('percentiles are by nearest rank, with and without what did not serve', () => {
  const { oneLegged, oneLeggedMs, oneLeggedServedMs } = oneLeggedFigures(spans);
  assert.equal(oneLegged, 10);
  assert.deepEqual(oneLeggedMs, { p50: 40, p90: 9_000, p99: 60_000, max: 60_000 });
  // Served: 40 six times, 50, 100, 700, 30,000.
  assert.deepEqual(oneLeggedServedMs, { p50: 40, p90: 700, p99: 30_000, max: 30_000 });
});

test('each position is in one bucket, its upper bound included', () => {
  const { oneLeggedBuckets } = oneLeggedFigures(spans);
  const filled = oneLeggedBuckets.filter(({ count, servedCount }) => count + servedCount > 0);
  assert.deepEqual(filled, [
    { upToMs: 50, count: 7, servedCount: 7 },
    { upToMs: 100, count: 0, servedCount: 1 },
    { upToMs: 1_000, count: 1, servedCount: 1 },
    { upToMs: 10_000, count: 1, servedCount: 0 },
    { upToMs: 43_000, count: 0, servedCount: 1 },
    { upToMs: null, count: 1, servedCount: 0 },
  ]);
});

test('the text has a line for each bucket, also of a run in which nothing was unequal', () => {
  const lines = oneLeggedText(oneLeggedFigures([]));
  assert.equal(lines[0], 'one leg alone in 0 of them, at most 43000 ms allowed without outages');
  assert.equal(lines.length, 4 + 11);
});
