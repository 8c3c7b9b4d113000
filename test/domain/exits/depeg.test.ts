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
    assert.deepEqual(depeg(cheap), {
      kind: 'leave',
      detail: 'depeg: USDC at 0.9700 USD; closing costs 45.8 bps ≤ 50',
    });
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
});

describe('the coin that was sold from inventory', () => {
  const direction = 'short_spot_long_perp';
  const short = watchOf(exits, { direction });

  test('is not bought back: the perpetual alone is closed while that is cheap, and the quote kept', () => {
    // (0.87 − 0.8661) / 0.87 = 44.83 bps, and one fee of 0.5 bps.
    const seen = seenOf(short, { pegOf: brokenPeg('USDC'), closing: closingAt(short, '0.87', '0.8661') });
    const words = 'closing the perpetual alone, and keeping the USDT, costs 45.3 bps ≤ 50';
    assert.deepEqual(depeg(seen), { kind: 'leave', detail: `depeg: USDC at 0.9700 USD; ${words}`, keepsQuote: true });
  });

  test('is held hedged while the perpetual fetches much less than the coin is worth, or nobody knows', () => {
    // 49.5 bps and the fee of 0.5 are the most: 0.87 · 0.00495 = 0.0043065.
    const most = seenOf(short, { pegOf: brokenPeg('USDC'), closing: closingAt(short, '0.87', '0.8656935') });
    assert.match(leaves(depeg(most)), /costs 50\.0 bps ≤ 50/);
    const more = seenOf(short, { pegOf: brokenPeg('USDC'), closing: closingAt(short, '0.87', '0.865693') });
    assert.equal(concernOf(depeg(more)), 'depeg_held');
    assert.equal(concernOf(depeg({ ...more, closing: null })), 'depeg_held');
  });

  test('is bought back where the plan says so, at both fees', () => {
    const back = watchOf({ ...exits, depegBuyBack: true }, { direction });
    const seen = seenOf(back, { pegOf: brokenPeg('USDC'), closing: closingAt(back, '0.87', '0.8661') });
    assert.deepEqual(depeg(seen), {
      kind: 'leave',
      detail: 'depeg: USDC at 0.9700 USD; closing costs 45.8 bps ≤ 50',
    });
  });

  test('is bought back when it is the quote coin that broke, which nobody wants to keep', () => {
    const { spot } = short.plan;
    const inDai = { ...spot, instrument: { ...spot.instrument, quote: 'DAI' } };
    const of = watchOf(exits, { direction, spot: inDai });
    const closing = closingAt(of, '1.00', '0.9980');
    const quote = depeg(seenOf(of, { pegOf: brokenPeg('DAI'), closing }));
    assert.deepEqual(quote, { kind: 'leave', detail: 'depeg: DAI at 0.9700 USD; closing costs 21.0 bps ≤ 50' });
    const since = { wallMs: 0, marketMs: 0 };
    const both = depeg(
      seenOf(of, {
        pegOf: (coin) => (coin === 'USDT' ? { kind: 'held' } : { kind: 'broken', since, detail: `${coin} broke` }),
        closing,
      }),
    );
    assert.deepEqual(both, { kind: 'leave', detail: 'depeg: USDC broke; closing costs 21.0 bps ≤ 50' });
  });
});

test('a coin that was sold on a loan is bought back like any other leg: while that is cheap', () => {
  const borrow = { hourlyRate: '0.000006', collateralRate: '0.2' };
  const lent = watchOf(exits, { direction: 'short_spot_long_perp', borrow });
  const at = (perp: string) => seenOf(lent, { pegOf: brokenPeg('USDC'), closing: closingAt(lent, '0.87', perp) });
  assert.match(leaves(depeg(at('0.87'))), /closing costs 1\.0 bps/);
  assert.equal(concernOf(depeg(at('0.86'))), 'depeg_held');
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
