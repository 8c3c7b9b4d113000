/** What is ahead of a position has turned into a cost. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimal } from '../../../src/domain/decimal.ts';
import { fundingFlip } from '../../../src/domain/exits/funding-flip.ts';
import { closingAt, concernOf, leaves, seenOf, watchOf } from './support.ts';

describe('a position on the gap', () => {
  const watch = watchOf({ fundingFlip: 'on', exitBps: '3' });
  /** s·B_close of 12 bps: 9 of them are expected to close. */
  const at = (carry: string, perp = '1.0012') =>
    fundingFlip(seenOf(watch, { closing: closingAt(watch, '1.0000', perp), expectedCarry: decimal(carry) }));

  test('is left when the carry to pay is more than the gap has to give', () => {
    assert.equal(at('-0.0009'), null, 'exactly even');
    assert.equal(leaves(at('-0.00091')), 'what is ahead is -0.1 bps, carry -9.1 bps of it');
  });

  test('has only the carry ahead once the gap has closed, and then it is left at the first cost', () => {
    assert.equal(at('0', '1.0003'), null);
    assert.match(leaves(at('-0.00001', '1.0003')), /what is ahead is -0\.1 bps/);
    assert.match(leaves(at('-0.00001', '0.9900')), /what is ahead is -0\.1 bps/, 'far beyond');
  });

  test('is the same for the other side, with every sign changed', () => {
    const short = watchOf({ fundingFlip: 'on', exitBps: '3' }, { direction: 'short_spot_long_perp' });
    const mirrored = (carry: string) =>
      fundingFlip(seenOf(short, { closing: closingAt(short, '1.0000', '0.9988'), expectedCarry: decimal(carry) }));
    assert.equal(mirrored('-0.0009'), null);
    assert.match(leaves(mirrored('-0.00091')), /-0\.1 bps/);
  });
});

describe('a position on the carry', () => {
  const watch = watchOf({ fundingFlip: 'on' }, { kind: 'funding' });
  const at = (carry: string, signedOpenBasisBps: string | null = '10') =>
    fundingFlip(
      seenOf(watch, {
        closing: closingAt(watch, '1.0000', '1.0012', {
          signedOpenBasisBps: signedOpenBasisBps === null ? null : decimal(signedOpenBasisBps),
        }),
        expectedCarry: decimal(carry),
      }),
    );

  test('counts on no change of the gap, and stays for what coming back would cost: four fees and the spread', () => {
    // Four fees of 0.5 bps, and closing at 12 bps what opens at 10.
    assert.equal(concernOf(at('-0.0004')), 'funding_flip');
    assert.equal(
      leaves(at('-0.0004')),
      'no: what is ahead is -4.0 bps, carry -4.0 bps of it; held, as coming back would cost +4.0 bps',
    );
    assert.equal(leaves(at('-0.00041')), 'what is ahead is -4.1 bps, carry -4.1 bps of it');
    assert.equal(at('0.00001'), null);
  });

  test('is held while nobody can say what coming back costs', () => {
    assert.equal(concernOf(at('-0.01', null)), 'funding_flip');
  });
});

test('an unknown carry, thin order books, no prices, or a plan without the rule: it is not left', () => {
  const watch = watchOf({ fundingFlip: 'on' });
  const seen = seenOf(watch, { expectedCarry: decimal('-1') });
  assert.match(leaves(fundingFlip(seen)), /what is ahead/);
  assert.equal(fundingFlip({ ...seen, expectedCarry: null }), null);
  assert.equal(fundingFlip({ ...seen, closing: null }), null);
  assert.equal(fundingFlip({ ...seen, closing: closingAt(watch, '1', '1', { shortDepth: 'thin' }) }), null);
  assert.equal(fundingFlip({ ...seen, watch: watchOf({ fundingFlip: 'off' }) }), null);
  assert.equal(fundingFlip({ ...seen, watch: watchOf() }), null);
});
