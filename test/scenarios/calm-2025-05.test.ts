/** Two calm months, May to July 2025, hour by hour: at the article's thresholds nothing is traded, on either side. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal } from '../../src/domain/decimal.ts';
import type { SideEvaluation } from '../../src/strategy/evaluate.ts';
import { evaluatePair } from '../../src/strategy/evaluate.ts';
import { marketOf, pairOf, rulesOf } from '../support/pairs.ts';
import { perpBook, spotBook } from '../support/quotes.ts';
import { recorded } from './support/stories.ts';

const hours = recorded('usdc-calm-2025-05.csv');

/** At the recorded closes, without a spread, which only a calm market's friend would assume: even so nothing passes. */
function evaluate({ spot = '', perp = '' }: Readonly<Record<string, string>>): readonly SideEvaluation[] {
  const level = (price: string) => ({ bids: [[price, '1000000']] as const, asks: [[price, '1000000']] as const });
  const quotes = [spotBook(level(spot)), perpBook(level(perp))] as const;
  // Binance's usual rate; what was settled was less on average.
  return evaluatePair(pairOf('10', '5'), rulesOf(), marketOf(...quotes, '0.0001'), decimal('10000'));
}

test('1,458 hours, 2,916 sides, and no position', () => {
  assert.equal(hours.length, 1_458);
  const sides = hours.flatMap(evaluate);
  assert.equal(sides.length, 2_916);
  assert.deepEqual(
    sides.filter(({ kind }) => kind === 'approved'),
    [],
  );
});

test('the widest gap of all was under 10 bps, and each refusal says that it is not above 20', () => {
  const sides = hours.flatMap(evaluate);
  const widest = sides.reduce(
    (most, side) => (side.basis?.signedBasisBps.gt(most) === true ? side.basis.signedBasisBps : most),
    decimal('0'),
  );
  // The same in floats, straight from the file.
  const gaps = hours.map(({ spot, perp }) => ((Number(perp) - Number(spot)) / Number(spot)) * 10_000);
  assert.equal(widest.toFixed(6), Math.max(...gaps.map(Math.abs)).toFixed(6));
  assert.ok(widest.lt(decimal('10')));
  for (const side of sides)
    assert.match(side.kind === 'refused' ? side.reasons.join() : '', /not above entry 20\.0 bps/);
});
