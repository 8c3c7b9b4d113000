/** The centre of a pair's basis: the median of a week's hours, and none of too few. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { medianBasisBps } from '../../../src/domain/portfolio/centre.ts';
import type { BasisPoint } from '../../../src/domain/portfolio/correlation.ts';

const hourMs = 3_600_000;
const nowMs = 1_000 * hourMs;
/** The newest of them is this hour's. */
const hours = (bases: readonly string[]): BasisPoint[] =>
  bases.map((midBasisBps, index) => ({
    pairId: 'USDC',
    hourMs: nowMs - (bases.length - 1 - index) * hourMs,
    midBasisBps,
  }));

test('of an odd count the middle one, of an even one the mean of the two in the middle, whatever their order', () => {
  // −10 … −4 and so on: 36 below, 36 above, the middle one of 73 is −4.7.
  const odd = [...Array.from({ length: 36 }, () => '-10'), '-4.7', ...Array.from({ length: 36 }, () => '2')];
  assert.equal(medianBasisBps(hours(odd.toReversed()), nowMs), '-4.7');
  assert.equal(medianBasisBps(hours([...odd, '-4']), nowMs), '-4.35', '(−4.7 − 4)/2');
});

test('fewer than 72 hours say nothing, and what is older than 168 does not count', () => {
  const points = hours(Array.from({ length: 240 }, (_, index) => (index < 72 ? '100' : '-5')));
  assert.equal(medianBasisBps(points, nowMs), '-5', 'the 72 oldest are over a week old');
  assert.equal(medianBasisBps(points.slice(-71), nowMs), null);
  assert.equal(medianBasisBps(points.slice(-72), nowMs), '-5');
  assert.equal(medianBasisBps(points, nowMs + 97 * hourMs), null, 'four days later without a look: 71 are left');
});

test('property: as many bases lie under it as over it, and every sign changed changes its sign', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -200, max: 200 }), { minLength: 72, maxLength: 168 }), (tenths) => {
      const found = medianBasisBps(hours(tenths.map((one) => (one / 10).toFixed(1))), nowMs);
      assert.notEqual(found, null);
      const under = tenths.filter((one) => one / 10 < Number(found)).length;
      const over = tenths.filter((one) => one / 10 > Number(found)).length;
      assert.ok(under <= tenths.length / 2 && over <= tenths.length / 2);
      const mirror = medianBasisBps(hours(tenths.map((one) => (-one / 10).toFixed(1))), nowMs);
      assert.equal(Number(mirror) + Number(found), 0);
    }),
  );
});
