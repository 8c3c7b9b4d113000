/** Whose a liquidation's charge is: theirs whose fills it came with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sum } from '../../src/domain/decimal.ts';
import { chargeShares, type LiquidationCharge } from '../../src/domain/margin/liquidation-charge.ts';

const atMs = 1_790_000_000_000;
const perpetual = 'USDC/USDT:USDT';
const charge = (amount: string, change: Partial<LiquidationCharge> = {}): LiquidationCharge => ({
  chargeId: '1',
  symbol: perpetual,
  amount,
  currency: 'USDT',
  chargedAtMs: atMs,
  ...change,
});
const struck = (positionKey: string, quantityBase: string, executedAtMs = atMs, symbol = perpetual) => ({
  positionKey,
  quantityBase,
  executedAtMs,
  symbol,
  price: '1',
});

test('a charge is split by the value of the fills that it came with, to the last digit', () => {
  const fills = [struck('A', '1000'), struck('A', '1000'), struck('B', '1000')];
  const shares = chargeShares(charge('-10'), fills);
  // 2,000 of 3,000, cut to twelve places; the last takes what is left.
  assert.equal(shares.get('A')?.toFixed(), '-6.666666666666');
  assert.equal(shares.get('B')?.toFixed(), '-3.333333333334');
  assert.equal(sum(shares.values()).toFixed(), '-10');
});

test('fills of another hour, or another perpetual, have no part in it; what the fund gives back takes it off', () => {
  const fills = [struck('A', '1000', atMs - 60_000), struck('B', '1000', atMs - 60_001)];
  assert.deepEqual([...chargeShares(charge('-10'), fills).keys()], ['A']);
  const elsewhere = [struck('A', '1000'), struck('B', '1000', atMs, 'BTC/USDT:USDT')];
  assert.deepEqual([...chargeShares(charge('-10'), elsewhere).keys()], ['A']);
  // Booked on the whole account, in the coin that both settle in.
  assert.deepEqual([...chargeShares(charge('4', { symbol: null }), elsewhere).keys()], ['A', 'B']);
  assert.deepEqual([...chargeShares(charge('4', { symbol: null, currency: 'USDC' }), elsewhere).keys()], []);
});

test('a charge that comes with no fill of a position is nobody’s', () => {
  assert.equal(chargeShares(charge('-10'), []).size, 0);
});
