/**
 * Two calm months, May to July 2025, hour by hour, with the funding that was settled: at the article's thresholds nothing
 * is traded, on either side, for the gap or for the carry.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectedCarry } from '../../src/domain/carry.ts';
import { decimal } from '../../src/domain/decimal.ts';
import { carryAhead } from '../../src/domain/exits/carry-ahead.ts';
import { fundingFlip } from '../../src/domain/exits/funding-flip.ts';
import type { SideEvaluation } from '../../src/strategy/evaluate.ts';
import { evaluatePair } from '../../src/strategy/evaluate-pair.ts';
import { closingAt, leaves, seenOf, watchOf } from '../domain/exits/support.ts';
import { marketOf, pairOf, rulesOf, sizingOf } from '../support/pairs.ts';
import { perpBook, spotBook } from '../support/quotes.ts';
import { outlookAt, recorded, recordedRates } from './support/stories.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const hours = recorded('usdc-calm-2025-05.csv');
const settled = recordedRates('usdc-funding-2025-05.csv', 'rate');
/** Of binance, as the defaults have it. */
const persistence = '0.67';
const rules = rulesOf({ funding: { minNetApyPct: '0', maxLifeDays: null } });
const pair = { ...pairOf('10', '5'), kinds: ['basis', 'funding'] as const };

/** At the recorded closes, without a spread, which only a calm market's friend would assume: even so nothing passes. */
function evaluate({ atMs, spot = '', perp = '' }: (typeof hours)[number]): readonly SideEvaluation[] {
  const level = (price: string) => ({ bids: [[price, '1000000']] as const, asks: [[price, '1000000']] as const });
  const nowMarketMs = Number(atMs) + hourMs;
  const funding = outlookAt(settled, nowMarketMs, persistence);
  const market = marketOf(spotBook(level(spot)), perpBook(level(perp)), '0', { funding, nowMarketMs });
  return evaluatePair(pair, rules, market, sizingOf());
}

test('1,458 hours, two sides, for the gap and for the carry: 5,832 looks, and no position', () => {
  assert.equal(hours.length, 1_458);
  const sides = hours.flatMap(evaluate);
  assert.equal(sides.length, 5_832);
  assert.deepEqual(
    sides.filter(({ kind }) => kind === 'approved'),
    [],
  );
});

test('the widest gap of all was under 10 bps, and each refusal says that it is not above 20', () => {
  const sides = hours.flatMap(evaluate).filter(({ enteredFor }) => enteredFor === 'basis');
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

test('the carry of no week to come was worth four fees of 30 bps: at most 21.0, and 55.1 of both months', () => {
  const weeks = hours.map(({ atMs }) => {
    const fromMs = Number(atMs) + hourMs;
    return expectedCarry(1, outlookAt(settled, fromMs, persistence), fromMs, fromMs + 7 * dayMs).times('10000');
  });
  const most = weeks.reduce((found, week) => (week.gt(found) ? week : found));
  // The first settlement on record, 1 bp: with no history it is taken to stay, 21 times.
  assert.equal(most.toFixed(1), '21.0');
  const total = settled.reduce((found, { rate }) => found + Number(rate), 0) * 10_000;
  assert.equal(total.toFixed(1), '55.1');
});

describe('7 July: −2.5 bps were settled, and the week to come is expected to cost 2.4', () => {
  const lookAt = (day: string, closePerp: string): string => {
    const atMs = Date.parse(`${day}T00:00Z`);
    const watch = {
      ...watchOf({ fundingFlip: 'on', exitBps: '5', maxHoldingMs: 14 * dayMs, horizonMs: 7 * dayMs }),
      hedgedAtMs: atMs - dayMs,
    };
    const expected = carryAhead(watch, outlookAt(settled, atMs, persistence), atMs);
    return leaves(
      fundingFlip(seenOf(watch, { closing: closingAt(watch, '1.0000', closePerp), expectedCarry: expected })),
    );
  };

  test('a position on the gap with 1 bp left to gain is left', () => {
    // μ = 0.14 of the thirty days before: 21 · 0.14 − 2.64 · 0.67/0.33 = 2.94 − 5.36 = −2.4; and 6 − 5 bps of the gap.
    assert.equal(lookAt('2025-07-07', '1.0006'), 'what is ahead is -1.4 bps, carry -2.4 bps of it');
  });

  test('with 3 bps left to gain it is held, and so it is two days before with none', () => {
    assert.equal(lookAt('2025-07-07', '1.0008'), 'no: nothing');
    assert.equal(lookAt('2025-07-05', '1.0005'), 'no: nothing');
  });
});
