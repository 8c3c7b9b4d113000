/** When the watcher looks at which pairs, and what it reports: the best three, at an interval, and at once on a crossing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createOpportunityScan } from '../../../activities/watching/opportunity-scan.ts';
import { constantOutlook } from '../../../src/domain/carry.ts';
import { decimal } from '../../../src/domain/decimal.ts';
import { everyPegExempt } from '../../../src/domain/peg.ts';
import type { Quote } from '../../../src/domain/quote.ts';
import type { Pair } from '../../../src/strategy/pair.ts';
import { pairOf, rulesOf, sizingOf } from '../../support/pairs.ts';
import { perpBook, spotBook } from '../../support/quotes.ts';

/** A pair at two exchanges that nothing else trades at; `plain` is the usual one of the tests. */
function pairAt(spotVenue: string, perpVenue: string, pairId: string): Pair {
  const { spot, perp, ...rest } = pairOf('10', '5', pairId);
  return {
    ...rest,
    spot: { ...spot, instrument: { ...spot.instrument, venue: spotVenue } },
    perp: { ...perp, instrument: { ...perp.instrument, venue: perpVenue } },
  };
}

/** Flat order books, a tick wide, at a price in ten-thousandths. @param wildness multiplier of the pair `wild` */
function market(pairs: readonly Pair[], wildness = '1') {
  const quotes = new Map<string, Quote>();
  const asked: string[] = [];
  const terms = {
    pairs,
    rules: rulesOf(),
    sizing: sizingOf(),
    scanIntervalMs: 30_000,
    idleScanIntervalMs: 60_000,
  };
  const scan = createOpportunityScan(terms);
  const shown = {
    quote: (venue: string) => {
      asked.push(venue);
      return quotes.get(venue);
    },
    outlook: () => constantOutlook({ rate: '0', nextSettlementAtMs: 1, intervalHours: 8 }),
    isTaken: () => false,
    pegOf: everyPegExempt,
    centre: () => null,
    loan: () => null,
    multiplier: (pairId: string) => decimal(pairId === 'wild' ? wildness : '1'),
  };
  const ticks = (count: number): string => (count / 10_000).toFixed(4);
  return {
    asked,
    /** As a quote that nobody was told of. */
    put: (leg: 'spot' | 'perp', venue: string, bid: number, depth = '1000000'): Quote => {
      const level = (price: number) => [[ticks(price), depth]] as const;
      const quote = (leg === 'spot' ? spotBook : perpBook)({ bids: level(bid), asks: level(bid + 1) });
      quotes.set(venue, { ...quote, venue });
      return { ...quote, venue };
    },
    /** Pairs of the report, best first; null: none. What is shown is always fresh. */
    look: (atMs: number, changed: Quote | null = null): string[] | null => {
      for (const [venue, quote] of quotes) quotes.set(venue, { ...quote, aliveAtMs: atMs });
      const report = scan.scan(shown, atMs, 0, changed);
      return report === null ? null : report.candidates.map(({ pair }) => pair.pairId);
    },
  };
}

// (1.0080 − 1.0001) / 1.0001 = 79 bps, where four fees and the article's 15 % take some 71.
const [narrow, wide, wider] = [10_001, 10_080, 10_090];

