/** What a report looks like, from a book whose figures were worked out by hand. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimal, sum } from '../../../src/domain/decimal.ts';
import type { PositionPlan } from '../../../src/domain/position.ts';
import { performanceOf, type PerformanceInput } from '../../../src/metrics/performance.ts';
import type { RecordedPosition } from '../../../src/metrics/trade.ts';
import { reportPage } from '../../../src/cli/report/page.ts';
import { plot } from '../../../src/cli/report/plot.ts';
import { reportText } from '../../../src/cli/report/text.ts';
import { watchOf } from '../../activities/watching/support.ts';
import { attributed, dayMs, hourMs, markAt, startMs } from '../../metrics/support/marks.ts';
import { examplePlan } from '../../support/plans.ts';

/** 10,000 at 1.0000 and 1.0020: 13,340 of capital. */
function position(
  fromHours: number,
  toHours: number | null,
  basisUsd: string,
  change: Partial<PositionPlan> = {},
): RecordedPosition {
  const plan = examplePlan({ key: `at ${fromHours}`, ...change });
  const realisedUsd = decimal(basisUsd).minus(decimal('1')).toFixed();
  return {
    position: {
      key: plan.key,
      plan,
      status: toHours === null ? 'hedged' : 'closed',
      exitReason: toHours === null ? null : 'convergence',
      openedAtMarketMs: startMs + fromHours * hourMs,
      closedAtMarketMs: toHours === null ? null : startMs + toHours * hourMs,
      attribution: toHours === null ? null : attributed(basisUsd, '-1', realisedUsd),
    },
    watch: watchOf({ plan }),
  };
}

function inputOf(change: Partial<PerformanceInput> = {}): PerformanceInput {
  return {
    book: 'default',
    sinceMs: null,
    nowMs: startMs + 3 * dayMs,
    points: [markAt(0, '20000'), markAt(24, '20010'), markAt(48, '30005', '11000'), markAt(72, '30007', '11000')],
    positions: [
      position(6, 30, '7'),
      position(50, 62, '-1', { direction: 'long_spot_short_perp' }),
      position(70, null, '0'),
    ],
    reentryCooldownMs: hourMs,
    rfApr: 0,
    by: 'side',
    ...change,
  };
}

