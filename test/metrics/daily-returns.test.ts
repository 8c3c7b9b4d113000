/** Whole UTC days only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dailyReturns } from '../../src/metrics/daily-returns.ts';
import { equityCurve } from '../../src/metrics/equity-curve.ts';
import { totalReturn } from '../../src/metrics/total-return.ts';
import { dayMs, isNear, markAt, startMs } from './support/marks.ts';

const returnsOf = (...marks: [hours: number, equityUsd: string][]) =>
  dailyReturns(equityCurve(marks.map(([hours, equityUsd]) => markAt(hours, equityUsd)))).map(({ dayMs: at, value }) => [
    (at - startMs) / dayMs,
    value.toFixed(6),
  ]);

test('from midnight to midnight, by the nearest mark; the day that began before the marks and the one that is on are none', () => {
  assert.deepEqual(
    returnsOf([14, '900'], [23.9, '990'], [24.01, '1000'], [36, '1100'], [48.02, '1020'], [72, '1009.8'], [80, '2000']),
    [
      [1, '0.020000'],
      [2, '-0.010000'],
    ],
  );
});

test('a day with a gap at its end has no return of its own, and neither has the next', () => {
  assert.deepEqual(returnsOf([0, '1000'], [24, '1010'], [45, '1100'], [51, '1100'], [72, '1200'], [96, '1212']), [
    [0, '0.010000'],
    [3, '0.010000'],
  ]);
});

test('property: of days without a gap they chain to the total return', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 500, max: 2000 }), { minLength: 2, maxLength: 40 }), (values) => {
      const curve = equityCurve(values.map((value, day) => markAt(day * 24, String(value))));
      const returns = dailyReturns(curve);
      assert.equal(returns.length, values.length - 1);
      const chained = returns.reduce((index, { value }) => index * (1 + value), 1);
      assert.ok(isNear(totalReturn(curve).value, chained - 1, 1e-9));
    }),
  );
});
