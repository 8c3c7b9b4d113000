/** The screen in floats against the decimals: whatever they approve, it has let through. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { constantOutlook } from '../../src/domain/carry.ts';
import { evaluatePair } from '../../src/strategy/evaluate-pair.ts';
import type { Pair } from '../../src/strategy/pair.ts';
import { createScreen } from '../../src/strategy/screen.ts';
import { pairOf, rulesOf, sizingOf } from '../support/pairs.ts';
import { perpBook, spotBook } from '../support/quotes.ts';

const ticks = (count: number): string => (count / 10_000).toFixed(4);
const book = (bid: number, ask: number) => ({
  bids: [[ticks(bid), '1000000']] as const,
  asks: [[ticks(ask), '1000000']] as const,
});

test('no pair is lost: a side that the decimals approve has passed', () => {
  const price = fc.integer({ min: 9_700, max: 10_300 });
  const world = fc.record({
    prices: fc.tuple(price, price),
    spread: fc.integer({ min: 1, max: 5 }),
    rateBps: fc.integer({ min: -20, max: 20 }),
    entry: fc.integer({ min: 0, max: 60 }),
    minNetApyPct: fc.constantFrom(null, '0', '15', '80'),
    kinds: fc.constantFrom(['basis'] as const, ['funding'] as const, ['basis', 'funding'] as const),
    shortSpot: fc.constantFrom('inventory' as const, 'off' as const),
    isLast: fc.boolean(),
    centre: fc.constantFrom('zero' as const, 'median' as const),
    centreBps: fc.constantFrom(null, '-4.7', '30'),
  });
  let approved = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      world,
      ({ prices, spread, rateBps, entry, minNetApyPct, kinds, shortSpot, isLast, centre, centreBps }) => {
        const pair: Pair = { ...pairOf(), kinds };
        const funding = { minNetApyPct: '10', maxLifeDays: null };
        const rules = rulesOf({ entryBps: String(entry), exitBps: '0', centre, minNetApyPct, funding, shortSpot });
        const spotQuote = spotBook(book(prices[0], prices[0] + spread));
        const perpQuote = perpBook(book(prices[1], prices[1] + spread));
        const rate = (rateBps / 10_000).toFixed(4);
        const outlook = {
          ...constantOutlook({ rate, nextSettlementAtMs: 1, intervalHours: 8 }),
          ...(isLast ? { rateOf: 'last_settlement' as const, meanRate: '0.0001', persistence: '0.66' } : {}),
        };
        const market = { spotQuote, perpQuote, funding: outlook, centreBps, nowWallMs: 0, nowMarketMs: 0 };
        const found = evaluatePair(pair, rules, market, sizingOf()).some(({ kind }) => kind === 'approved');
        const screen = createScreen([pair], rules);
        for (const quote of [spotQuote, perpQuote]) screen.update(quote);
        screen.setOutlook('binanceusdm', 'USDC/USDT:USDT', outlook, 0);
        screen.setCentre(pair.pairId, centreBps);
        if (found) approved += 1;
        else refused += 1;
        // The books are flat to any depth here, so that the screen is not only safe but sharp.
        assert.equal(screen.passing().length === 1, found);
      },
    ),
    { numRuns: 2_000 },
  );
  assert.ok(approved > 200 && refused > 200, `${approved} approved, ${refused} refused`);
});

test('no side on a loan is lost either, whatever it costs', () => {
  const world = fc.record({
    gapTicks: fc.integer({ min: 0, max: 300 }),
    rateBps: fc.integer({ min: -20, max: 20 }),
    hourlyRate: fc.constantFrom('0', '0.000006', '0.00005'),
    collateralRate: fc.constantFrom('0.05', '0.2', '1'),
    minNetApyPct: fc.constantFrom(null, '15', '80'),
  });
  let approved = 0;
  fc.assert(
    fc.property(world, ({ gapTicks, rateBps, hourlyRate, collateralRate, minNetApyPct }) => {
      const rules = rulesOf({ minNetApyPct, shortSpot: 'borrow' });
      const [spotQuote, perpQuote] = [
        spotBook(book(10_000, 10_001)),
        perpBook(book(9_999 - gapTicks, 10_000 - gapTicks)),
      ];
      const rate = (rateBps / 10_000).toFixed(4);
      const funding = constantOutlook({ rate, nextSettlementAtMs: 1, intervalHours: 8 });
      const terms = { currency: 'USDC', owed: '0', isLent: true, available: null, readAtMs: 0 };
      const loan = { ...terms, hourlyRate, collateralRate };
      const market = { spotQuote, perpQuote, funding, loan, nowWallMs: 0, nowMarketMs: 0 };
      const found = evaluatePair(pairOf(), rules, market, sizingOf()).some(({ kind }) => kind === 'approved');
      const screen = createScreen([pairOf()], rules);
      for (const quote of [spotQuote, perpQuote]) screen.update(quote);
      screen.setOutlook('binanceusdm', 'USDC/USDT:USDT', funding, 0);
      if (!found) return;
      approved += 1;
      assert.equal(screen.passing().length, 1);
    }),
    { numRuns: 1_000 },
  );
  assert.ok(approved > 100, `${approved} approved`);
});

test('nothing passes while a price or the funding is not known', () => {
  const screen = createScreen([pairOf()], rulesOf({ entryBps: '0', exitBps: '-1000', minNetApyPct: null }));
  const outlook = constantOutlook({ rate: '0.01', nextSettlementAtMs: 1, intervalHours: 8 });
  screen.update(spotBook(book(10_000, 10_001)));
  screen.update(perpBook(book(10_200, 10_201)));
  assert.deepEqual(screen.passing(), []);
  screen.setOutlook('binanceusdm', 'USDC/USDT:USDT', outlook, 0);
  assert.equal(screen.passing().length, 1);
  screen.update(perpBook({ asks: [['1.0201', '1']] }));
  assert.deepEqual(screen.passing(), [], 'an empty side');
  screen.update(perpBook(book(10_200, 10_201)));
  screen.setOutlook('binanceusdm', 'USDC/USDT:USDT', null, 0);
  assert.deepEqual(screen.passing(), []);
});
