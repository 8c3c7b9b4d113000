/** What an order's fills came to, whatever coin the venue took its fee in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { feesInQuote, receivedBase } from '../../../src/domain/execution/received.ts';
import { fill } from '../../support/pnl-inputs.ts';

const fills = [
  fill('spot', 'buy', '100', '0.999', '0.1 USDC'),
  fill('spot', 'buy', '50', '1', '0.05 USDT'),
  fill('spot', 'buy', '50', '1', '0.0002 BNB'),
];

test('a fee in the base coin is valued at its fill, one in the quote coin is what it is, a third coin at the account’s rate', () => {
  assert.equal(feesInQuote(fills, 'USDC', 'USDT', { takerFeeBps: '10' }).toFixed(), '0.1999'); // 0.1 · 0.999 + 0.05 + 0.05
  assert.equal(feesInQuote(fills, 'USDC', 'USDT').toFixed(), '0.1499', 'a request of before names no rates');
});

test('only a fee in the base coin makes what is received smaller', () => {
  assert.equal(receivedBase(fills, 'USDC').toFixed(), '199.9');
});

test('a fee in the base coin is no part of a perpetual: BNB that was paid for selling BNB contracts leaves the short whole', () => {
  const sold = { ...fill('perp', 'sell', '100', '600', '0.05 BNB'), symbol: 'BNB/USDT:USDT' };
  assert.equal(receivedBase([sold], 'BNB').toFixed(), '-100');
  assert.equal(feesInQuote([sold], 'BNB', 'USDT').toFixed(), '30'); // 0.05 · 600
});
