/** The size that a scan judges a pair at: as much of what is wanted as the order books carry, and never more. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { depthWithinBps, levelsFor } from '../../src/domain/basis.ts';
import { decimal, divide, floorToStep, zero } from '../../src/domain/decimal.ts';
import { bookSides, openingSides } from '../../src/strategy/evaluate.ts';
import { directions, evaluatePair, type JudgedSide, type ScanSizing } from '../../src/strategy/evaluate-pair.ts';
import type { Pair, PairMarket, StrategyRules } from '../../src/strategy/pair.ts';
import { sizePosition } from '../../src/strategy/size.ts';
import { marketOf, pairOf, rulesOf, sizingOf } from '../support/pairs.ts';
import { perpBook, spotBook } from '../support/quotes.ts';

const pair = pairOf('0.5', '0.5');

/** A gap of 50 bps for the long side; each book side holds so much, all of it at its best price. */
function market(depths: { readonly all?: string; readonly perpAsks?: string } = {}): PairMarket {
  const { all = '150000', perpAsks = all } = depths;
  return marketOf(
    spotBook({ bids: [['0.9999', all]], asks: [['1.0000', all]] }),
    perpBook({ bids: [['1.0050', all]], asks: [['1.0051', perpAsks]] }),
  );
}

interface Asked {
  readonly of?: Pair;
  readonly rules?: Partial<StrategyRules>;
  readonly sizing?: Partial<ScanSizing>;
}

function long(shown: PairMarket, { of = pair, rules = {}, sizing = {} }: Asked = {}): JudgedSide {
  const asked = rulesOf({ minDepthMultiple: '5', ...rules });
  const [side] = evaluatePair(of, asked, shown, sizingOf({ bootstrapUsd: '100000', ...sizing }));
  assert.ok(side !== undefined);
  return side;
}

const reasonsOf = (side: JudgedSide): readonly string[] => (side.kind === 'refused' ? side.reasons : []);
const sizeOf = (side: JudgedSide): readonly [size: string, bound: string] => {
  assert.deepEqual(reasonsOf(side), []);
  return [side.quantityBase.toFixed(), side.bound];
};

describe('what is wanted', () => {
  test('is judged where order books carry it five times, and a fifth of the thinnest side where they do not', () => {
    assert.deepEqual(sizeOf(long(market({ all: '500000' }), { sizing: { maxPairUsd: '100000' } })), [
      '100000',
      'bootstrapUsd',
    ]);
    // 150,000 / 5; and 100,004 / 5 = 20,000.8 on the perpetual's lot of 1, of a side that only the close will take from.
    const asks = 'depth of bybit USDC/USDT asks within 10 bps, 150000, over minDepthMultiple 5';
    assert.deepEqual(sizeOf(long(market())), ['30000', asks]);
    const thin = 'depth of binanceusdm USDC/USDT:USDT asks within 10 bps, 100004, over minDepthMultiple 5';
    assert.deepEqual(sizeOf(long(market({ perpAsks: '100004' }))), ['20000', thin]);
  });

  test('is no more than the caps in dollars, and than lies within the slippage', () => {
    const deep = market({ all: '1000000' });
    assert.deepEqual(sizeOf(long(deep)), ['50000', 'maxPairUsd']);
    assert.deepEqual(sizeOf(long(deep, { sizing: { maxPositionUsd: '40000' } })), ['40000', 'maxPositionUsd']);
    const rules = { minDepthMultiple: null };
    const shown = market({ all: '7000' });
    assert.deepEqual(sizeOf(long(shown, { rules })), ['7000', 'depth of binanceusdm USDC/USDT:USDT within 5 bps']);
  });

  test('is no more than is lent for a short on a loan', () => {
    const terms = { currency: 'USDC', owed: '0', hourlyRate: '0', isLent: true, available: '4321.5' };
    const shown = {
      ...marketOf(
        spotBook({ bids: [['1.0050', '150000']], asks: [['1.0051', '150000']] }),
        perpBook({ bids: [['0.9999', '150000']], asks: [['1.0000', '150000']] }),
      ),
      loan: { ...terms, collateralRate: '0.2', readAtMs: 0 },
    };
    const rules = rulesOf({ minDepthMultiple: '5', shortSpot: 'borrow' });
    const [, short] = evaluatePair(pair, rules, shown, sizingOf({ bootstrapUsd: '100000' }));
    assert.deepEqual(short && sizeOf(short), ['4321', 'USDC that can be borrowed at bybit']);
  });
});

