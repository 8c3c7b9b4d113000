/** A plan as the demo makes them: bybit spot, whose fee of a buy is in the coin bought, and a binance perpetual. */
import type { Instrument } from '../../src/domain/instrument.ts';
import type { PositionPlan } from '../../src/domain/position.ts';
import type { PositionRow } from '../../src/ports/ledger.ts';

export const bybitSpot: Instrument = {
  venue: 'bybit',
  symbol: 'USDC/USDT',
  kind: 'spot',
  base: 'USDC',
  quote: 'USDT',
  settle: null,
  contractSize: '1',
  priceTick: '0.0001',
  quantityStep: '0.01',
  minimumQuantity: '1',
  minimumNotional: '1',
  feeCurrency: 'received',
};

export const binancePerpetual: Instrument = {
  venue: 'binanceusdm',
  symbol: 'USDC/USDT:USDT',
  kind: 'perpetual',
  base: 'USDC',
  quote: 'USDT',
  settle: 'USDT',
  contractSize: '1',
  priceTick: '0.000001',
  quantityStep: '1',
  minimumQuantity: '1',
  minimumNotional: '5',
  feeCurrency: 'quote',
};

export function examplePlan(change: Partial<PositionPlan> = {}): PositionPlan {
  return {
    key: 'USDC-bybit-binanceusdm-short-01K74W8Z9V5T6RQJXK3M2N1P0A',
    pairId: 'USDC/USDT@bybit~USDC/USDT:USDT@binance',
    asset: 'USDC',
    book: 'default',
    direction: 'short_spot_long_perp',
    spot: { account: 'bybit', instrument: bybitSpot, takerFeeBps: '0.5' },
    perp: { account: 'binance', instrument: binancePerpetual, takerFeeBps: '0.5' },
    quantityBase: '10000',
    spotReferencePrice: '0.99965',
    perpReferencePrice: '0.9990635',
    notionalUsd: '9996.5',
    minimumEntryBps: '5',
    exits: { stopLossPct: '5', profitTargetPct: '2', exitBps: '3', convergence: 'net', maxHoldingMs: 7 * 86_400_000 },
    maxOpenSlippageBps: '2',
    maxCloseSlippageBps: '20',
    hedgeDeadlineMs: 20_000,
    maxCloseRejections: 5,
    leverage: '3',
    fundingIntervalHours: 8,
    ...change,
  };
}

/** As the ledger has it while it is held. */
export function hedgedRow(change: Partial<PositionPlan> = {}): PositionRow {
  return {
    key: examplePlan().key,
    workflowId: 'position/x',
    plan: examplePlan(change),
    status: 'hedged',
    source: 'engine',
    exitReason: null,
    abortReason: null,
    openedAtMarketMs: 0,
    closedAtMarketMs: null,
    createdAtWallMs: 0,
    updatedAtWallMs: 0,
    attribution: null,
    isFenced: false,
    acceptedSpotBase: '0',
    acceptedPerpBase: '0',
  };
}
