/**
 * The demo's tape, 9 to 23 October 2025, hour by hour, with this test's own thresholds: entry above 5 bps, exit at 2, no
 * threshold on the yearly return, fees of 0.5 bps a fill, no funding (none is recorded for these weeks). At the article's
 * thresholds nothing is traded. The crash bars of the two venues are not simultaneous: its profit is unproven.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { constantOutlook } from '../../src/domain/carry.ts';
import { decimal, toText, type Decimal } from '../../src/domain/decimal.ts';
import { evaluateExits } from '../../src/domain/exits.ts';
import { everyPegExempt } from '../../src/domain/peg.ts';
import type { Direction } from '../../src/domain/position.ts';
import type { Watch } from '../../src/domain/watch.ts';
import { evaluatePair } from '../../src/strategy/evaluate.ts';
import type { StrategyRules } from '../../src/strategy/pair.ts';
import { pairOf, rulesOf } from '../support/pairs.ts';
import { examplePlan } from '../support/plans.ts';
import { perpBook, spotBook } from '../support/quotes.ts';

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

interface Trade {
  readonly direction: Direction;
  readonly openBps: string;
  readonly closeBps: string;
  readonly reason: string;
  /** Of the notional, after four fees. */
  readonly netBps: string;
}

/** One position at a time, entered and left at the closes. */
function trade(rules: StrategyRules, feeBps: string): { readonly trades: Trade[]; readonly isOpen: boolean } {
  const trades: Trade[] = [];
  let open: { readonly watch: Watch; readonly direction: Direction; readonly openBps: Decimal } | null = null;
  const pair = pairOf(feeBps, feeBps);
  for (const { atMs, spot, perp } of tape()) {
    const spotQuote = { ...spotBook(flat(spot)), aliveAtMs: atMs };
    const perpQuote = { ...perpBook(flat(perp)), aliveAtMs: atMs };
    if (open !== null) {
      const known = {
        fundingUsd: '0',
        expectedCarry: '0',
        pegOf: everyPegExempt,
        perpReading: null,
        stopSinceWallMs: null,
      };
      const { reason, mark } = evaluateExits({ ...known, watch: open.watch, spotQuote, perpQuote, nowWallMs: atMs });
      if (reason === null || mark === null) continue;
      const netBps = decimal(mark.ratioPct).times(decimal('100')).toFixed(2);
      const closeBps = decimal(mark.closeBasisBps).toFixed(2);
      trades.push({ direction: open.direction, openBps: open.openBps.toFixed(2), closeBps, reason, netBps });
      open = null;
      continue;
    }
    const market = { spotQuote, perpQuote, funding: noFunding, nowWallMs: atMs, nowMarketMs: atMs };
    const best = evaluatePair(pair, rules, market, decimal('10000')).find(({ kind }) => kind === 'approved');
    if (best?.kind !== 'approved') continue;
    const plan = examplePlan({ direction: best.direction, spot: pair.spot, perp: pair.perp });
    const exits = { ...plan.exits, exitBps: rules.exitBps };
    const fees = decimal(spot)
      .plus(decimal(perp))
      .times(decimal('10000'))
      .times(decimal(feeBps))
      .times(decimal('0.0001'));
    const held = { spotQuantityBase: '10000', perpQuantityBase: '10000', spotOpenPrice: spot, perpOpenPrice: perp };
    const anchor = { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null };
    const watch = {
      key: plan.key,
      workflowId: plan.key,
      plan: { ...plan, exits },
      anchor,
      ...held,
      openFeesUsd: toText(fees),
      hedgedAtMs: atMs,
    };
    open = { watch, direction: best.direction, openBps: best.basis.basisBps };
  }
  return { trades, isOpen: open !== null };
}

test('entry 5, exit 2, no threshold on the return: five trades of both sides, one of them at a loss by its holding', () => {
  const { trades, isOpen } = trade(rulesOf({ entryBps: '5', exitBps: '2', minNetApyPct: null }), '0.5');
  assert.deepEqual(
    trades.map(({ direction, openBps, closeBps, reason, netBps }) =>
      [direction.slice(0, 5), openBps, closeBps, reason, netBps].join(' '),
    ),
    [
      // 0.9997/0.999063 on the 9th, 0.9962/0.997359 on the 10th: spot +35.00, perpetual −17.04, fees −2.00: 15.96 of 9,997.
      'short -6.37 11.63 convergence 15.97',
      // 0.9976/0.998191, 0.9986/0.998655: +10.00 − 4.64 − 2.00 = 3.36 of 9,976.
      'long_ 5.92 0.55 convergence 3.37',
      // 0.9994/0.998849, 0.9991/0.998926: +3.00 + 0.77 − 2.00.
      'short -5.51 -1.74 convergence 1.77',
      // 0.9994/0.998900, seven days, 0.9997/0.999069: −3.00 + 1.69 − 2.00.
      'short -5.00 -6.31 max_holding -3.31',
      // 0.9997/0.999069, 0.9993/0.999124: +4.00 + 0.55 − 2.00.
      'short -6.31 -1.76 convergence 2.55',
    ],
  );
  assert.ok(isOpen, 'the tape ends with a sixth');
});

test("at the article's thresholds and the venues' list fees nothing is traded", () => {
  assert.deepEqual(trade(rulesOf(), '10'), { trades: [], isOpen: false });
});
