import type { CurvePoint } from './equity-curve.ts';
import { dayMs, type Ratio } from './ratio.ts';

/** Time-weighted, as a fraction: what a dollar that was in from the first mark to the last has gained. n counts the marks. */
export function totalReturn(curve: readonly CurvePoint[]): Ratio {
  const [first, last] = [curve[0], curve.at(-1)];
  if (first === undefined || last === undefined || curve.length < 2) return { value: null, days: 0, n: curve.length };
  return { value: last.index / first.index - 1, days: (last.atMs - first.atMs) / dayMs, n: curve.length };
}
