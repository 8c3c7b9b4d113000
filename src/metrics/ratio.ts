/** A figure is worth nothing without the time and the number of observations that it rests on. */

export interface Ratio {
  /** Null where it is not defined: too few observations, or nothing to divide by. */
  readonly value: number | null;
  /** Length of the period, in days. */
  readonly days: number;
  /** Observations: days with a return, or positions. */
  readonly n: number;
}

/** Under so many days a ratio is no headline: it is shown with its period, and not put first. */
export const headlineDays = 30;

export function isHeadline({ days }: { readonly days: number }): boolean {
  return days >= headlineDays;
}

export const dayMs = 86_400_000;
export const daysAYear = 365;

/** @throws RangeError for an empty list */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the mean of nothing');
  return values.reduce((total, value) => total + value, 0) / values.length;
}
