/** Decimals in words, for logs, refusals and the UI: rounded half up, never parsed again. */
import { zero, type Decimal } from './decimal.ts';

/** `2.6`: to `places` decimal places. */
export function figure(value: Decimal, places: number): string {
  const text = value.round(places, 1).toFixed(places);
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

/** `-1234567.1234` → `-1,234,567.1234`. */
export function grouped(amount: string): string {
  const [whole = '', fraction] = amount.split('.');
  const thousands = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? thousands : `${thousands}.${fraction}`;
}

/** `+0.013` or `-5.000`. */
export function signedFigure(value: Decimal, places: number): string {
  const text = figure(value, places);
  return value.gte(zero) && !text.startsWith('-') ? `+${text}` : text;
}