describe('a changed quote', () => {
  test('has only its own pairs looked at, and what is new among them is reported at once', () => {
    const { put, look, asked } = market([pairOf(), pairAt('kraken', 'okx', 'far')]);
    put('spot', 'bybit', 10_000);
    put('spot', 'kraken', 10_000);
    put('perp', 'okx', narrow);
    const changed = put('perp', 'binanceusdm', narrow);
    assert.equal(look(0), null);
    asked.length = 0;
    assert.equal(look(0, changed), null);
    assert.deepEqual(asked, [], 'the screen alone has answered');
    const crossing = put('perp', 'binanceusdm', wide);
    assert.deepEqual(look(0, crossing), ['USDC']);
    assert.equal(look(1_000, crossing), null, 'it stands, and was reported a moment ago');
    assert.deepEqual(look(30_000), ['USDC'], 'again at the interval');
  });

  test('what fell away and comes back within the interval crosses again', () => {
    const { put, look } = market([pairOf()]);
    put('spot', 'bybit', 10_000);
    put('perp', 'binanceusdm', wide);
    assert.deepEqual(look(0), ['USDC']);
    assert.equal(look(2_000, put('perp', 'binanceusdm', narrow)), null);
    assert.deepEqual(look(4_000, put('perp', 'binanceusdm', wide)), ['USDC']);
  });

  test('what would not come among the best three is not reported, until it would, or one of them goes', () => {
    const names = ['a', 'b', 'c', 'd'];
    const { put, look } = market(names.map((name) => pairAt(`spot-${name}`, `perp-${name}`, name)));
    for (const name of names) put('spot', `spot-${name}`, 10_000);
    for (const name of ['a', 'b', 'c']) put('perp', `perp-${name}`, wider);
    put('perp', 'perp-d', narrow);
    assert.deepEqual(look(0), ['a', 'b', 'c']);
    assert.equal(look(1_000, put('perp', 'perp-d', wide)), null, 'worth opening, but the fourth');
    assert.deepEqual(look(1_500, put('perp', 'perp-d', wider + 10)), ['d', 'a', 'b'], 'now it is the best');
    assert.equal(look(2_000, put('perp', 'perp-c', wider)), null, 'as good as the third, and reported before');
    assert.equal(look(2_500, put('perp', 'perp-d', narrow)), null);
    assert.deepEqual(look(3_000, put('perp', 'perp-c', wider)), ['a', 'b', 'c'], 'there is room again');
  });
});

test('everything is looked at every 30 s while something stands, and every 60 s while nothing does', () => {
  const { put, look } = market([pairOf()]);
  put('spot', 'bybit', 10_000);
  put('perp', 'binanceusdm', narrow);
  assert.equal(look(0), null);
  put('perp', 'binanceusdm', wide);
  assert.equal(look(30_000), null, 'nothing stood half a minute ago');
  assert.equal(look(59_999), null);
  assert.deepEqual(look(60_000), ['USDC']);
  assert.equal(look(89_999), null);
  assert.deepEqual(look(90_000), ['USDC']);
  put('perp', 'binanceusdm', narrow);
  assert.equal(look(120_000), null, 'looked, and gone');
  put('perp', 'binanceusdm', wide);
  assert.equal(look(150_000), null);
  assert.deepEqual(look(180_000), ['USDC']);
});

test('order books that carry a part of what is wanted are worth that part, and are reported once it is enough', () => {
  const { put, look } = market([pairOf()]);
  put('spot', 'bybit', 10_000);
  // Of 10,000 USD: 1.0001 · 999 = 999.10 is not above the 1,000 that a position takes at least; 4,000.40 is.
  put('perp', 'binanceusdm', wide, '999');
  assert.equal(look(0), null);
  assert.deepEqual(look(1_000, put('perp', 'binanceusdm', wide, '4000')), ['USDC']);
});

test('the wilder of two pairs is reported second, though it pays more', () => {
  const order = (wildness: string) => {
    const { put, look } = market(
      [pairAt('bybit', 'binanceusdm', 'calm'), pairAt('kraken', 'binanceusdm', 'wild')],
      wildness,
    );
    put('spot', 'bybit', 10_000);
    put('spot', 'kraken', 9_990);
    put('perp', 'binanceusdm', wide);
    return look(0);
  };
  // 44 and 54 bps net, both at a score of 2.1: three times that is more than the ten bps are worth.
  assert.deepEqual(order('1'), ['wild', 'calm']);
  assert.deepEqual(order('3'), ['calm', 'wild']);
});

test('of many, the wild one is not among the best three, nor does its quote say otherwise', () => {
  const names = ['a', 'b', 'c', 'wild'];
  const { put, look } = market(
    names.map((name) => pairAt(`spot-${name}`, `perp-${name}`, name)),
    '3',
  );
  for (const name of names) {
    put('spot', `spot-${name}`, 10_000);
    put('perp', `perp-${name}`, wide);
  }
  assert.deepEqual(look(0), ['a', 'b', 'c']);
  assert.equal(look(1_000, put('perp', 'perp-wild', wider)), null);
});
