/** Fees: rates in bps, and amounts where the venue takes them out of the coin bought. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal } from '../../src/domain/decimal.ts';
import { feeIsTakenFromBase, fourFeesFraction, takerFee } from '../../src/domain/fees.ts';
import { pairOf } from '../support/pairs.ts';

const { spot, perp } = pairOf('10', '5');

test('four fees are both legs in and out', () => {
  assert.equal(fourFeesFraction(spot, perp).toFixed(), '0.003'); // 2 · (10 + 5) bps
});

test('only a spot purchase pays in the coin that it receives', () => {
  assert.equal(feeIsTakenFromBase(spot, 'buy'), true);
  assert.equal(feeIsTakenFromBase(spot, 'sell'), false);
  assert.equal(feeIsTakenFromBase(perp, 'buy'), false);
});

test('to receive 999 coins, 1,000 are bought: the fee is one of them', () => {
  assert.equal(takerFee(spot, 'buy', decimal('999'), decimal('2')).toFixed(), '2');
  assert.equal(takerFee(spot, 'sell', decimal('1000'), decimal('2')).toFixed(), '2');
  assert.equal(takerFee(perp, 'buy', decimal('1000'), decimal('2')).toFixed(), '1');
});
