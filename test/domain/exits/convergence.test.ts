/** A gap is measured from the centre that its entry was measured from: the exits of a position with `centre: median`. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimal } from '../../../src/domain/decimal.ts';
import { convergence } from '../../../src/domain/exits/convergence.ts';
import { fundingFlip } from '../../../src/domain/exits/funding-flip.ts';
import { closingAt, leaves, seenOf, watchOf } from './support.ts';

/** Opened at 20 bps, four fees of 2 bps, around a centre of −4.7 bps; exit at 2. */
const centred = { exitBps: '2', centreBps: '-4.7' };

describe('long spot around a centre of −4.7 bps', () => {
  const watch = watchOf(centred);
  const at = (perp: string) => leaves(convergence(seenOf(watch, { closing: closingAt(watch, '1.0000', perp) })));

  test('is held at a basis of −2.6 bps: the gap is still 2.1', () => {
    assert.equal(at('0.99974'), 'no: nothing');
  });

  test('has converged at −2.7 bps', () => {
    assert.equal(at('0.99973'), 's·(B_close − m) 2.0 bps ≤ exit 2.0 bps');
  });

  test('without a centre it would have been left 4.7 bps earlier', () => {
    const plain = watchOf({ exitBps: '2' });
    const closing = closingAt(plain, '1.0000', '1.0002');
    assert.equal(leaves(convergence(seenOf(plain, { closing }))), 's·B_close 2.0 bps ≤ exit 2.0 bps');
    assert.equal(at('1.0002'), 'no: nothing', 'the gap is 6.7 bps');
  });

  test('taken literally, its size on either side of the centre decides', () => {
    const literal = watchOf({ ...centred, convergence: 'literal' });
    const seen = (perp: string) =>
      leaves(convergence(seenOf(literal, { closing: closingAt(literal, '1.0000', perp) })));
    // −4.7 ± 2 bps: −2.7 and −6.7.
    assert.equal(seen('0.99973'), 'no: nothing');
    assert.match(seen('0.99972'), /^\|\(B_close − m\)\| 1\.9 bps < exit 2\.0 bps/);
    assert.equal(seen('0.99933'), 'no: nothing');
  });
});

test('the other side, with every sign changed, is left at the same gap', () => {
  const change = { direction: 'short_spot_long_perp' as const };
  const watch = { ...watchOf({ ...centred, centreBps: '4.7' }, change), perpOpenPrice: '0.9980' };
  const at = (perp: string) => leaves(convergence(seenOf(watch, { closing: closingAt(watch, '1.0000', perp) })));
  assert.equal(at('1.00026'), 'no: nothing');
  assert.equal(at('1.00027'), 's·(B_close − m) 2.0 bps ≤ exit 2.0 bps');
});

test('what a flip counts on is the gap beyond the exit, from the centre', () => {
  // B = 0: a gap of 4.7, of which 2.7 are expected to close.
  const watch = watchOf({ ...centred, fundingFlip: 'on' });
  const at = (carry: string) =>
    leaves(
      fundingFlip(seenOf(watch, { closing: closingAt(watch, '1.0000', '1.0000'), expectedCarry: decimal(carry) })),
    );
  assert.equal(at('-0.00027'), 'no: nothing');
  assert.equal(at('-0.00028'), 'what is ahead is -0.1 bps, carry -2.8 bps of it');
});
