/** Limits of binance USDⓈ-M, of an address by weight and of an account by orders. */
import type { Limits } from '../binance-shared/limits.ts';
import { createLimits } from '../binance-shared/limits.ts';

export const weightPerMinute = 2400;

export const orderLimits = [
  { interval: 'SECOND', intervalNum: 10, limit: 300 },
  { interval: 'MINUTE', intervalNum: 1, limit: 1200 },
] as const;

export function createUsdmLimits(enforced: boolean): Limits {
  return createLimits({ weightPerMinute, weightHeader: 'x-mbx-used-weight-1m', orderLimits, enforced });
}