describe('a report', () => {
  test('says where the equity went: all of it is told, and adds up', () => {
    const { equity, trades, openPositions, isHeadline } = performanceOf(inputOf());
    assert.deepEqual(equity, {
      startUsd: '20000',
      endUsd: '30007',
      transfersUsd: '10000',
      changeUsd: '7',
      tradingUsd: '7',
      realisedUsd: '4',
      unrealisedUsd: '3',
      heldUsd: '0',
    });
    assert.deepEqual(trades.attribution, attributed('6', '-2', '4'));
    assert.deepEqual([trades.positions, openPositions, isHeadline], [2, 1, false]);
  });

  test('names the coins that were sold from inventory for good, of positions that ended in the period alone', () => {
    const baselineChange = { account: 'bybit', currency: 'USDC', quantityBase: '-10000' };
    const keeping = (one: RecordedPosition): RecordedPosition => ({
      ...one,
      position: { ...one.position, baselineChange },
    });
    const positions = [
      keeping(position(6, 30, '7')),
      keeping(position(50, 62, '-1')),
      keeping(position(70, null, '0')),
    ];
    const performance = performanceOf(inputOf({ positions }));
    assert.deepEqual(performance.inventoryChanges, [
      { account: 'bybit', currency: 'USDC', quantityBase: '-20000', positions: 2 },
    ]);
    assert.match(
      reportText(performance),
      /SOLD FROM INVENTORY FOR GOOD +COINS\nUSDC of bybit, by 2 positions +-20,000\.00/,
    );
    assert.match(reportPage(performance), /Sold from inventory for good/);
    assert.ok(!reportText(performanceOf(inputOf())).includes('INVENTORY'));
  });

  test('gives each figure its days and its count', () => {
    const text = reportText(performanceOf(inputOf()));
    const words = text.replaceAll(/ +/g, ' ');
    for (const line of [
      'book default, 2026-01-01 00:00 to 2026-01-04 00:00, 3.0 days',
      'under 30 days: no ratio is a headline; 1 open, in the equity alone',
      // (20,010 / 20,000) · (20,005 / 20,010) · (30,007 / 30,005) − 1
      'return of trading, time-weighted 0.032 % 3.0 4',
      'max drawdown of trading -0.025 % 3.0 4',
      'positions won 50.0 % 3.0 2',
      // (6 − 2) / 10,000 / 2
      'average return of a position 2.00 bps 3.0 2',
      'profit factor 3.00 3.0 2',
      // 4 / (13,340 · 1 + 13,340 · 0.5) · 365
      'APR on capital in use 7.30 % 3.0 2',
      'put in, less taken out 10,000.00',
      'trading: change of what is on 3.00',
    ])
      assert.ok(words.includes(line), `${line}\n${text}`);
  });

  test('names what money earns without risk beside the ratios that are over it', () => {
    const line = (rfApr: number): string =>
      /Sharpe.*/.exec(reportText(performanceOf(inputOf({ rfApr }))).replaceAll(/ +/g, ' '))?.[0] ?? '';
    // Days of 5, −2.4988 and 0.6666 bps: a mean of 1.0559 and a sample deviation of 3.7645. 1.0559/3.7645 · √365 = 5.36;
    // 4.5 % are 1.2329 bps a day, so that −0.1770/3.7645 · √365 = −0.90 are left.
    assert.match(line(0), /^Sharpe, daily, rf 0 % 5\.36 /);
    assert.match(line(0.045), /^Sharpe, daily, rf 4\.5 % -0\.90 /);
  });

  test('tells trading and the price of the inventory apart: ratios are of trading alone', () => {
    // 10,000 USDC at 0.9990, 0.9960, 0.9985 and 0.9980, and 10,010 USDT; trading comes to 3, then 4, then 4 again.
    const inventory = (hours: number, equityUsd: string, priceUsd: string) => ({
      ...markAt(hours, equityUsd, '10010'),
      transfers: [
        ...markAt(hours, equityUsd, '10010').transfers,
        { account: 'bybit', currency: 'USDC', amount: '10000', priceUsd },
      ],
    });
    const points = [
      inventory(0, '20000', '0.9990'),
      inventory(24, '19973', '0.9960'),
      inventory(48, '19999', '0.9985'),
      inventory(72, '19994', '0.9980'),
    ];
    const performance = performanceOf(inputOf({ points }));
    assert.deepEqual(performance.equity, {
      startUsd: '20000',
      endUsd: '19994',
      transfersUsd: '0',
      changeUsd: '-6',
      tradingUsd: '4',
      realisedUsd: '4',
      unrealisedUsd: '0',
      heldUsd: '-10',
    });
    const text = reportText(performance);
    const words = text.replaceAll(/ +/g, ' ');
    for (const line of [
      'trading: positions that ended 4.00',
      'trading: change of what is on 0.00',
      'coins held besides: their prices -10.00',
      // (1 + 3 / 20,000) · (1 + 1 / 19,973) − 1, and nothing on the last day; 19,994 / 20,000 − 1
      'return of trading, time-weighted 0.020 % 3.0 4',
      'return with the coins held -0.030 % 3.0 4',
      'max drawdown of trading 0.000 % 3.0 4',
      // 19,973 / 20,000 − 1
      'max drawdown with the coins held -0.135 % 3.0 4',
    ])
      assert.ok(words.includes(line), `${line}\n${text}`);
    assert.deepEqual(
      performance.daily.map(({ value }) => value.toFixed(7)),
      ['0.0001500', '0.0000501', '0.0000000'],
    );
  });

  test('by side: the groups add up to the whole', () => {
    const { groups, trades } = performanceOf(inputOf());
    assert.deepEqual(
      groups.map(({ name, attribution }) => [name, attribution.realisedUsd]),
      [
        ['long', '-2'],
        ['short', '6'],
      ],
    );
    assert.equal(
      sum(groups.map(({ attribution }) => decimal(attribution.realisedUsd))).toFixed(),
      trades.attribution.realisedUsd,
    );
  });

  test('by each grouping, under the names that it has', () => {
    const { position: short, watch } = position(6, 30, '7');
    const carry = { position: { ...short, plan: { ...short.plan, kind: 'funding' as const } }, watch };
    const positions = [carry, position(50, 62, '-1', { asset: 'USDE' })];
    const names = (by: PerformanceInput['by']) =>
      performanceOf(inputOf({ positions, by })).groups.map(({ name }) => name);
    assert.deepEqual(names('venue-pair'), ['bybit/binanceusdm']);
    assert.deepEqual(names('asset'), ['USDC', 'USDE']);
    assert.deepEqual(names('side'), ['short']);
    assert.deepEqual(names('kind'), ['basis', 'funding'], 'plans of before there were two are of the first');
    assert.deepEqual(names('exit'), ['convergence']);
  });

  test('fits 80 columns, however many groups there are and however long their names', () => {
    const venues = ['binanceusdm', 'krakenfutures', 'hyperliquid', 'okx', 'bybit'];
    const positions = venues.flatMap((venue, index) => {
      const { perp } = examplePlan();
      const leg = { ...perp, instrument: { ...perp.instrument, venue } };
      return [position(index, index + 2, '-1234.5678', { perp: leg, pairId: venue })];
    });
    const text = reportText(performanceOf(inputOf({ positions, by: 'venue-pair' })));
    assert.deepEqual(
      text.split('\n').filter((line) => line.length > 80),
      [],
    );
    for (const venue of venues) assert.equal(text.split(`bybit/${venue}`).length - 1, 2, venue);
  });

  test('begins with a mark: what ended before it is not in the period', () => {
    const points = inputOf().points.slice(2);
    const { fromMs, equity, trades } = performanceOf(inputOf({ sinceMs: startMs + 49 * hourMs, points }));
    assert.equal(fromMs, startMs + 48 * hourMs);
    assert.deepEqual([equity?.changeUsd, equity?.realisedUsd, trades.positions], ['2', '-2', 1]);
  });

  test('says of a position that began before the period that its whole P&L is counted, and calls nothing on that is not', () => {
    // 80 of its 100 had been gained by the first mark, and were taken with the rest: on were 80 then, and nothing now.
    const points = [markAt(24, '10080'), markAt(48, '10100')];
    const sinceMs = startMs + 24 * hourMs;
    const performance = performanceOf(inputOf({ sinceMs, points, positions: [position(6, 30, '101')] }));
    const { equity, beganBefore, openPositions } = performance;
    assert.deepEqual([equity?.tradingUsd, equity?.realisedUsd, equity?.unrealisedUsd], ['20', '100', '-80']);
    assert.deepEqual([beganBefore, openPositions], [1, 0]);
    const words = reportText(performance).replaceAll(/ +/g, ' ');
    for (const line of [
      '1 position that ended began before the first mark: its whole P&L is counted\n',
      'trading: positions that ended 100.00',
      'trading: change of what is on -80.00',
      // 100 of 13,340 in one day of its life, not 20: · 365
      'APR on capital in use 273.61 % 1.0 1',
    ])
      assert.ok(words.includes(line), `${line}\n${words}`);
    assert.match(reportPage(performance), /its whole P&amp;L is counted/);
  });

  test('says nothing of the kind where every position that ended began in the period', () => {
    const performance = performanceOf(inputOf());
    assert.equal(performance.beganBefore, 0);
    assert.doesNotMatch(reportText(performance), /began before/);
  });

  test('tells the positions of a ledger that was never marked, and of an empty one that there is nothing', () => {
    const unmarked = performanceOf(inputOf({ points: [] }));
    assert.equal(unmarked.equity, null);
    assert.match(reportText(unmarked), /P&L +4\.0000/);
    assert.match(reportPage(unmarked), /not enough marks/);
    const empty = performanceOf(inputOf({ points: [], positions: [] }));
    assert.equal(reportText(empty), 'book default: no marks and no positions yet');
  });

  test('counts what an aborted opening cost, and none that cost nothing', () => {
    const aborted = (attribution: RecordedPosition['position']['attribution']): RecordedPosition => ({
      position: {
        ...position(1, 2, '0').position,
        status: 'aborted',
        openedAtMarketMs: null,
        exitReason: null,
        attribution,
      },
      watch: null,
    });
    const positions = [aborted(attributed('-3', '-1', '-4')), aborted(attributed('0', '0', '0'))];
    const { groups } = performanceOf(inputOf({ positions, by: 'exit' }));
    assert.deepEqual(
      groups.map(({ name, positions: n, attribution }) => [name, n, attribution.realisedUsd]),
      [['aborted', 1, '-4']],
    );
  });
});

