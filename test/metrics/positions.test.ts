/** Ratios over positions: how often, how much, and what a dollar lost has earned. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { averageReturn } from '../../src/metrics/average-return.ts';
import { countedPositions } from '../../src/metrics/counted-positions.ts';
import { profitFactor } from '../../src/metrics/profit-factor.ts';
import { winRate } from '../../src/metrics/win-rate.ts';
import { hourMs, isNear, tradeAt } from './support/marks.ts';

const pnls = (...amounts: string[]) => amounts.map((realisedUsd) => ({ realisedUsd, notionalUsd: '10000' }));
const amounts = fc.array(fc.integer({ min: -500, max: 500 }).map(String), { minLength: 1, maxLength: 30 });

describe('of four positions that made 6, −2, 0 and −1 USD', () => {
  const four = pnls('6', '-2', '0', '-1');

  test('one has won: nothing gained is nothing won', () => {
    assert.deepEqual(winRate(four, 9), { value: 0.25, days: 9, n: 4 });
    assert.equal(winRate([], 9).value, null);
  });

  test('the average made 0.75 bps of its notional', () => {
    assert.ok(isNear(averageReturn(four, 9).value, 0.000075));
    // Each counts the same, whatever its size: (1 % + 3 %) / 2.
    const sizes = [
      { realisedUsd: '10', notionalUsd: '1000' },
      { realisedUsd: '300', notionalUsd: '10000' },
      { realisedUsd: '-1', notionalUsd: '0' },
    ];
    assert.ok(isNear(averageReturn(sizes, 9).value, 0.02));
    assert.equal(averageReturn([], 9).value, null);
  });

  test('the factor is 2, and not defined where nothing was lost', () => {
    assert.deepEqual(profitFactor(four, 9), { value: 2, days: 9, n: 4 });
    assert.equal(profitFactor(pnls('6', '0'), 9).value, null);
    assert.equal(profitFactor(pnls('-3'), 9).value, 0);
  });
});

test('property: the win rate lies between 0 and 1, and the factor is above 1 exactly when all of it is a gain', () => {
  fc.assert(
    fc.property(amounts, (list) => {
      const rate = winRate(pnls(...list), 1).value;
      assert.ok(rate !== null && rate >= 0 && rate <= 1);
      const total = list.reduce((sum, amount) => sum + Number(amount), 0);
      const { value } = profitFactor(pnls(...list), 1);
      if (value !== null) assert.equal(value > 1, total > 0);
      const mean = averageReturn(pnls(...list), 1).value;
      assert.ok(isNear(mean, total / list.length / 10_000, 1e-9));
    }),
  );
});

describe('a pair that is opened again within the hour', () => {
  test('is one position, on either side; after the hour it is another', () => {
    const trades = [
      tradeAt(0, 5, '3'),
      tradeAt(5.5, 9, '-1', { side: 'long_spot_short_perp' }),
      tradeAt(9.9, 10, '2'),
      tradeAt(11, 12, '7'),
    ];
    assert.deepEqual(countedPositions(trades, hourMs), [
      { keys: ['at 0', 'at 5.5', 'at 9.9'], realisedUsd: '4', notionalUsd: '10000' },
      { keys: ['at 11'], realisedUsd: '7', notionalUsd: '10000' },
    ]);
  });

  test('is not joined with another pair, and the order of the list does not matter', () => {
    const trades = [tradeAt(5.1, 6, '1'), tradeAt(5.05, 7, '9', { pairId: 'another' }), tradeAt(0, 5, '3')];
    assert.deepEqual(
      countedPositions(trades, hourMs).map(({ keys }) => keys),
      [['at 0', 'at 5.1'], ['at 5.05']],
    );
  });

  test('property: whatever is joined, no dollar is lost and no position counted twice', () => {
    const life = fc.record({ from: fc.integer({ min: 0, max: 200 }), hours: fc.integer({ min: 0, max: 9 }) });
    fc.assert(
      fc.property(fc.array(life, { maxLength: 20 }), fc.integer({ min: 0, max: 5 }), (lives, cooldownHours) => {
        const trades = lives.map(({ from, hours }, index) =>
          tradeAt(from, from + hours, String(index + 1), { key: `${index}` }),
        );
        const counted = countedPositions(trades, cooldownHours * hourMs);
        const sum = (list: readonly { readonly realisedUsd: string }[]) =>
          list.reduce((total, { realisedUsd }) => total + Number(realisedUsd), 0);
        assert.equal(sum(counted), sum(trades.map(({ attribution }) => attribution)));
        assert.deepEqual(counted.flatMap(({ keys }) => keys).sort(), trades.map(({ key }) => key).sort());
      }),
    );
  });
});
