import type { DailyReturn } from './daily-returns.ts';
import { daysAYear, mean, type Ratio } from './ratio.ts';

/**
 * (mean − rf) / sample standard deviation · √365, of daily returns; not defined under two days or without any spread.
 * A high one is no evidence of skill: holding a carry alone has 9 to 13 on recorded data.
 * @param rfApr what money earns without risk, a year, as a fraction: a 365th of it a day
 */
export function sharpe(returns: readonly DailyReturn[], rfApr: number): Ratio {
  const n = returns.length;
  const excess = returns.map(({ value }) => value - rfApr / daysAYear);
  if (n < 2) return { value: null, days: n, n };
  const average = mean(excess);
  const variance = excess.reduce((total, value) => total + (value - average) ** 2, 0) / (n - 1);
  // Equal returns differ by the rounding of floats alone; their spread is none.
  const spread = Math.sqrt(variance);
  const isNoise = spread <= 1e-12;
  return { value: isNoise ? null : (average / spread) * Math.sqrt(daysAYear), days: n, n };
}
