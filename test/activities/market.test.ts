/** The watchdog, and the watcher's heartbeat, with market data made by hand. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createMarketActivities, type MarketPorts } from '../../activities/market.ts';
import type { WatchInput } from '../../activities/watching/watch-markets.ts';
import type { Move } from '../../src/domain/execution/decide.ts';
import type { LegName } from '../../src/domain/order.ts';
import type { PositionPlan } from '../../src/domain/position.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { FundingRate } from '../../src/ports/venue.ts';
import { createPegWatch } from '../../activities/watching/peg-watch.ts';
import { pairOf, rulesOf, sizingOf } from '../support/pairs.ts';
import { binancePerpetual, examplePlan, hedgedRow } from '../support/plans.ts';
import { fill, payment } from '../support/pnl-inputs.ts';
import { booksAt, convergedPerpAsk, fakeAlerts, fakeClock, startMs, watchOf } from './watching/support.ts';

const rate: FundingRate = { symbol: 'USDC/USDT:USDT', rate: '0.0001', nextSettlementAtMs: startMs, intervalHours: 8 };

/** What the marking of equity asks of a ledger in which nothing is. */
const noEquity = {
  recordBases: () => Promise.resolve(),
  observeEquity: () => Promise.resolve('0'),
  baselines: () => Promise.resolve([]),
  latestReading: () => Promise.resolve(null),
  accountFlows: () => Promise.resolve({ traded: [], paid: [], perpetualFills: 0 }),
  isAccountQuiet: () => Promise.resolve(true),
  latestEquity: () => Promise.resolve(null),
  unmarkedCloses: () => Promise.resolve([]),
  writeEquity: () => Promise.resolve(),
};

interface Told {
  readonly books?: readonly [Quote, Quote];
  readonly fundingRate?: (symbol: string) => Promise<FundingRate>;
  readonly orderBook?: (symbol: string) => Promise<Quote>;
  readonly live?: readonly Partial<PositionPlan>[];
}

function market({
  books = booksAt('1.0000', convergedPerpAsk, startMs),
  fundingRate,
  orderBook,
  live = [],
}: Told = {}) {
  const followed: string[] = [];
  const stopping = new AbortController();
  const until = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const mine = fill('perp', 'sell', '3000', '1', '0 USDT', startMs, watchOf().key);
  const theirs = fill('perp', 'sell', '1000', '1', '0 USDT', startMs, 'sibling');
  const [clock, alerts] = [fakeClock(), fakeAlerts()];
  const marketData = {
    orderBook: (_venue: string, symbol: string) =>
      orderBook?.(symbol) ?? Promise.resolve(symbol.includes(':') ? books[1] : books[0]),
    fundingRate: (_venue: string, symbol: string) => fundingRate?.(symbol) ?? Promise.resolve(rate),
    watch: (instruments: readonly { symbol: string }[], _onQuote: unknown, signal: AbortSignal) => {
      followed.push(...instruments.map(({ symbol }) => symbol));
      return until(signal);
    },
  };
  const ports: MarketPorts = {
    clock,
    alerts,
    guard: { maxDrawdownPct: null, haltCloses: false },
    pegs: createPegWatch(null, { marketData, alerts, clock }),
    stopping: stopping.signal,
    persistenceOf: () => '0.5',
    settledFunding: { fundingRatesSince: () => Promise.resolve([]) },
    equity: {
      accounts: [
        { account: 'bybit', venue: 'bybit', paysFunding: false },
        { account: 'binance', venue: 'binanceusdm', paysFunding: true },
      ],
      markets: [],
    },
    scan: {
      pairs: [pairOf()],
      rules: rulesOf(),
      sizing: sizingOf({ bootstrapUsd: '1000', minPositionUsd: '100' }),
      scanIntervalMs: 30_000,
      idleScanIntervalMs: 60_000,
    },
    ledger: {
      interestOfAccount: () => Promise.resolve([]),
      fundingPaymentsOfAccount: () => Promise.resolve([{ ...payment('4', startMs + 1), account: 'binance' }]),
      fillsOfAccount: () => Promise.resolve([mine, theirs].map((one) => ({ ...one, clientOrderId: one.venueOrderId }))),
      armedWatches: () => Promise.resolve([]),
      positions: () => Promise.resolve(live.map(hedgedRow)),
      stampEvaluated: () => Promise.resolve(),
      unevaluatedWatches: () => Promise.resolve([]),
      position: () => Promise.resolve(null),
      fundingRates: () => Promise.resolve([]),
      recordFundingRates: () => Promise.resolve(),
      basisHistory: () => Promise.resolve([]),
      writeMarks: () => Promise.resolve(),
      ...noEquity,
      listenForWatches: (_onChange: () => void, signal: AbortSignal) => until(signal),
    },
    marketData,
  };
  return { stopping, followed, activities: createMarketActivities(ports) };
}

