/** Compounding in decimals: exact where it can be checked exactly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compounded, power } from '../../src/domain/compound.ts';
import { approximate, decimal } from '../../src/domain/decimal.ts';

test('whole powers come out exactly', () => {
  assert.equal(power(decimal('1.1'), decimal('10')).toFixed(), '2.5937424601');
  assert.equal(power(decimal('0.5'), decimal('3')).toFixed(), '0.125');
  assert.equal(power(decimal('4'), decimal('0.5')).toFixed(), '2');
  assert.equal(power(decimal('7'), decimal('0')).toFixed(), '1');
});

test('1 % a week is 68.0 % over 365 days: 52 weeks and one day', () => {
  // 1.01^(365/7): 52 weeks give 1.01^52 = 1.67768892; the day left, 1.01^(1/7) = 1.00142249; together 1.68007541.
  assert.equal(compounded(decimal('0.01'), decimal('365').div(decimal('7'))).toFixed(8), '0.68007541');
});

test('a loss of everything stays a loss of everything', () => {
  assert.equal(compounded(decimal('-1'), decimal('52')).toFixed(), '-1');
  assert.equal(compounded(decimal('-1.5'), decimal('52')).toFixed(), '-1');
  assert.throws(() => power(decimal('0'), decimal('2')), RangeError);
});

test('property: agrees with floating point to its precision', () => {
  const base = fc.integer({ min: 1, max: 5_000_000 });
  const exponent = fc.integer({ min: -60_000, max: 60_000 });
  fc.assert(
    fc.property(base, exponent, (millionths, thousandths) => {
      const expected = Math.pow(millionths / 1e6, thousandths / 1e3);
      fc.pre(expected > 1e-8 && expected < 1e12);
      const found = approximate(power(decimal(`${millionths}e-6`), decimal(`${thousandths}e-3`)));
      assert.ok(Math.abs(found - expected) <= 1e-10 * expected + 1e-22, `${found} and ${expected}`);
    }),
    { numRuns: 60 },
  );
});
