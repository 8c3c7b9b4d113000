/** At which mark a cross-margined account is liquidated, of what the venue says of its margin. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossLiquidationPrice } from '../../src/domain/margin/cross-liquidation.ts';
import { decimal, toText, zero } from '../../src/domain/decimal.ts';
import { liquidationPrice, maintenanceMargin } from '../../src/sim/exchange/position.ts';

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

test('it is that of the whole formula for a short, and no further from the mark for a long', () => {
  // One tier of 2 %, entered at 1.05, 3,400 in the wallet: equity and maintenance as a venue would state them.
  const rate = { maintenanceRatio: decimal('0.02'), cumulative: zero, maximumLeverage: 50 };
  const tiers = [{ ...rate, notionalFloor: zero, notionalCap: decimal('1000000000') }];
  for (const [quantityBase, mark] of [
    ['-10000', '1.1'],
    ['-10000', '0.9'],
    ['10000', '1.1'],
    ['10000', '1'],
  ] as const) {
    const quantity = decimal(quantityBase);
    const entryNotional = quantity.times(decimal('1.05'));
    const equity = decimal('3400')
      .plus(quantity.times(decimal(mark)))
      .minus(entryNotional);
    const notional = quantity.abs().times(decimal(mark));
    const stated = { equityUsd: toText(equity), maintenanceUsd: toText(maintenanceMargin(tiers, notional)) };
    const exact = liquidationPrice(tiers, quantity, entryNotional, decimal('3400'));
    const price = decimal(crossLiquidationPrice(stated, quantityBase, mark) ?? assert.fail());
    if (quantity.lt(zero))
      assert.ok(price.minus(exact).abs().lt(decimal('1e-8')), `${price.toFixed()} ${exact.toFixed()}`);
    else assert.ok(price.gte(exact) && price.minus(exact).lt(decimal('0.02')), `${price.toFixed()} ${exact.toFixed()}`);
  }
});
