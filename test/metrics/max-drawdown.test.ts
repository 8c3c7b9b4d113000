import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { equityCurve } from '../../src/metrics/equity-curve.ts';
import { drawdowns, maxDrawdown } from '../../src/metrics/max-drawdown.ts';
import { dailyCurve, isNear, markAt } from './support/marks.ts';

describe('the drawdown', () => {
  test('is measured from the highest before: 1.25 → 1.00 is deeper than 1.10 → 0.95', () => {
    const curve = dailyCurve(1, 1.1, 0.95, 1.25, 1.05, 1, 1.2);
    assert.ok(isNear(maxDrawdown(curve).value, -0.2));
    assert.deepEqual([maxDrawdown(curve).days, maxDrawdown(curve).n], [6, 7]);
    assert.deepEqual(
      drawdowns(curve).map(({ value }) => value.toFixed(4)),
      ['0.0000', '0.0000', '-0.1364', '0.0000', '-0.1600', '-0.2000', '-0.0400'],
    );
  });

  test('is none while it only rises, and takes no withdrawal for a loss', () => {
    assert.equal(maxDrawdown(dailyCurve(1, 1.1, 1.1, 1.2)).value, 0);
    const emptied = equityCurve([markAt(0, '1000'), markAt(1, '1001'), markAt(2, '301', '300')]);
    assert.equal(maxDrawdown(emptied).value, 0);
  });

  test('property: never positive, never under −1, and the same on any scale', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 2, maxLength: 50 }), (values) => {
        const value = maxDrawdown(dailyCurve(...values)).value;
        assert.ok(value !== null && value <= 0 && value > -1);
        assert.ok(isNear(maxDrawdown(dailyCurve(...values.map((one) => one * 7))).value, value, 1e-9));
        // The worst of all pairs, the later after the earlier.
        const pairs = values.flatMap((high, from) => values.slice(from).map((low) => low / high - 1));
        assert.ok(isNear(value, Math.min(0, ...pairs), 1e-9));
      }),
    );
  });
});
