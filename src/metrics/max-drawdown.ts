import type { CurvePoint } from './equity-curve.ts';
import { dayMs, type Ratio } from './ratio.ts';
import type { CurveIndex } from './total-return.ts';

/** How far each point lies under the highest before it, as a fraction: 0 or negative. Deposits and withdrawals move nothing. */
export function drawdowns(
  curve: readonly CurvePoint[],
  of: CurveIndex = 'index',
): { readonly atMs: number; readonly value: number }[] {
  let highest = 0;
  return curve.map((point) => {
    highest = Math.max(highest, point[of]);
    return { atMs: point.atMs, value: highest === 0 ? 0 : point[of] / highest - 1 };
  });
}

/** min(E / running maximum − 1) over all marks. n counts them. */
export function maxDrawdown(curve: readonly CurvePoint[], of: CurveIndex = 'index'): Ratio {
  const [first, last] = [curve[0], curve.at(-1)];
  const n = curve.length;
  if (first === undefined || last === undefined || n < 2) return { value: null, days: 0, n };
  const value = drawdowns(curve, of).reduce((deepest, one) => Math.min(deepest, one.value), 0);
  return { value, days: (last.atMs - first.atMs) / dayMs, n };
}
