/**
 * The configuration of a benchmark's stack. Nothing in it ever stands in the way of a position: deep order books, high
 * balances, wide limits; and the engine finds nothing to trade by itself.
 */

export const spotSymbol = 'USDC/USDT';
export const perpSymbol = 'USDC/USDT:USDT';

/** s·B of an opened position: spot is sold at 1.0000 while the perpetual is bought 30 bps under it. */
export const prices = { spot: '1.0000', perpOpen: '0.9970', perpConverged: '1.0001' } as const;

/** In USD; what a run opens. */
export const notionalUsd = '10000';
/** Under the gap of `prices`, and over what four fees cost. */
export const entryBps = '5';

/** A JSON document, which is YAML too. `exitBps`: the gap at which a position is left. */
export function benchConfig(exitBps: string): string {
  const fees = { takerBps: '0.5', makerBps: '0.5' };
  return JSON.stringify({
    mode: 'demo',
    book: 'bench',
    clock: { scale: '1' },
    strategy: {
      // The scan reports nothing at this gap; the runs bring their own threshold.
      entryBps: '9000',
      exitBps,
      minNetApyPct: 'off',
      depeg: 'off',
      fundingFlip: 'off',
      horizonDays: '2',
      maxHoldingDays: '2',
      stopLossPct: '100',
      profitTargetPct: '100',
      scanIntervalSeconds: '3600',
    },
    accounts: {
      bybit: { venue: 'bybit', fees, startingBalances: { USDT: '10000000', USDC: '10000000' } },
      // As much at either, which the cap of a venue asks for.
      binance: { venue: 'binanceusdm', fees, leverage: '3', startingBalances: { USDT: '20000000' } },
    },
    pairs: [
      {
        asset: 'USDC',
        spot: { account: 'bybit', symbol: spotSymbol },
        perp: { account: 'binance', symbol: perpSymbol },
      },
    ],
    sizing: { bootstrapUsd: notionalUsd, minPositionUsd: '1000' },
    limits: { maxPositionUsd: '1000000', maxPairUsd: '1000000' },
    execution: { maxOpenSlippageBps: '2', maxCloseSlippageBps: '20' },
    simulation: {
      // Required here, and not used: the benchmark sets every price itself.
      tape: 'data/usdc-basis-2025-10.csv',
      funding: { kind: 'constant', rate: '0.00003', intervalHours: '8' },
      model: { spreadTicks: '1', levels: '5', levelQuantity: '50000000', levelTicks: '1', refillMs: '0' },
    },
  });
}
