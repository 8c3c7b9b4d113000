import type { CurvePoint } from './equity-curve.ts';
import { dayMs, type Ratio } from './ratio.ts';

/** Which index of a curve: what trading made of a dollar, or that and the coins held together. */
export type CurveIndex = 'index' | 'indexWithHeld';

/** Time-weighted, as a fraction: what a dollar that was in from the first mark to the last has gained. n counts the marks. */
export function totalReturn(curve: readonly CurvePoint[], of: CurveIndex = 'index'): Ratio {
  const [first, last] = [curve[0], curve.at(-1)];
  if (first === undefined || last === undefined || curve.length < 2) return { value: null, days: 0, n: curve.length };
  return { value: last[of] / first[of] - 1, days: (last.atMs - first.atMs) / dayMs, n: curve.length };
}
