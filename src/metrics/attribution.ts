/** P&L by cause, added up over positions. */
import { decimal, sum, toText, zero } from '../domain/decimal.ts';
import type { Attribution } from '../domain/pnl.ts';

export const causes = [
  'basisUsd',
  'fundingUsd',
  'feesUsd',
  'slippageUsd',
  'borrowUsd',
  'quoteCurrencyUsd',
] as const satisfies readonly (keyof Attribution)[];

/**
 * The sum, cause by cause; the causes add up to `realisedUsd`.
 * @throws Error when those of one position do not
 */
export function sumOfAttributions(attributions: readonly Attribution[]): Attribution {
  for (const attribution of attributions) {
    const parts = sum(causes.map((cause) => decimal(attribution[cause])));
    if (!parts.eq(decimal(attribution.realisedUsd)))
      throw new Error(`an attribution's parts come to ${toText(parts)}, not to ${attribution.realisedUsd}`);
  }
  const total = (cause: keyof Attribution): string =>
    toText(sum(attributions.map((attribution) => decimal(attribution[cause]))));
  return {
    basisUsd: total('basisUsd'),
    fundingUsd: total('fundingUsd'),
    feesUsd: total('feesUsd'),
    slippageUsd: total('slippageUsd'),
    borrowUsd: total('borrowUsd'),
    quoteCurrencyUsd: total('quoteCurrencyUsd'),
    realisedUsd: total('realisedUsd'),
  };
}

/**
 * Rounded to `places` so that what is shown adds up as well: each part is rounded, and what that leaves of the rounded
 * total goes, unit by unit, to the parts that were rounded away the most.
 */
export function shownParts(parts: readonly string[], total: string, places: number): string[] {
  const unit = decimal(`1e-${places}`);
  const exact = parts.map((part) => decimal(part));
  const shown = exact.map((part) => part.round(places, 1));
  let left = decimal(total).round(places, 1).minus(sum(shown));
  while (!left.eq(zero)) {
    const step = left.gt(zero) ? unit : zero.minus(unit);
    const gaps = exact.map((part, index) => part.minus(shown[index] ?? zero).times(step));
    const widest = gaps.reduce((best, gap, index) => (gap.gt(gaps[best] ?? zero) ? index : best), 0);
    if (shown[widest] === undefined) throw new Error('there is nothing to round');
    shown[widest] = shown[widest].plus(step);
    left = left.minus(step);
  }
  return shown.map((part) => part.toFixed(places));
}
