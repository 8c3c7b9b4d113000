import { decimal, zero } from '../domain/decimal.ts';
import type { Ratio } from './ratio.ts';

/** The part of the positions that gained, as a fraction; one that came to nothing has not won. */
export function winRate(positions: readonly { readonly realisedUsd: string }[], days: number): Ratio {
  const n = positions.length;
  const wins = positions.filter(({ realisedUsd }) => decimal(realisedUsd).gt(zero)).length;
  return { value: n === 0 ? null : wins / n, days, n };
}
