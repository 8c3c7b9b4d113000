/** Reading raw replies: small and strict, so that a malformed reply is noticed where it is read. */
import { decimal, toText, type DecimalText } from '../../domain/decimal.ts';
import { VenueError } from '../../ports/venue.ts';

export type RawRecord = Readonly<Record<string, unknown>>;

/** @throws VenueError `malformed_reply` when the value is not an object. */
export function record(value: unknown, what: string): RawRecord {
  if (!isRecord(value)) throw new VenueError('malformed_reply', `${what} is not an object`);
  return value;
}

export function isRecord(value: unknown): value is RawRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws VenueError `malformed_reply` when the value is not a list. */
export function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new VenueError('malformed_reply', `${what} is not a list`);
  return value;
}

/** Text or number as text; null when missing or empty. */
export function textOrNull(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return null;
}

/** @throws VenueError `malformed_reply` when there is no text. */
export function text(value: unknown, what: string): string {
  const found = textOrNull(value);
  if (found === null) throw new VenueError('malformed_reply', `${what} is missing`);
  return found;
}

/** An exact decimal in plain notation. @throws VenueError `malformed_reply` when missing or not a decimal. */
export function decimalText(value: unknown, what: string): DecimalText {
  const found = text(value, what);
  try {
    return toText(decimal(found));
  } catch {
    throw new VenueError('malformed_reply', `${what} is not a decimal: ${JSON.stringify(found.slice(0, 40))}`);
  }
}

export function decimalTextOrNull(value: unknown, what: string): DecimalText | null {
  return textOrNull(value) === null ? null : decimalText(value, what);
}

/** @throws VenueError `malformed_reply` when the value is not a whole, positive number of milliseconds. */
export function timeMs(value: unknown, what: string): number {
  const found = Number(text(value, what));
  if (!Number.isSafeInteger(found) || found <= 0) throw new VenueError('malformed_reply', `${what} is not a time`);
  return found;
}
