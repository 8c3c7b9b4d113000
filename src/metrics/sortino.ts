import type { DailyReturn } from './daily-returns.ts';
import { daysAYear, mean, type Ratio } from './ratio.ts';

/**
 * (mean − rf) / √mean(min(r, 0)²) · √365, of daily returns: the mean under the root is over all days, those without a
 * loss included. Not defined without any loss.
 */
export function sortino(returns: readonly DailyReturn[], rfApr: number): Ratio {
  const n = returns.length;
  if (n < 2) return { value: null, days: n, n };
  const downside = Math.sqrt(mean(returns.map(({ value }) => Math.min(value, 0) ** 2)));
  const average = mean(returns.map(({ value }) => value)) - rfApr / daysAYear;
  return { value: downside === 0 ? null : (average / downside) * Math.sqrt(daysAYear), days: n, n };
}
