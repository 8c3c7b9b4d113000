/** Stop, target and convergence by themselves: each needs prices, and says in words what it saw. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convergence } from '../../../src/domain/exits/convergence.ts';
import { profitTarget } from '../../../src/domain/exits/profit-target.ts';
import { stopLoss } from '../../../src/domain/exits/stop-loss.ts';
import { closingAt, leaves, seenOf, watchOf } from './support.ts';

const watch = watchOf();

test('a stop has held for three seconds', () => {
  // 10,000 · (1.0020 − 1.0600) = −580; fees 1 + 0.5 + 0.53: −5.82 %.
  const stopped = (stopHeldForMs: number) =>
    stopLoss(seenOf(watch, { closing: closingAt(watch, '1.0000', '1.0600', { stopHeldForMs }) }));
  assert.equal(stopped(2_999), null);
  assert.equal(leaves(stopped(3_000)), 'ratio at or under -5 % for 3.0 s');
  assert.equal(stopLoss(seenOf(watch, { closing: closingAt(watch, '1', '1.001', { stopHeldForMs: 9_000 }) })), null);
});

test('a profit is taken at its target, for the whole size', () => {
  // 10,000 · (1.0020 − 0.9817) = 203; fees 1 + 0.5 + 0.49: 2.01 %.
  const closing = closingAt(watch, '1.0000', '0.9817');
  assert.equal(leaves(profitTarget(seenOf(watch, { closing }))), 'ratio at or over 2 %');
  assert.equal(profitTarget(seenOf(watch, { closing: { ...closing, shortDepth: 'thin' } })), null);
});

test('a position on the carry is exempt from convergence', () => {
  const converged = { closing: closingAt(watch, '1.0000', '1.0002') };
  assert.match(leaves(convergence(seenOf(watch, converged))), /^s·B_close 2\.0 bps ≤ exit 3\.0 bps/);
  assert.equal(convergence(seenOf(watchOf({}, { kind: 'funding' }), converged)), null);
});

test('without prices none of them says anything', () => {
  for (const rule of [stopLoss, profitTarget, convergence]) {
    assert.equal(rule(seenOf(watchOf({ stopLossPct: '-100' }), { closing: null })), null);
  }
});
