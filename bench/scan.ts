/** How long a scan takes: every spot × perpetual pair of 100 assets on ten venues, both sides, on one core. */
import { performance } from 'node:perf_hooks';
import { constantOutlook } from '../src/domain/carry.ts';
import { decimal } from '../src/domain/decimal.ts';
import type { Instrument } from '../src/domain/instrument.ts';
import type { Quote } from '../src/domain/quote.ts';
import { evaluatePair } from '../src/strategy/evaluate.ts';
import type { Pair, StrategyRules } from '../src/strategy/pair.ts';
import { createScreen } from '../src/strategy/screen.ts';
import { load, machine, type Machine } from './machine.ts';
import { distribution, percentile, type Distribution } from './statistics.ts';

const [assets, venues] = [100, 10];
const quotesASample = 100;

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
  fundingFlip: 'on',
  venueDown: { afterMs: 60_000, closeReachable: false },
  funding: null,
  shortSpot: 'inventory',
  minDepthMultiple: null,
  depthWithinBps: '10',
};

export interface ScanReport {
  readonly name: 'scan';
  readonly pairs: number;
  readonly quotes: number;
  /** Pairs that pass the screen, and are worked out in decimals. */
  readonly passing: number;
  /** All quotes taken in, all funding, all pairs, both sides; without the decimals of what passes. */
  readonly fullScan: Distribution;
  /** One quote taken in, and its pairs, both sides. */
  readonly oneQuote: { readonly p50Us: number; readonly p99Us: number };
  /** Both sides of one pair in decimals. */
  readonly onePairInDecimals: Distribution;
  /** Of the medians; the 99th percentile tells of who else the machine was busy with. */
  readonly goal: { readonly fullScanMs: number; readonly oneQuoteUs: number; readonly met: boolean };
  readonly machine: Machine;
}

export function benchScan(runs: number): ScanReport {
  const before = load();
  const { pairs, quotes, perpetuals } = universe();
  const screen = createScreen(pairs, rules);
  const outlook = constantOutlook({ rate: '0.0001', nextSettlementAtMs: 0, intervalHours: 8 });
  const full = timed(runs, () => {
    for (const quote of quotes) screen.update(quote);
    for (const { venue, symbol } of perpetuals) screen.setOutlook(venue, symbol, outlook, 0);
    screen.passing();
  });
  // A hundred at a time: one is too short for the clock.
  const one = timed(runs, (run) => {
    for (let index = 0; index < quotesASample; index += 1) {
      const quote = quotes[(run * quotesASample + index) % quotes.length];
      if (quote === undefined) throw new Error('no quote');
      screen.update(quote);
      screen.passingAt(quote.venue, quote.symbol);
    }
  }).map((ms) => (ms * 1_000) / quotesASample);
  const byName = new Map(quotes.map((quote) => [`${quote.venue} ${quote.symbol}`, quote]));
  const exact = timed(Math.min(runs, 200), (run) => {
    const pair = pairs[run % pairs.length];
    const [spotQuote, perpQuote] = [pair?.spot, pair?.perp].map((leg) =>
      byName.get(`${leg?.instrument.venue} ${leg?.instrument.symbol}`),
    );
    if (pair === undefined || spotQuote === undefined || perpQuote === undefined) throw new Error('no pair');
    evaluatePair(
      pair,
      rules,
      { spotQuote, perpQuote, funding: outlook, nowWallMs: 0, nowMarketMs: 0 },
      decimal('10000'),
    );
  });
  const [fullScan, onePairInDecimals] = [distribution(full), distribution(exact)];
  const oneQuote = { p50Us: rounded(percentile(one, 0.5)), p99Us: rounded(percentile(one, 0.99)) };
  const goal = { fullScanMs: 5, oneQuoteUs: 100, met: fullScan.p50Ms <= 5 && oneQuote.p50Us <= 100 };
  const passing = screen.passing().length;
  const counts = { pairs: pairs.length, quotes: quotes.length, passing };
  return { name: 'scan', ...counts, fullScan, oneQuote, onePairInDecimals, goal, machine: machine(before) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

export function scanReportText(report: ScanReport): string {
  const { pairs, quotes, passing, fullScan, oneQuote, onePairInDecimals, goal, machine: on } = report;
  const line = (what: string, { p50Ms, p99Ms }: Distribution): string =>
    `${what.padEnd(44)} p50 ${p50Ms} ms  p99 ${p99Ms} ms`;
  return [
    `scan: ${pairs} pairs of ${quotes} quotes, both sides; ${passing} pass the screen`,
    line('all quotes and pairs', fullScan),
    `${'one changed quote and its pairs'.padEnd(44)} p50 ${oneQuote.p50Us} µs  p99 ${oneQuote.p99Us} µs`,
    line('one pair, both sides, in decimals', onePairInDecimals),
    `goal p50 ≤ ${goal.fullScanMs} ms and ≤ ${goal.oneQuoteUs} µs: ${goal.met ? 'met' : 'not met'}`,
    `${on.cpu}, ${on.cores} cores, ${on.node}, load ${on.loadBefore} to ${on.loadAfter}`,
  ].join('\n');
}

/** Prices that differ by up to 90 bps from venue to venue, so that some pairs pass and most do not. */
function universe() {
  const instrument = (venue: string, base: string, kind: Instrument['kind']): Instrument => ({
    venue,
    symbol: kind === 'spot' ? `${base}/USDT` : `${base}/USDT:USDT`,
    kind,
    base,
    quote: 'USDT',
    settle: kind === 'spot' ? null : 'USDT',
    contractSize: '1',
    priceTick: '0.0001',
    quantityStep: '0.01',
    minimumQuantity: '0.01',
    minimumNotional: '1',
    feeCurrency: 'quote',
  });
  const quoteOf = ({ venue, symbol }: Instrument, seed: number): Quote => {
    const bid = 1 + ((seed * 7919) % 90) / 10_000;
    return {
      venue,
      symbol,
      bids: [{ price: bid.toFixed(4), quantityBase: '1000000' }],
      asks: [{ price: (bid + 0.0001).toFixed(4), quantityBase: '1000000' }],
      aliveAtMs: 0,
    };
  };
  const legs = Array.from({ length: assets * venues }, (_, index) => {
    const [asset, venue] = [`A${Math.floor(index / venues)}`, `venue${index % venues}`];
    return { asset, spot: instrument(venue, asset, 'spot'), perp: instrument(venue, asset, 'perpetual') };
  });
  const plan = (one: Instrument) => ({ account: one.venue, instrument: one, takerFeeBps: '5' });
  const pairs = legs.flatMap(({ asset, spot }): Pair[] =>
    legs
      .filter((leg) => leg.asset === asset)
      .map(({ perp }) => ({
        pairId: `${spot.symbol}@${spot.venue}~${perp.venue}`,
        asset,
        spot: plan(spot),
        perp: plan(perp),
        leverage: '3',
      })),
  );
  const quotes = legs.flatMap(({ spot, perp }, index) => [quoteOf(spot, index), quoteOf(perp, index * 3 + 1)]);
  return { pairs, quotes, perpetuals: legs.map(({ perp }) => perp) };
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
