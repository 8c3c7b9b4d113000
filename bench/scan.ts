/**
 * How long the watcher's scan takes, on one core: every spot × perpetual pair of 100 assets on ten venues, both sides, all
 * of it, what has to be worked out in decimals included.
 */
import { performance } from 'node:perf_hooks';
import { createOpportunityScan, type ScanMarket } from '../activities/watching/opportunity-scan.ts';
import { constantOutlook } from '../src/domain/carry.ts';
import { one } from '../src/domain/decimal.ts';
import { everyPegExempt } from '../src/domain/peg.ts';
import type { Quote } from '../src/domain/quote.ts';
import { evaluatePair, type ScanSizing } from '../src/strategy/evaluate-pair.ts';
import type { Pair, StrategyRules } from '../src/strategy/pair.ts';
import { createScreen } from '../src/strategy/screen.ts';
import { load, machine, type Machine } from './machine.ts';
import { scanUniverse } from './scan-universe.ts';
import { distribution, percentile, type Distribution } from './statistics.ts';

const quotesASample = 100;
const sizing: ScanSizing = {
  bootstrapUsd: '10000',
  minPositionUsd: '1000',
  maxPositionUsd: '100000',
  maxPairUsd: '50000',
  maxOpenSlippageBps: '5',
  maxCloseSlippageBps: '20',
};
/** What passes is worked out whole so often, for comparison: it takes long. */
const wholeRuns = 5;

/** The article's thresholds. */
const rules: StrategyRules = {
  entryBps: '20',
  exitBps: '5',
  centre: 'zero',
  minNetApyPct: '15',
  horizonDays: '7',
  maxHoldingDays: '7',
  stopLossPct: '5',
  profitTargetPct: '2',
  convergence: 'net',
  depeg: null,
  liquidationDistancePct: '10',
  liquidationTargetPct: '20',
  fundingFlip: 'on',
  venueDown: { afterMs: 60_000, closeReachable: false },
  funding: null,
  shortSpot: 'inventory',
  minDepthMultiple: null,
  depthWithinBps: '10',
};

/** How many pairs pass, by how far apart prices are, and by what is asked of them. */
const cases: readonly { readonly name: string; readonly apartBps: number; readonly rules: StrategyRules }[] = [
  { name: 'few pass', apartBps: 45, rules },
  { name: 'many pass', apartBps: 90, rules },
  { name: 'all pass', apartBps: 90, rules: { ...rules, entryBps: '-1000', exitBps: '-2000', minNetApyPct: null } },
];

export interface ScanCase {
  readonly name: string;
  /** Pairs that pass the screen. */
  readonly passing: number;
  /** Those of them that were worked out in decimals, to know the best three. */
  readonly workedOut: number;
  /** All quotes taken in, all funding, all pairs, both sides, and the report of the best three. */
  readonly fullScan: Distribution;
  /** One quote taken in, and its pairs, both sides; a full scan where one of them comes among the best. */
  readonly oneQuote: { readonly p50Us: number; readonly p99Us: number };
  /** What it would take to work out everything that passes. */
  readonly everythingInDecimalsMs: number;
}

export interface ScanReport {
  readonly name: 'scan';
  readonly pairs: number;
  readonly quotes: number;
  readonly cases: readonly ScanCase[];
  /** Of the medians, by the names of the cases; the 99th percentile tells of who else the machine was busy with. */
  readonly goal: { readonly fullScanMs: number; readonly oneQuoteUs: number; readonly metBy: readonly string[] };
  readonly machine: Machine;
}

export function benchScan(runs: number): ScanReport {
  const before = load();
  const measured = cases.map(({ name, apartBps, rules: asked }) => benchCase(runs, name, apartBps, asked));
  const met = measured.filter(({ fullScan, oneQuote }) => fullScan.p50Ms <= 5 && oneQuote.p50Us <= 100);
  const { pairs, quotes } = scanUniverse(0);
  return {
    name: 'scan',
    pairs: pairs.length,
    quotes: quotes.length,
    cases: measured,
    goal: { fullScanMs: 5, oneQuoteUs: 100, metBy: met.map(({ name }) => name) },
    machine: machine(before),
  };
}

