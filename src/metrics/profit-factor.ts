import { approximate, decimal, sum, zero } from '../domain/decimal.ts';
import type { Ratio } from './ratio.ts';

/** Σ gains over Σ losses; not defined without a loss. */
export function profitFactor(positions: readonly { readonly realisedUsd: string }[], days: number): Ratio {
  const amounts = positions.map(({ realisedUsd }) => decimal(realisedUsd));
  const gains = sum(amounts.filter((amount) => amount.gt(zero)));
  const losses = sum(amounts.filter((amount) => amount.lt(zero)));
  const value = losses.eq(zero) ? null : approximate(gains) / -approximate(losses);
  return { value, days, n: amounts.length };
}