describe('the page', () => {
  test('loads nothing: no script, no address, and its plots inline', () => {
    const page = reportPage(performanceOf(inputOf({ book: '<b>&"' })));
    assert.doesNotMatch(page, /<script|<link|<img|@import|url\(|https?:|src=/i);
    assert.equal(page.match(/<svg /g)?.length, 3);
    assert.equal(page.match(/<polyline /g)?.length, 3);
    assert.ok(page.includes('&lt;b&gt;&amp;&quot;') && !page.includes('<b>'), 'names are text');
  });

  test('a plot of a year keeps its highest and its lowest mark', () => {
    const points = Array.from({ length: 8_760 }, (_, hour) => ({ atMs: startMs + hour * hourMs, value: 0 }));
    for (const [hour, value] of [
      [1_234, 10],
      [5_678, -10],
    ] as const)
      points[hour] = { atMs: startMs + hour * hourMs, value };
    const svg = plot({ title: 'a year', points, shown: String, filled: false });
    const drawn = (/<polyline class="line" points="([^"]*)"/.exec(svg)?.[1] ?? '').split(' ');
    assert.ok(drawn.length < 1_500, `${drawn.length} points`);
    const heights = drawn.map((point) => Number(point.split(',')[1]));
    assert.deepEqual([Math.min(...heights), Math.max(...heights)], [12, 194], 'the top and the bottom of the plot');
  });

  test('a flat line is drawn', () => {
    const points = [0, 1].map((hour) => ({ atMs: startMs + hour * hourMs, value: 0 }));
    for (const filled of [true, false])
      assert.doesNotMatch(plot({ title: '', points, shown: String, filled }), /NaN|Infinity/);
  });
});
