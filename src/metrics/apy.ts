import { daysAYear, type Ratio } from './ratio.ts';

/** A return on the total equity, idle cash included, compounded to a year. Not defined under a day. */
export function apy(totalReturn: Ratio): Ratio {
  const { value, days, n } = totalReturn;
  return { value: value === null || days < 1 ? null : (1 + value) ** (daysAYear / days) - 1, days, n };
}
