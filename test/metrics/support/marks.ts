/** Marks and trades in a line, for stories of performance. */
import type { EquityPoint } from '../../../src/domain/equity/mark.ts';
import type { Attribution } from '../../../src/domain/pnl.ts';
import type { CurvePoint } from '../../../src/metrics/equity-curve.ts';
import type { DailyReturn } from '../../../src/metrics/daily-returns.ts';
import type { Trade } from '../../../src/metrics/trade.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
/** A midnight. */
export const startMs = Date.UTC(2026, 0, 1);

/** Hours since the start, equity, and what was ever put in, in USDT at a dollar. */
export function markAt(hours: number, equityUsd: string, putInUsd = '1000'): EquityPoint {
  const transfers = [{ account: 'bybit', currency: 'USDT', amount: putInUsd, priceUsd: '1' }];
  return { atMarketMs: startMs + hours * hourMs, equityUsd, transfers };
}

/** A curve without transfers, a point a day. */
export function dailyCurve(...indices: number[]): CurvePoint[] {
  return indices.map((index, day) => ({
    atMs: startMs + day * dayMs,
    equityUsd: String(index * 1000),
    transferUsd: '0',
    heldUsd: '0',
    tradingUsd: '0',
    index,
    indexWithHeld: index,
  }));
}

export function days(...values: number[]): DailyReturn[] {
  return values.map((value, index) => ({ dayMs: startMs + index * dayMs, value }));
}

export function attributed(basisUsd: string, feesUsd: string, realisedUsd: string): Attribution {
  return { basisUsd, feesUsd, realisedUsd, fundingUsd: '0', slippageUsd: '0', borrowUsd: '0', quoteCurrencyUsd: '0' };
}

/** 10,000 USD of USDC between two hours. */
export function tradeAt(fromHours: number, toHours: number, realisedUsd: string, change: Partial<Trade> = {}): Trade {
  return {
    key: `at ${fromHours}`,
    pairId: 'USDC/USDT@bybit~USDC/USDT:USDT@binance',
    asset: 'USDC',
    venuePair: 'bybit/binanceusdm',
    side: 'short_spot_long_perp',
    kind: 'basis',
    exit: 'convergence',
    openedAtMs: startMs + fromHours * hourMs,
    closedAtMs: startMs + toHours * hourMs,
    notionalUsd: '10000',
    attribution: attributed(realisedUsd, '0', realisedUsd),
    ...change,
  };
}

/** Floats that were worked out by hand to so many digits. */
export function isNear(actual: number | null, expected: number, tolerance = 1e-9): boolean {
  return actual !== null && Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected));
}
