/** What sizing is told of the portfolio, from what the ledger says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portfolioFacts } from '../../activities/portfolio-facts.ts';
import type { BoundCoin } from '../../src/domain/portfolio/bound-coins.ts';
import { one, toText } from '../../src/domain/decimal.ts';
import type { PortfolioLimits } from '../../src/domain/portfolio/limits.ts';
import type { PositionRow, TradedPosition } from '../../src/ports/ledger.ts';
import type { AccountReading } from '../../src/ports/venue.ts';
import { pairOf } from '../support/pairs.ts';
import { examplePlan } from '../support/plans.ts';

const nowMs = 1_790_000_000_000;
const unlimited: PortfolioLimits = {
  accounts: [
    { account: 'bybit', venue: 'bybit' },
    { account: 'binance', venue: 'binanceusdm' },
  ],
  venueCapPct: null,
  minFreeCashPct: null,
  buckets: [],
  maxCorrelation: null,
  maxDrawdownPct: null,
  maxQuoteExposureUsd: '0',
};

function traded(name: string, realisedUsd: string | null, change: Partial<PositionRow> = {}): TradedPosition {
  const plan = examplePlan({ key: name, quantityBase: '10000', notionalUsd: '10000' });
  const none = { basisUsd: '0', fundingUsd: '0', slippageUsd: '0', borrowUsd: '0', quoteCurrencyUsd: '0' };
  const position: PositionRow = {
    key: name,
    workflowId: `position/${name}`,
    plan,
    status: 'closed',
    source: 'engine',
    exitReason: null,
    abortReason: null,
    openedAtMarketMs: null,
    closedAtMarketMs: nowMs - 60_000,
    createdAtWallMs: nowMs,
    updatedAtWallMs: nowMs,
    attribution: realisedUsd === null ? null : { ...none, feesUsd: realisedUsd, realisedUsd },
    isFenced: false,
    acceptedSpotBase: '0',
    acceptedPerpBase: '0',
    ...change,
  };
  return { position, watch: null };
}

function reading(account: string, free: string): AccountReading {
  const balances = [{ currency: 'USDT', total: free, free }];
  return { account, balances, positions: [], openOrderIds: [], freeMargin: null, readAtMs: nowMs - 1_000 };
}

/** 100,000 USDT at each of the two accounts. */
function factsOf(
  positions: readonly TradedPosition[],
  limits: Partial<PortfolioLimits> = {},
  pair = pairOf(),
  bound: BoundCoin[] = [],
) {
  const ledger = {
    tradedPositions: async () => [...positions],
    latestReading: async (account: string) => reading(account, '100000'),
    boundCoins: async () => bound,
  };
  const live = positions.map(({ position }) => position).filter(({ attribution }) => attribution === null);
  const now = { wallMs: nowMs, marketMs: nowMs };
  return portfolioFacts(ledger, { ...unlimited, ...limits }, 'default', pair, now, one, live);
}

test('an opening that traded and was taken back is a trade of the history, at what it cost; one that found nothing is not', async () => {
  const { trades } = await factsOf([
    traded('closed', '12'),
    traded('taken back', '-20', { status: 'aborted' }),
    traded('found nothing', '0', { status: 'aborted' }),
    traded('open', null, { status: 'hedged', closedAtMarketMs: null }),
  ]);
  assert.deepEqual(
    trades.map(({ realisedUsd }) => realisedUsd),
    ['12', '-20'],
  );
  const { asset, pairId, direction } = examplePlan();
  assert.deepEqual(trades[1], {
    asset,
    pairId,
    direction,
    notionalUsd: '10000',
    realisedUsd: '-20',
    closedAtMarketMs: nowMs - 60_000,
  });
});

/** 9,000 of spot bought, and 3,000 of margin, without fees or slippage; settled in USDT. */
function opened(name: string, quote: string, change: Partial<PositionRow> = {}): TradedPosition {
  const { spot, perp } = examplePlan();
  const instrument = { ...spot.instrument, quote };
  const plan = examplePlan({
    key: name,
    direction: 'long_spot_short_perp',
    quantityBase: '9000',
    notionalUsd: '9000',
    spotReferencePrice: '1',
    perpReferencePrice: '1',
    maxOpenSlippageBps: '0',
    spot: { ...spot, instrument, takerFeeBps: '0' },
    perp: { ...perp, takerFeeBps: '0' },
  });
  return traded(name, null, { plan, status: 'opening', closedAtMarketMs: null, ...change });
}

test('what may be spent is the free cash over its share of equity, less what openings under way take', async () => {
  const limits = { minFreeCashPct: '10' };
  const hedged = opened('hedged', 'USDT', { status: 'hedged', openedAtMarketMs: nowMs - 60_000 });
  const { cash } = await factsOf([opened('opening', 'USDT'), hedged], limits);
  // 200,000 free, of which 12,000 are on their way; 20,000 stay. The readings show what the hedged one took.
  assert.equal(cash?.amountUsd.toFixed(6), '168000.000000');
  assert.equal(cash.bound, 'minFreeCashPct: 10 % of equity stays free');
  assert.equal((await factsOf([], { minFreeCashPct: '100' })).cash?.amountUsd.toFixed(), '0');
  assert.equal((await factsOf([])).cash, null, 'not asked for');
  // What the hedged one needs to buy back is not for others.
  const bound = [{ account: 'bybit', currency: 'USDT', amount: '9018', isLent: false }];
  assert.equal((await factsOf([], limits, pairOf(), bound)).cash?.amountUsd.toFixed(), '170982');
});

test('a pair whose quote coin is not hedged has the room that the others on its coin leave', async () => {
  const usual = pairOf();
  const unhedged = { ...usual, spot: { ...usual.spot, instrument: { ...usual.spot.instrument, quote: 'USD' } } };
  const limits = { maxQuoteExposureUsd: '20000' };
  const positions = [opened('A', 'USD'), opened('B', 'USDT')];
  const rooms = (pair: typeof usual) =>
    factsOf(positions, limits, pair).then((facts) =>
      facts.rooms.map(({ amountUsd, bound }) => `${toText(amountUsd)} ${bound}`),
    );
  assert.deepEqual(await rooms(unhedged), ['11000 maxQuoteExposureUsd: 9000.00 of 20000 USD hang on USDT']);
  assert.deepEqual(await rooms(usual), [], 'hedged: it asks for none');
  const [room] = (await factsOf(positions, {}, unhedged)).rooms;
  assert.equal(room?.amountUsd.toFixed(), '0');
});
