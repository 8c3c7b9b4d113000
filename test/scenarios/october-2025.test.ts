/**
 * The demo's tape, 9 to 23 October 2025, hour by hour, with this test's own thresholds: entry above 5 bps, exit at 2, no
 * threshold on the yearly return, fees of 0.5 bps a fill, no funding (none is recorded for these weeks). At the article's
 * thresholds nothing is traded. The crash bars of the two venues are not simultaneous: its profit is unproven.
 *
 * It is four positions of both sides, whichever way they are counted. Each of them open until its gap has closed, four are
 * traded. With the longest holding of seven days the last one is closed by force and opened again, which makes five; and
 * the long position that was opened in the hour in which the first short one closed counts, in reports, as one with it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { constantOutlook } from '../../src/domain/carry.ts';
import { decimal, toText, type Decimal } from '../../src/domain/decimal.ts';
import { evaluateExits } from '../../src/domain/exits.ts';
import { everyPegExempt } from '../../src/domain/peg.ts';
import type { Watch } from '../../src/domain/watch.ts';
import { countedPositions } from '../../src/metrics/counted-positions.ts';
import type { ApprovedSide } from '../../src/strategy/evaluate.ts';
import { evaluatePair } from '../../src/strategy/evaluate-pair.ts';
import type { StrategyRules } from '../../src/strategy/pair.ts';
import { tradeAt } from '../metrics/support/marks.ts';
import { pairOf, rulesOf, sizingOf } from '../support/pairs.ts';
import { examplePlan } from '../support/plans.ts';
import { perpBook, spotBook } from '../support/quotes.ts';
import type { Direction } from '../../src/domain/direction.ts';

interface Hour {
  readonly atMs: number;
  readonly spot: string;
  readonly perp: string;
}

/** Closes of both venues, each known at the end of its hour. */
function tape(): Hour[] {
  const [, ...lines] = readFileSync('data/usdc-basis-2025-10.csv', 'utf8').trim().split('\n');
  const bars = lines.map((line) => line.split(','));
  return [...Map.groupBy(bars, ([time]) => time)].map(([time = '', both]) => {
    const closeAt = (venue: string): string => both.find((bar) => bar[1] === venue)?.[7] ?? assert.fail(time);
    return { atMs: Date.parse(time) + 3_600_000, spot: closeAt('bybit'), perp: closeAt('binanceusdm') };
  });
}

const noFunding = constantOutlook({ rate: '0', nextSettlementAtMs: 0, intervalHours: 8 });
const flat = (price: string) => ({ bids: [[price, '1000000']] as const, asks: [[price, '1000000']] as const });

const hourMs = 3_600_000;
/** The default: the same side of the pair is not opened again within it. The other side may be, at once. */
const cooldownMs = hourMs;
const pegs = { pegOf: everyPegExempt, perpReading: null, stopSinceWallMs: null };

interface Trade {
  readonly direction: Direction;
  readonly openedAtMs: number;
  readonly closedAtMs: number;
  readonly openBps: string;
  readonly closeBps: string;
  readonly reason: string;
  /** Of the notional, after four fees. */
  readonly netBps: string;
}

interface Open {
  readonly watch: Watch;
  readonly openBps: Decimal;
}

/** One position at a time, entered and left at the closes. */
function trade(rules: StrategyRules, feeBps: string): { readonly trades: Trade[]; readonly open: Open | null } {
  const trades: Trade[] = [];
  let open: Open | null = null;
  for (const hour of tape()) {
    const { atMs } = hour;
    const quotes = {
      spotQuote: { ...spotBook(flat(hour.spot)), aliveAtMs: atMs },
      perpQuote: { ...perpBook(flat(hour.perp)), aliveAtMs: atMs },
    };
    if (open !== null) {
      const known = { ...quotes, ...pegs, fundingUsd: '0', expectedCarry: '0', nowWallMs: atMs };
      const { reason, mark } = evaluateExits({ ...known, watch: open.watch });
      if (reason === null || mark === null) continue;
      trades.push({
        direction: open.watch.plan.direction,
        openedAtMs: open.watch.hedgedAtMs,
        closedAtMs: atMs,
        openBps: open.openBps.toFixed(2),
        closeBps: decimal(mark.closeBasisBps).toFixed(2),
        reason,
        netBps: decimal(mark.ratioPct).times(decimal('100')).toFixed(2),
      });
      open = null;
    }
    const isCooling = (direction: Direction): boolean =>
      trades.some((before) => before.direction === direction && atMs - before.closedAtMs < cooldownMs);
    const market = { ...quotes, funding: noFunding, nowWallMs: atMs, nowMarketMs: atMs };
    const best = evaluatePair(pairOf(feeBps, feeBps), rules, market, sizingOf()).find(
      (side) => side.kind === 'approved' && !isCooling(side.direction),
    );
    if (best?.kind === 'approved') open = { watch: watchOf(best, rules, hour, feeBps), openBps: best.basis.basisBps };
  }
  return { trades, open };
}

