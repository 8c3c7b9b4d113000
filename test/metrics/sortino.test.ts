import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { sharpe } from '../../src/metrics/sharpe.ts';
import { sortino } from '../../src/metrics/sortino.ts';
import { days, isNear } from './support/marks.ts';

describe('the Sortino ratio', () => {
  test('takes the losses over all days: 2 % and −1 %, and two days of nothing', () => {
    // Mean 0.0025; √(0.0001 / 4) = 0.005; 0.5 · √365.
    const ratio = sortino(days(0.02, -0.01, 0, 0), 0);
    assert.ok(isNear(ratio.value, 9.5524865872714), String(ratio.value));
    assert.deepEqual([ratio.days, ratio.n], [4, 4]);
  });

  test('is not defined without a loss', () => {
    assert.equal(sortino(days(0.01, 0.02), 0).value, null);
    assert.equal(sortino(days(-0.01), 0).value, null);
  });

  test('property: it has the sign of the Sharpe ratio, and more gain on the best day never lowers it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 2, maxLength: 60 }), (bps) => {
        const values = bps.map((value) => value / 1e4);
        const [ratio, other] = [sortino(days(...values), 0).value, sharpe(days(...values), 0).value];
        if (ratio === null) return assert.ok(values.every((value) => value >= 0));
        if (other !== null && Math.abs(other) > 1e-9) assert.equal(Math.sign(ratio), Math.sign(other));
        const best = values.indexOf(Math.max(...values));
        const better = sortino(
          days(...values.map((value, day) => (day === best ? Math.max(value, 0) + 0.01 : value))),
          0,
        );
        assert.ok(better.value === null || better.value > ratio);
      }),
    );
  });
});
