/** A pair, rules and a market for strategy tests. */
import { constantOutlook } from '../../src/domain/carry.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { ScanSizing } from '../../src/strategy/evaluate-pair.ts';
import type { Pair, PairMarket, StrategyRules } from '../../src/strategy/pair.ts';
import { binancePerpetual, bybitSpot } from './plans.ts';

/** Default list fees: 10 bps of a spot fill, 5 bps of a perpetual one; four fees of 30 bps. */
export function pairOf(spotFeeBps = '10', perpFeeBps = '5', pairId = 'USDC'): Pair {
  return {
    pairId,
    asset: 'USDC',
    spot: { account: 'bybit', instrument: bybitSpot, takerFeeBps: spotFeeBps },
    perp: { account: 'binance', instrument: binancePerpetual, takerFeeBps: perpFeeBps },
    leverage: '3',
  };
}

/** The article's thresholds. */
export function rulesOf(change: Partial<StrategyRules> = {}): StrategyRules {
  return {
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
    ...change,
  };
}

/** The article's sizes; `bootstrapUsd` is this project's. */
export function sizingOf(change: Partial<ScanSizing> = {}): ScanSizing {
  return {
    bootstrapUsd: '10000',
    minPositionUsd: '1000',
    maxPositionUsd: '100000',
    maxPairUsd: '50000',
    maxOpenSlippageBps: '5',
    maxCloseSlippageBps: '20',
    ...change,
  };
}

export function marketOf(spotQuote: Quote, perpQuote: Quote, rate = '0', change: Partial<PairMarket> = {}): PairMarket {
  return {
    spotQuote,
    perpQuote,
    funding: constantOutlook({ rate, nextSettlementAtMs: 1, intervalHours: 8 }),
    nowWallMs: 0,
    nowMarketMs: 0,
    ...change,
  };
}
