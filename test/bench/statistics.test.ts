/** Percentiles by nearest rank, worked out by hand. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { distribution, percentile } from '../../bench/statistics.ts';

describe('percentiles', () => {
  test('of ten samples, in whatever order they come', () => {
    const samples = [70, 10, 90, 30, 50, 100, 20, 60, 80, 40];
    assert.equal(percentile(samples, 0.5), 50);
    assert.equal(percentile(samples, 0.9), 90);
    // 0.99 of ten samples is 9.9 of them: all ten.
    assert.equal(percentile(samples, 0.99), 100);
    assert.equal(percentile(samples, 1), 100);
    assert.equal(samples[0], 70, 'the samples are left as they were');
  });

  test('numbers are compared, not their texts', () => {
    assert.equal(percentile([9, 100, 20], 0.5), 20);
  });

  test('one slow run in two hundred is the maximum and not p99', () => {
    const samples = [...Array.from({ length: 199 }, () => 20), 500];
    assert.deepEqual(distribution(samples), { p50Ms: 20, p90Ms: 20, p99Ms: 20, maxMs: 500 });
  });

  test('figures are rounded to a tenth of a millisecond', () => {
    assert.deepEqual(distribution([1.26, 1.24]), { p50Ms: 1.2, p90Ms: 1.3, p99Ms: 1.3, maxMs: 1.3 });
  });

  test('no samples have no percentile', () => {
    assert.throws(() => percentile([], 0.5), /no samples/);
  });
});
