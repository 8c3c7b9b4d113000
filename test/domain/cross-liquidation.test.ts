/** At which mark a cross-margined account is liquidated, of what the venue says of its margin. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossLiquidationPrice } from '../../src/domain/cross-liquidation.ts';

const level = { equityUsd: '3400', maintenanceUsd: '200' };

test('a short is liquidated above its mark, where what is left of the equity is the grown maintenance margin', () => {
  // (3,400 + 10,000) / (10,000 + 200): it has lost 3,137.25 then, and 262.75 is 2 % of 13,137.25.
  assert.equal(crossLiquidationPrice(level, '-10000', '1'), '1.313725490196');
});

test('a long is liquidated under its mark, at the maintenance margin of today', () => {
  // 1 − (3,400 − 200) / 10,000: a little early, as the margin shrinks with the price.
  assert.equal(crossLiquidationPrice(level, '10000', '1'), '0.68');
});

test('null where no price above zero liquidates', () => {
  assert.equal(crossLiquidationPrice(level, '3200', '1'), null);
  assert.equal(crossLiquidationPrice(level, '3201', '1') === null, false);
  assert.equal(crossLiquidationPrice(level, '0', '1'), null);
});

test('an account under its maintenance margin is liquidated at the mark', () => {
  for (const equityUsd of ['200', '150', '-5']) {
    assert.equal(crossLiquidationPrice({ ...level, equityUsd }, '-10000', '1.02'), '1.02');
    assert.equal(crossLiquidationPrice({ ...level, equityUsd }, '10000', '1.02'), '1.02');
  }
});
