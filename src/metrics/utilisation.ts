import { approximate, decimal } from '../domain/decimal.ts';
import type { CurvePoint } from './equity-curve.ts';
import { dayMs, type Ratio } from './ratio.ts';
import { capitalDays, type Deployment } from './trade.ts';

/** Σ (capital · days) of positions over Σ (equity · days) of the book, as a fraction; each mark's equity lasts to the next. */
export function utilisation(deployments: readonly Deployment[], curve: readonly CurvePoint[]): Ratio {
  const [first, last] = [curve[0], curve.at(-1)];
  if (first === undefined || last === undefined) return { value: null, days: 0, n: 0 };
  const equityDays = curve.reduce((total, { atMs, equityUsd }, index) => {
    const heldMs = (curve[index + 1]?.atMs ?? atMs) - atMs;
    return total + approximate(decimal(equityUsd)) * (heldMs / dayMs);
  }, 0);
  const used = capitalDays(deployments, first.atMs, last.atMs);
  const days = (last.atMs - first.atMs) / dayMs;
  return { value: equityDays > 0 ? used / equityDays : null, days, n: deployments.length };
}
