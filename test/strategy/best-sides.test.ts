/** The best three of many, with as few of them worked out in decimals as will do: always those of a full ranking. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { constantOutlook } from '../../src/domain/carry.ts';
import type { Quote } from '../../src/domain/quote.ts';
import { bestFirst } from '../../src/strategy/best-first.ts';
import { bestSides } from '../../src/strategy/best-sides.ts';
import type { ApprovedSide } from '../../src/strategy/evaluate.ts';
import { evaluatePair } from '../../src/strategy/evaluate-pair.ts';
import type { Pair } from '../../src/strategy/pair.ts';
import { rank, riskScore, type ScoreOf } from '../../src/strategy/rank.ts';
import { createScreen } from '../../src/strategy/screen.ts';
import { pairOf, rulesOf, sizingOf } from '../support/pairs.ts';

test('items come from the greatest down', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 })), (weights) => {
      const sorted = weights.toSorted((first, second) => second - first);
      assert.deepEqual([...bestFirst(weights, (weight) => weight)], sorted);
    }),
  );
});

/** Scores 1.0, 1.2, 1.5 and 3.0. */
const venues = ['coinbase', 'binance', 'dydx', 'okx'];

/** Every spot with every perpetual, at four exchanges. */
function universe(kinds: NonNullable<Pair['kinds']>): Pair[] {
  const { spot, perp, ...rest } = pairOf();
  return venues.flatMap((spotVenue) =>
    venues.map((perpVenue) => ({
      ...rest,
      kinds,
      pairId: `${spotVenue}~${perpVenue}`,
      spot: { ...spot, instrument: { ...spot.instrument, venue: spotVenue } },
      perp: { ...perp, instrument: { ...perp.instrument, venue: perpVenue } },
    })),
  );
}

/** Three levels a side, some steps apart, none of which holds the size alone. */
function quoteOf({ venue, symbol }: { venue: string; symbol: string }, bid: number, step: number): Quote {
  const level = (count: number) => ({ price: (count / 10_000).toFixed(4), quantityBase: '4000' });
  const offsets = [0, step, 3 * step];
  return {
    venue,
    symbol,
    bids: offsets.map((offset) => level(bid - offset)),
    asks: offsets.map((offset) => level(bid + 1 + offset)),
    aliveAtMs: 0,
  };
}

const scoreOf: ScoreOf = ({ pair }) => riskScore(pair.spot.instrument.venue, pair.perp.instrument.venue);

function searched(
  kinds: NonNullable<Pair['kinds']>,
  prices: readonly number[],
  step: number,
  rateBps: number,
  count = 3,
) {
  const pairs = universe(kinds);
  const rules = rulesOf({ entryBps: '10', minNetApyPct: null, funding: { minNetApyPct: '5', maxLifeDays: null } });
  const rate = (rateBps / 10_000).toFixed(4);
  const funding = constantOutlook({ rate, nextSettlementAtMs: 1, intervalHours: 8 });
  const screen = createScreen(pairs, rules);
  const quotes = new Map<string, Quote>();
  const legs = pairs.flatMap(({ spot, perp }) => [spot.instrument, perp.instrument]);
  const named = new Map(legs.map((one) => [`${one.venue} ${one.symbol}`, one]));
  for (const [index, [name, one]] of [...named].entries()) {
    const quote = quoteOf(one, prices[index % prices.length] ?? 10_000, step);
    quotes.set(name, quote);
    screen.update(quote);
    if (one.kind === 'perpetual') screen.setOutlook(one.venue, one.symbol, funding, 0);
  }
  let worked = 0;
  const evaluate = ({ spot, perp, ...rest }: Pair): ApprovedSide[] => {
    worked += 1;
    const [spotQuote, perpQuote] = [spot, perp].map(({ instrument: { venue, symbol } }) =>
      quotes.get(`${venue} ${symbol}`),
    );
    assert.ok(spotQuote && perpQuote);
    const shown = { spotQuote, perpQuote, funding, nowWallMs: 0, nowMarketMs: 0 };
    const sides = evaluatePair({ spot, perp, ...rest }, rules, shown, sizingOf());
    return sides.filter((side) => side.kind === 'approved');
  };
  const all = rank(pairs.flatMap(evaluate));
  worked = 0;
  const found = bestSides(
    screen.passing(),
    ({ pair }) => evaluate(pair),
    { scoreOf, mostOf: ({ mostRating }) => mostRating },
    count,
  );
  return { all, found, worked, passing: screen.passing().length };
}

const nameOf = ({ pair, direction, enteredFor }: ApprovedSide): string => `${pair.pairId} ${direction} ${enteredFor}`;

describe('the best three', () => {
  test('are those of a full ranking, whatever the prices, depths and rates', () => {
    const world = fc.record({
      kinds: fc.constantFrom(['basis'] as const, ['funding'] as const, ['basis', 'funding'] as const),
      prices: fc.array(fc.integer({ min: 9_900, max: 10_100 }), { minLength: 8, maxLength: 8 }),
      step: fc.integer({ min: 1, max: 20 }),
      rateBps: fc.integer({ min: -10, max: 10 }),
    });
    const counts = { worked: 0, passing: 0, full: 0 };
    fc.assert(
      fc.property(world, ({ kinds, prices, step, rateBps }) => {
        const { all, found, worked, passing } = searched(kinds, prices, step, rateBps);
        assert.deepEqual(found.best.map(nameOf), all.slice(0, 3).map(nameOf));
        counts.worked += worked;
        counts.passing += passing;
        if (all.length > 3) counts.full += 1;
      }),
      { numRuns: 100 },
    );
    assert.ok(counts.full > 15, `${counts.full} worlds with more than three`);
    assert.ok(counts.worked < counts.passing, `${counts.worked} of ${counts.passing} pairs worked out`);
  });

  test('with room for more, everything that passes is worked out', () => {
    // One perpetual is dear, at 1.0100, and every spot at 1.0001: four pairs for five places.
    const flat = Array.from({ length: 8 }, (_, index) => (index === 4 ? 10_100 : 10_000));
    const { found, worked, passing } = searched(['basis'], flat, 1, 0, 5);
    assert.deepEqual([worked, passing, found.best.length, found.leastRating], [4, 4, 4, -Infinity]);
  });
});
