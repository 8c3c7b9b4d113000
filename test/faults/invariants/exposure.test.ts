/** How long legs were unequal, of both styles: worked out on timelines of a few trades. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimal, zero } from '../../../src/domain/decimal.ts';
import type { LegName } from '../../../src/domain/order.ts';
import { makerPlan } from '../../support/makers.ts';
import { examplePlan } from '../../support/plans.ts';
import { exposureOf, hadOnAtMs, type LegChange } from './exposure.ts';

describe('legs that take', () => {
  test('are unequal from the first trade until both are the same, whatever comes in between', () => {
    const { unequal } = exposureOf(examplePlan(), [
      perp(1_000, '500'),
      perp(4_000, '300'),
      spot(6_000, '-500'),
      spot(9_000, '-300'),
    ]);
    assert.deepEqual(unequal, [{ fromMs: 1_000, toMs: 9_000 }]);
  });
});

test('what a venue took can only have been taken once it was there, however it is shared out', () => {
  const changes = [perp(1_000, '240'), spot(2_000, '-728'), perp(9_000, '488'), perp(12_000, '-728')];
  assert.deepEqual(
    ['240', '728', '729'].map((quantity) => hadOnAtMs(changes, 'perp', decimal(quantity))),
    [1_000, 9_000, null],
  );
});

describe('legs of which one quotes', () => {
  test('are measured fill by fill: a hedge that is late for one is not late for the next', () => {
    const { unequal } = exposureOf(makerPlan(), [
      perp(1_000, '500'),
      perp(4_000, '300'),
      spot(6_000, '-500'),
      spot(9_000, '-300'),
    ]);
    assert.deepEqual(unequal, [
      { fromMs: 1_000, toMs: 6_000 },
      { fromMs: 4_000, toMs: 9_000 },
    ]);
  });

  test('stay unequal while only a part is hedged, or given back', () => {
    const { unequal } = exposureOf(makerPlan(), [
      perp(1_000, '500'),
      spot(2_000, '-200'),
      perp(3_000, '-100'),
      spot(8_000, '-200'),
    ]);
    assert.deepEqual(unequal, [{ fromMs: 1_000, toMs: 8_000 }]);
  });

  test('are equal within the smallest order: 5 USDT at 0.98, and one more', () => {
    const { unequal } = exposureOf(makerPlan(), [perp(1_000, '6.1'), perp(2_000, '0.1')]);
    assert.deepEqual(unequal, [{ fromMs: 2_000, toMs: Infinity }]);
  });

  test('are never forgotten where no hedge comes', () => {
    const { unequal } = exposureOf(makerPlan(), [perp(1_000, '500'), perp(2_000, '100'), spot(3_000, '-300')]);
    assert.deepEqual(unequal, [
      { fromMs: 1_000, toMs: Infinity },
      { fromMs: 2_000, toMs: Infinity },
    ]);
  });
});

/** The plans are long the perpetual and short spot. */
function perp(atMs: number, changeBase: string): LegChange {
  return change('perp', atMs, changeBase);
}

function spot(atMs: number, changeBase: string): LegChange {
  return change('spot', atMs, changeBase);
}

function change(leg: LegName, atMs: number, changeBase: string): LegChange {
  return { leg, atMs, changeBase: decimal(changeBase), ofQuoteBase: zero };
}
