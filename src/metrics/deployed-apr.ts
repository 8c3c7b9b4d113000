import { approximate, decimal, sum } from '../domain/decimal.ts';
import { daysAYear, type Ratio } from './ratio.ts';
import { capitalDays, type Deployment } from './trade.ts';

/**
 * Σ P&L / Σ (capital · days) · 365 over positions that have ended, each over its whole life: what the capital earned
 * while it was tied up. Never compounded, and only worth reading beside the utilisation.
 */
export function deployedApr(
  ended: readonly { readonly realisedUsd: string; readonly deployment: Deployment | null }[],
  days: number,
): Ratio {
  const deployments = ended.flatMap(({ deployment }) => deployment ?? []);
  const dollarDays = capitalDays(deployments, -Infinity, Infinity);
  const pnlUsd = approximate(sum(ended.map(({ realisedUsd }) => decimal(realisedUsd))));
  return { value: dollarDays > 0 ? (pnlUsd / dollarDays) * daysAYear : null, days, n: ended.length };
}