describe('what is left', () => {
  test('at or under minPositionUsd is refused as its admission would be, with the figures that it was seen at', () => {
    const side = long(market({ perpAsks: '5000' }));
    assert.deepEqual(reasonsOf(side), [
      'size 1000.00 USD is not above minPositionUsd 1000: bound by depth of binanceusdm USDC/USDT:USDT asks within 10 bps, 5000, over minDepthMultiple 5',
    ]);
    assert.deepEqual([side.quantityBase.toFixed(), side.basis?.signedBasisBps.toFixed()], ['1000', '50']);
    assert.equal(long(market({ perpAsks: '5005' })).kind, 'approved');
  });

  test('under what an exchange takes is refused by its name', () => {
    const { instrument } = pair.perp;
    const of = { ...pair, perp: { ...pair.perp, instrument: { ...instrument, minimumNotional: '2000' } } };
    assert.match(
      reasonsOf(long(market({ all: '9000' }), { of })).join('; '),
      /^1800 is under the minimum of binanceusdm USDC\/USDT:USDT \(\d+ base, 2000 quote\)$/,
    );
  });

  test('under a lot, or nothing at all, is told as such, beside what else stands against it', () => {
    const lot = 'depth of binanceusdm USDC/USDT:USDT asks within 10 bps, 4, over minDepthMultiple 5';
    assert.deepEqual(reasonsOf(long(market({ perpAsks: '4' }))), [`nothing is left to open: bound by ${lot}`]);
    const empty = long({ ...market(), perpQuote: perpBook({}), nowWallMs: 2_001 });
    const [first, second, ...others] = reasonsOf(empty);
    assert.equal(first, 'no depth of binanceusdm USDC/USDT:USDT within 5 bps');
    assert.match(second ?? '', /2001 ms old/);
    assert.deepEqual(others, []);
  });
});

/** Four sides of four levels each: steps between them in ten-thousandths, and what each level holds. */
const levels = fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 40_000 })), {
  minLength: 4,
  maxLength: 4,
});
const world = fc.record({
  sides: fc.tuple(levels, levels, levels, levels),
  /** What a smaller order book keeps of each of its sixteen levels, in percent. */
  kept: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 16, maxLength: 16 }),
  bootstrapUsd: fc.integer({ min: 1_001, max: 120_000 }).map(String),
  minDepthMultiple: fc.constantFrom(null, '3', '5'),
});

type Levels = readonly (readonly [step: number, quantity: number])[];

function booksOf(sides: readonly Levels[], keptPct: readonly number[] = []): PairMarket {
  const side = (index: number, from: number, sign: 1 | -1) => {
    let ticks = from;
    return (sides[index] ?? []).map(([step, quantity], level): [string, string] => {
      ticks += sign * step;
      const kept = keptPct[index * 4 + level] ?? 100;
      return [(ticks / 10_000).toFixed(4), ((quantity * kept) / 100).toFixed(2)];
    });
  };
  return marketOf(
    spotBook({ bids: side(0, 10_000, -1), asks: side(1, 10_000, 1) }),
    perpBook({ bids: side(2, 10_050, -1), asks: side(3, 10_050, 1) }),
  );
}

test('whatever the order books: no side of them is asked for more than it carries, and smaller ones for no more', () => {
  let bounded = 0;
  fc.assert(
    fc.property(world, ({ sides, kept, bootstrapUsd, minDepthMultiple }) => {
      const rules = rulesOf({ minDepthMultiple });
      const sizing = sizingOf({ bootstrapUsd });
      const shown = booksOf(sides);
      const smaller = evaluatePair(pair, rules, booksOf(sides, kept), sizing);
      for (const [index, { direction, quantityBase, bound }] of evaluatePair(pair, rules, shown, sizing).entries()) {
        const { spotQuote, perpQuote } = shown;
        const opening = openingSides(direction);
        assert.ok(smaller[index]?.quantityBase.lte(quantityBase));
        for (const [quote, side] of [
          [spotQuote, opening.spot],
          [perpQuote, opening.perp],
        ] as const)
          assert.ok(quantityBase.lte(depthWithinBps(quote, side, decimal('5'))));
        for (const { depthBase } of bookSides([spotQuote, perpQuote], decimal('10')))
          assert.ok(quantityBase.times(decimal(minDepthMultiple ?? '0')).lte(depthBase));
        const best = decimal(levelsFor(spotQuote, opening.spot)[0]?.price ?? '0');
        const wanted = floorToStep(divide(decimal(bootstrapUsd), best), decimal('1'));
        assert.ok(quantityBase.lte(wanted));
        if (bound === 'bootstrapUsd') assert.ok(quantityBase.eq(wanted), 'nothing else made it smaller');
        else bounded += 1;
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(bounded > 200, `only ${bounded} sizes were bound by their order books`);
});

test('the scan refuses no size that an admission takes, and judges no smaller one', () => {
  let taken = 0;
  fc.assert(
    fc.property(world, ({ sides, bootstrapUsd, minDepthMultiple }) => {
      const rules = rulesOf({ minDepthMultiple, entryBps: '-1000', exitBps: '-2000', anyReturn: true });
      const sizing = sizingOf({ bootstrapUsd });
      const { spotQuote, perpQuote, ...rest } = booksOf(sides);
      const judged = evaluatePair(pair, rules, { spotQuote, perpQuote, ...rest }, sizing);
      for (const [index, direction] of directions.entries()) {
        const size = sizePosition({
          pair,
          direction,
          rules: { ...sizing, minDepthMultiple, depthWithinBps: rules.depthWithinBps },
          spotQuote,
          perpQuote,
          stake: { amountUsd: decimal(bootstrapUsd), bound: 'bootstrapUsd' },
          pairExposureUsd: zero,
          freeOf: () => decimal('10000000'),
        });
        if (size.kind === 'refused') continue;
        taken += 1;
        const side = judged[index];
        assert.ok(side !== undefined && side.quantityBase.gte(size.quantityBase));
        assert.deepEqual(reasonsOf(side), []);
        if (size.bound.startsWith('depth')) assert.ok(side.quantityBase.eq(size.quantityBase));
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(taken > 200, `only ${taken} sizes were taken`);
});
