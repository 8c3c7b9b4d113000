/** Limit prices: a slippage cap in bps, on the tick grid, that rounding can only tighten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decimal, floorToStep } from '../../src/domain/decimal.ts';
import { limitPrice, slippageBound } from '../../src/domain/limit-price.ts';

const price = (side: 'buy' | 'sell', reference: string, slippageBps: string, tick: string): string =>
  limitPrice(side, decimal(reference), decimal(slippageBps), decimal(tick)).toFixed();

test('buys round down to the tick, sells round up', () => {
  // 0.99965 · 1.0002 = 0.99984993 → 0.9998; 0.99965 · 0.9998 = 0.99945007 → 0.9995.
  assert.equal(price('buy', '0.99965', '2', '0.0001'), '0.9998');
  assert.equal(price('sell', '0.99965', '2', '0.0001'), '0.9995');
});

test('a bound that lies on the tick stays where it is', () => {
  assert.equal(price('buy', '1', '2', '0.0001'), '1.0002');
  assert.equal(price('sell', '1', '2', '0.0001'), '0.9998');
});

test('property: never beyond the cap, on the grid, and less than a tick inside it', () => {
  const natural = fc.integer({ min: 1, max: 2_000_000 });
  fc.assert(
    fc.property(
      fc.constantFrom('buy', 'sell'),
      natural,
      fc.nat(2_000),
      fc.constantFrom(1, 5, 100),
      (side, p, bps, t) => {
        const [reference, slippage, tick] = [decimal(`${p}e-6`), decimal(`${bps}e-2`), decimal(`${t}e-6`)];
        const bound = slippageBound(side, reference, slippage);
        const limit = limitPrice(side, reference, slippage, tick);
        const inside = side === 'buy' ? bound.minus(limit) : limit.minus(bound);
        assert.ok(inside.gte(decimal('0')) && inside.lt(tick));
        assert.ok(floorToStep(limit, tick).eq(limit));
      },
    ),
  );
});
