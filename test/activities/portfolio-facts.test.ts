/** What sizing is told of the portfolio, from what the ledger says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portfolioFacts } from '../../activities/portfolio-facts.ts';
import { one } from '../../src/domain/decimal.ts';
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
function factsOf(positions: readonly TradedPosition[], limits: Partial<PortfolioLimits> = {}, pair = pairOf()) {
  const ledger = {
    tradedPositions: async () => [...positions],
    latestReading: async (account: string) => reading(account, '100000'),
  };
  return portfolioFacts(ledger, { ...unlimited, ...limits }, 'default', pair, { wallMs: nowMs, marketMs: nowMs }, one);
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