function benchCase(runs: number, name: string, apartBps: number, asked: StrategyRules): ScanCase {
  const { pairs, quotes, moved } = scanUniverse(apartBps);
  const shown = new Map(quotes.map((quote) => [`${quote.venue} ${quote.symbol}`, quote]));
  const outlook = constantOutlook({ rate: '0.0001', nextSettlementAtMs: 0, intervalHours: 8 });
  let workedOut = 0;
  const market: ScanMarket = {
    quote: (venue, symbol) => shown.get(`${venue} ${symbol}`),
    outlook: () => outlook,
    isTaken: () => {
      workedOut += 1;
      return false;
    },
    pegOf: everyPegExempt,
    centre: () => null,
    loan: () => null,
    multiplier: () => one,
  };
  // Always due: a full scan each time.
  const terms = { pairs, rules: asked, sizing, scanIntervalMs: 0, idleScanIntervalMs: 0 };
  const opportunities = createOpportunityScan(terms);
  const full = timed(runs, () => opportunities.scan(market, 0, 0));
  workedOut = 0;
  opportunities.scan(market, 0, 0);
  const needed = workedOut;
  // A hundred at a time: one is too short for the clock. Each moves by a tick, and back the next time.
  const changed = timed(runs, (run) => {
    for (let index = 0; index < quotesASample; index += 1) {
      const at = run * quotesASample + index;
      const quote = (Math.floor(at / quotes.length) % 2 === 0 ? moved : quotes)[at % quotes.length];
      if (quote === undefined) throw new Error('no quote');
      shown.set(`${quote.venue} ${quote.symbol}`, quote);
      opportunities.scan(market, 0, 0, quote);
    }
  }).map((ms) => (ms * 1_000) / quotesASample);
  const passing = passingOf(pairs, quotes, asked);
  const whole = timed(wholeRuns, () => {
    for (const pair of passing) {
      const [spotQuote, perpQuote] = [pair.spot, pair.perp].map(({ instrument }) =>
        market.quote(instrument.venue, instrument.symbol),
      );
      if (spotQuote === undefined || perpQuote === undefined) throw new Error('no quote');
      const seen = { spotQuote, perpQuote, funding: outlook, nowWallMs: 0, nowMarketMs: 0 };
      evaluatePair(pair, asked, seen, sizing);
    }
  });
  return {
    name,
    passing: passing.length,
    workedOut: needed,
    fullScan: distribution(full),
    oneQuote: { p50Us: rounded(percentile(changed, 0.5)), p99Us: rounded(percentile(changed, 0.99)) },
    everythingInDecimalsMs: Math.round(percentile(whole, 0.5)),
  };
}

function passingOf(pairs: readonly Pair[], quotes: readonly Quote[], asked: StrategyRules): Pair[] {
  const screen = createScreen(pairs, asked);
  const outlook = constantOutlook({ rate: '0.0001', nextSettlementAtMs: 0, intervalHours: 8 });
  for (const quote of quotes) {
    screen.update(quote);
    screen.setOutlook(quote.venue, quote.symbol, outlook, 0);
  }
  return screen.passing().map(({ pair }) => pair);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

export function scanReportText({ pairs, quotes, cases: measured, goal, machine: on }: ScanReport): string {
  return [
    `scan: ${pairs} pairs of ${quotes} quotes, both sides`,
    ...measured.flatMap(({ name, passing, workedOut, fullScan, oneQuote, everythingInDecimalsMs }) => [
      `${name}: ${passing} pairs, ${workedOut} worked out in decimals (all of them would take ${everythingInDecimalsMs} ms)`,
      `  all quotes and pairs              p50 ${fullScan.p50Ms} ms  p99 ${fullScan.p99Ms} ms`,
      `  one changed quote and its pairs   p50 ${oneQuote.p50Us} µs  p99 ${oneQuote.p99Us} µs`,
    ]),
    `goal p50 ≤ ${goal.fullScanMs} ms and ≤ ${goal.oneQuoteUs} µs is met where: ${goal.metBy.join(', ') || 'nowhere'}`,
    `${on.cpu}, ${on.cores} cores, ${on.node}, load ${on.loadBefore} to ${on.loadAfter}`,
  ].join('\n');
}

/** Milliseconds of each run, after some to warm up. */
function timed(runs: number, body: (run: number) => void): number[] {
  const times: number[] = [];
  for (let run = -Math.ceil(runs / 10); run < runs; run += 1) {
    const startedAt = performance.now();
    body(Math.max(0, run));
    if (run >= 0) times.push(performance.now() - startedAt);
  }
  return times;
}
