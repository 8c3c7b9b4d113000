/** Decimals in words, for logs, refusals and the UI: rounded half up, never parsed again. */
import { zero, type Decimal } from './decimal.ts';

/** `2.6`: to `places` decimal places. */
export function figure(value: Decimal, places: number): string {
  const text = value.round(places, 1).toFixed(places);
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** A span of time in words, milliseconds in: `2.001 s`, `55.2 min`, `7.5 h`. Seconds are exact, so that a bound just passed shows. */
export function spanText(spanMs: number): string {
  if (spanMs < 2 * minuteMs) return `${spanMs / secondMs} s`;
  return spanMs < 2 * hourMs ? `${trimmed(spanMs / minuteMs)} min` : `${trimmed(spanMs / hourMs)} h`;
}

/** To one decimal place, none where it is zero. */
function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
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