describe('the watchdog', () => {
  test('decides on fresh order books, with the share of funding that is its own', async () => {
    const { decision, mark, notEvaluable } = await market().activities.evaluateExit(watchOf());
    assert.equal(decision?.reason, 'convergence');
    assert.equal(mark?.fundingUsd, '3', '3,000 of 4,000');
    assert.equal(notEvaluable, null);
  });

  test('says that it could not evaluate, and why', async () => {
    const [spot, perp] = booksAt('1.0000', convergedPerpAsk, startMs);
    const { activities } = market({ books: [spot, { ...perp, asks: [] }] });
    const result = await activities.evaluateExit(watchOf());
    assert.equal(result.decision, null);
    assert.match(result.notEvaluable ?? '', /nothing to close the perpetual with/);
  });

  test('evaluates without a funding rate', async () => {
    const { activities } = market({ fundingRate: () => Promise.reject(new Error('504')) });
    assert.equal((await activities.evaluateExit(watchOf())).decision?.reason, 'convergence');
  });
});

describe('prices for a close', () => {
  const { plan } = watchOf();
  const move = (leg: LegName): Move => ({
    leg,
    side: leg === 'spot' ? 'sell' : 'buy',
    purpose: 'close',
    quantityBase: '1000',
    reduceOnly: leg === 'perp',
    slippageBps: '20',
    step: 2,
    attempt: 1,
  });
  const [spot] = booksAt('1.0000', convergedPerpAsk, startMs);
  const { activities } = market({
    orderBook: (symbol) => (symbol.includes(':') ? Promise.reject(new Error('503')) : Promise.resolve(spot)),
  });

  test('are read of the legs that are to move: another order book may be gone', async () => {
    assert.deepEqual(await activities.closingPrices(plan, ['spot']), { spot: '1' });
    await assert.rejects(activities.closingPrices(plan, ['perp']), /503/);
    await assert.rejects(activities.closingPrices(plan), /503/);
  });

  test('and so are the sizes of market orders', async () => {
    const [sized] = await activities.sizeToDepth({ plan, moves: [move('spot')] });
    assert.deepEqual([sized?.move.quantityBase, sized?.price, sized?.isWithheld], ['1000', '1.0000', false]);
    await assert.rejects(activities.sizeToDepth({ plan, moves: [move('spot'), move('perp')] }), /503/);
  });
});

test('the watcher heartbeats while the funding endpoint does not answer, and follows what a pair taken out has open', async () => {
  const taken = { ...examplePlan().perp, instrument: { ...binancePerpetual, symbol: 'ETH/USDT:USDT' } };
  const asked: string[] = [];
  const { stopping, activities, followed } = market({
    live: [{ perp: taken }],
    fundingRate: (symbol) => {
      asked.push(symbol);
      return new Promise(() => undefined);
    },
  });
  // Nobody listens there, and it is tried once: nothing is signalled without an opportunity or an armed position.
  const client = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1', interceptors: [] }) });
  const environment = new MockActivityEnvironment({}, { client });
  const { promise: beaten, resolve: beat } = Promise.withResolvers<void>();
  environment.on('heartbeat', () => beat());
  const anchor = { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null };
  const watching = environment.run((input: WatchInput) => activities.watchMarkets(input), {
    shard: 'one',
    book: 'default',
    anchor,
  });
  await beaten;
  stopping.abort();
  await watching;
  assert.deepEqual(followed, ['USDC/USDT', 'USDC/USDT:USDT', 'ETH/USDT:USDT']);
  assert.deepEqual(asked, ['USDC/USDT:USDT', 'ETH/USDT:USDT']);
});
