import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { isHeadline } from '../../src/metrics/ratio.ts';
import { sharpe } from '../../src/metrics/sharpe.ts';
import { days, isNear } from './support/marks.ts';

const returns = fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 2, maxLength: 60 });

describe('the Sharpe ratio', () => {
  test('of 1, 2 and 3 per mille is 2 · √365: the mean is 2, the sample deviation 1', () => {
    const ratio = sharpe(days(0.001, 0.002, 0.003), 0);
    assert.ok(isNear(ratio.value, 38.2099463490856), String(ratio.value));
    assert.deepEqual([ratio.days, ratio.n], [3, 3]);
    assert.equal(isHeadline(ratio), false, 'three days are no headline');
    assert.equal(isHeadline(sharpe(days(...Array.from({ length: 30 }, (_, day) => day / 1e4)), 0)), true);
  });

  test('is over what money earns without risk: 36.5 % a year are 1 per mille a day', () => {
    assert.ok(isNear(sharpe(days(0.001, 0.002, 0.003), 0.365).value, 38.2099463490856 / 2));
  });

  test('is not defined without a spread, or for a day alone', () => {
    assert.equal(sharpe(days(0.0003, 0.0003, 0.0003), 0).value, null);
    assert.equal(sharpe(days(0, 0), 0).value, null);
    assert.deepEqual(sharpe(days(0.01), 0), { value: null, days: 1, n: 1 });
    assert.deepEqual(sharpe([], 0), { value: null, days: 0, n: 0 });
  });

  test('property: losing what was gained swaps its sign; a larger stake changes nothing', () => {
    fc.assert(
      fc.property(returns, fc.integer({ min: 2, max: 9 }), (bps, times) => {
        const of = (factor: number) => sharpe(days(...bps.map((value) => (value * factor) / 1e4)), 0).value;
        const [value, lost, larger] = [of(1), of(-1), of(times)];
        if (value === null) assert.deepEqual([lost, larger], [null, null]);
        else assert.ok(isNear(lost, -value, 1e-6) && isNear(larger, value, 1e-6), `${value} ${lost} ${larger}`);
      }),
    );
  });
});
