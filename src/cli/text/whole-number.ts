import { BadInput } from '../errors.ts';

/** A count that a person typed. @throws BadInput naming the option and what it allows */
export function wholeNumber(text: string, option: string, least: number, most: number): number {
  if (/^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  throw new BadInput(`${option} ${JSON.stringify(text)}: write a whole number from ${least} to ${most}`);
}
