/** A coin of the pair has lost its dollar: what is closed, what is held, and at what cost. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { depeg } from '../../../src/domain/exits/depeg.ts';
import { brokenPeg, closingAt, concernOf, leaves, seenOf, watchOf } from './support.ts';

const exits = { depegMaxCostBps: '50' };
const watch = watchOf(exits);

describe('the coin itself', () => {
  test('is left while closing costs no more than allowed: the gap paid and the two closing fees', () => {
    // (0.8739 − 0.87) / 0.87 = 44.83 bps, and 2 · 0.5 bps.
    const cheap = seenOf(watch, { pegOf: brokenPeg('USDC'), closing: closingAt(watch, '0.87', '0.8739') });
    assert.equal(leaves(depeg(cheap)), 'depeg: USDC at 0.9700 USD; closing costs 45.8 bps ≤ 50');
  });

  test('is held hedged when it costs more, and a person hears of it', () => {
    // 49 bps and 1 bp of fees is the most; 0.87 · 0.00491 = 0.0042717.
    const most = seenOf(watch, { pegOf: brokenPeg('USDC'), closing: closingAt(watch, '0.87', '0.874263') });
    assert.match(leaves(depeg(most)), /closing costs 50\.0 bps ≤ 50/);
    const more = seenOf(watch, { pegOf: brokenPeg('USDC'), closing: closingAt(watch, '0.87', '0.8742717') });
    assert.equal(concernOf(depeg(more)), 'depeg_held');
  });

  test('is held while nobody can say what closing costs', () => {
    const blind = seenOf(watch, { pegOf: brokenPeg('USDC'), closing: null });
    assert.equal(concernOf(depeg(blind)), 'depeg_held');
    const closing = closingAt(watch, '0.87', '0.87', { shortDepth: 'the order books do not hold 10000' });
    assert.equal(concernOf(depeg(seenOf(watch, { pegOf: brokenPeg('USDC'), closing }))), 'depeg_held');
  });

  test('is not bought back by a seller from inventory', () => {
    const short = watchOf(exits, { direction: 'short_spot_long_perp' });
    const seen = seenOf(short, { pegOf: brokenPeg('USDC'), closing: closingAt(short, '0.87', '0.87') });
    assert.equal(concernOf(depeg(seen)), 'depeg_held');
  });
});

describe('the settlement coin', () => {
  test('is left at any cost, of either side, even blind', () => {
    for (const direction of ['long_spot_short_perp', 'short_spot_long_perp'] as const) {
      const of = watchOf(exits, { direction });
      const dear = seenOf(of, { pegOf: brokenPeg('USDT'), closing: closingAt(of, '1.00', '1.20') });
      assert.equal(leaves(depeg(dear)), 'depeg of the settlement coin: USDT at 0.9700 USD');
      assert.match(leaves(depeg({ ...dear, closing: null })), /settlement coin/);
    }
  });
});

test('a coin that only slips, or that nobody knows of, is not left for', () => {
  const slipping = { kind: 'slipping', since: { wallMs: 0, marketMs: 0 }, detail: 'USDC at 0.98' } as const;
  assert.equal(depeg(seenOf(watch, { pegOf: () => slipping })), null);
  assert.equal(depeg(seenOf(watch, { pegOf: () => ({ kind: 'unknown', detail: 'one venue' }) })), null);
});

test('a plan that says nothing of a depeg is held through it', () => {
  assert.equal(depeg(seenOf(watchOf(), { pegOf: brokenPeg('USDT') })), null);
});