/** 10,000 of both legs at the closes of the hour. */
function watchOf(side: ApprovedSide, rules: StrategyRules, { atMs, spot, perp }: Hour, feeBps: string): Watch {
  const plan = examplePlan({ direction: side.direction, spot: side.pair.spot, perp: side.pair.perp });
  const maxHoldingMs = Number(rules.maxHoldingDays) * 24 * hourMs;
  const fees = decimal(spot)
    .plus(decimal(perp))
    .times(decimal('10000'))
    .times(decimal(feeBps))
    .times(decimal('0.0001'));
  return {
    key: plan.key,
    workflowId: plan.key,
    plan: { ...plan, exits: { ...plan.exits, exitBps: rules.exitBps, maxHoldingMs } },
    anchor: { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null },
    spotQuantityBase: '10000',
    perpQuantityBase: '10000',
    spotOpenPrice: spot,
    perpOpenPrice: perp,
    openFeesUsd: toText(fees),
    hedgedAtMs: atMs,
  };
}

const own = { entryBps: '5', exitBps: '2', minNetApyPct: null };
const inWords = (trades: readonly Trade[]): string[] =>
  trades.map(({ direction, openBps, closeBps, reason, netBps }) =>
    [direction.slice(0, 5), openBps, closeBps, reason, netBps].join(' '),
  );
/** As reports count them: a re-opening of the pair within the cool-down, on either side, goes on with the same position. */
const counted = (trades: readonly Trade[]): number =>
  countedPositions(
    trades.map(({ direction, openedAtMs, closedAtMs }, index) =>
      tradeAt(0, 0, '0', { key: `${index}`, side: direction, openedAtMs, closedAtMs }),
    ),
    cooldownMs,
  ).length;

const untilThirteenth = [
  // 0.9997/0.999063 on the 9th, 0.9962/0.997359 on the 10th: spot +35.00, perpetual −17.04, fees −2.00: 15.96 of 9,997.
  'short -6.37 11.63 convergence 15.97',
  // In the same hour the other side: 0.9962/0.997359, 0.9986/0.998655: +24.00 − 12.96 − 2.00 = 9.05 of 9,962.
  'long_ 11.63 0.55 convergence 9.08',
  // 0.9994/0.998849, 0.9991/0.998926: +3.00 + 0.77 − 2.00.
  'short -5.51 -1.74 convergence 1.77',
];

test('entry 5, exit 2, no threshold on the return, held until the gap has closed: four trades, both sides', () => {
  const { trades, open } = trade(rulesOf({ ...own, maxHoldingDays: '365' }), '0.5');
  assert.deepEqual(inWords(trades), [
    ...untilThirteenth,
    // 0.9994/0.998900, nine days, 0.9993/0.999124: +1.00 + 2.24 − 2.00.
    'short -5.00 -1.76 convergence 1.24',
  ]);
  assert.equal(open?.openBps.toFixed(2), '-5.47', 'and a fifth is open when the tape ends');
});

test('held for seven days at most, the fourth is closed by force and opened again; four positions are counted', () => {
  const { trades, open } = trade(rulesOf(own), '0.5');
  assert.deepEqual(inWords(trades), [
    ...untilThirteenth,
    // 0.9994/0.998900, seven days, 0.9997/0.999069: −3.00 + 1.69 − 2.00.
    'short -5.00 -6.31 max_holding -3.31',
    // Two hours later: 0.9997/0.999069, 0.9993/0.999124: +4.00 + 0.55 − 2.00. Together the 1.24 from above, less four fees.
    'short -6.31 -1.76 convergence 2.55',
  ]);
  assert.equal(counted(trades), 4, 'the first two are one: the pair was never left');
  assert.notEqual(open, null, 'the tape ends with another');
});

test("at the article's thresholds and the venues' list fees nothing is traded", () => {
  assert.deepEqual(trade(rulesOf(), '10'), { trades: [], open: null });
});
