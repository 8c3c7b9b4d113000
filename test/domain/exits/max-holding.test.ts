/** How long a position may be held: one on the gap to its bound, one on the carry for as long as it pays. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimal } from '../../../src/domain/decimal.ts';
import { extendedHoldingMs, holdingEnd, maxHolding } from '../../../src/domain/exits/max-holding.ts';
import { hourMs, leaves, seenOf, watchOf } from './support.ts';

const dayMs = 24 * hourMs;
const exits = { maxHoldingMs: 7 * dayMs, reviewMs: 7 * dayMs, maxLifeMs: 20 * dayMs };

test('a position on the gap ends at its bound, whatever the carry', () => {
  const { plan } = watchOf({ maxHoldingMs: 7 * dayMs });
  assert.equal(holdingEnd(plan, 7 * dayMs - 1, null), null);
  assert.equal(holdingEnd(plan, 7 * dayMs, decimal('0.01')), 'held 168.0 h ≥ 168.0 h');
});

describe('a position on the carry', () => {
  const { plan } = watchOf(exits, { kind: 'funding' });

  test('goes on while the next horizon is expected to pay, or nobody knows', () => {
    assert.equal(holdingEnd(plan, 7 * dayMs, decimal('0.00001')), null);
    assert.equal(holdingEnd(plan, 7 * dayMs, null), null);
    assert.equal(
      holdingEnd(plan, 7 * dayMs, decimal('0')),
      'held 168.0 h ≥ 168.0 h, and the carry expected from here is +0.0 bps',
    );
  });

  test('ends with its life, whatever the carry', () => {
    const { plan: extended } = watchOf({ ...exits, maxHoldingMs: 20 * dayMs }, { kind: 'funding' });
    assert.match(holdingEnd(extended, 20 * dayMs, decimal('0.01')) ?? '', /the end of its life$/);
    const { plan: endless } = watchOf({ ...exits, maxLifeMs: null }, { kind: 'funding' });
    assert.equal(holdingEnd(endless, 900 * dayMs, decimal('0.01')), null);
  });

  test('is extended by one horizon from its bound, at most to the end of its life', () => {
    assert.equal(extendedHoldingMs(plan, 7 * dayMs), 14 * dayMs);
    const { plan: second } = watchOf({ ...exits, maxHoldingMs: 14 * dayMs }, { kind: 'funding' });
    assert.equal(extendedHoldingMs(second, 14 * dayMs), 20 * dayMs);
    assert.equal(extendedHoldingMs(plan, 10 * dayMs), 17 * dayMs, 'a review that came late');
  });
});

test('it needs no prices', () => {
  const seen = seenOf(watchOf({ maxHoldingMs: hourMs }), { closing: null, expectedCarry: null });
  assert.equal(leaves(maxHolding(seen)), 'held 1.0 h ≥ 1.0 h');
});
