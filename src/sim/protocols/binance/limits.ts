/** Binance spot's limits, of an address by weight and of an account by orders. */
import type { Limits } from '../binance-shared/limits.ts';
import { createLimits } from '../binance-shared/limits.ts';

export const weightPerMinute = 6000;

export const orderLimits = [
  { interval: 'SECOND', intervalNum: 10, limit: 100 },
  { interval: 'DAY', intervalNum: 1, limit: 200_000 },
] as const;

export function createSpotLimits(enforced: boolean): Limits {
  return createLimits({ weightPerMinute, weightHeader: 'x-mbx-used-weight-1m', orderLimits, enforced });
}
