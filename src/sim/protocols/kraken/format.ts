/** How Kraken writes numbers and times. */
import type { Decimal, DecimalText } from '../../../domain/decimal.ts';
import { decimalPlaces } from '../../exchange/instruments.ts';
import { isObject } from '../../json.ts';

/** At least so many places, as published; more when the value has more, so that nothing is lost. */
export function padded(value: Decimal, places: number): DecimalText {
  return value.toFixed(Math.max(places, decimalPlaces(value)));
}

/** Seconds since the epoch with their fraction, as REST writes times. */
export function seconds(atMs: number): number {
  return atMs / 1000;
}

/** `2025-10-09T01:00:00.000000Z`, as the websocket writes times. */
export function microTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000Z');
}

/** `2025-10-09T01:00:00Z` */
export function secondTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** A number of a websocket message: its digits are published as they are, `0.00100000`, and checksums are made of them. */
export class WireNumber {
  readonly digits: DecimalText;
  constructor(digits: DecimalText) {
    this.digits = digits;
  }
}

export function wireNumber(value: Decimal, places: number): WireNumber {
  return new WireNumber(padded(value, places));
}

/** JSON in which a `WireNumber` is a number with exactly its digits. */
export function wireJson(value: unknown): string {
  if (value instanceof WireNumber) return value.digits;
  if (Array.isArray(value)) return `[${value.map(wireJson).join(',')}]`;
  if (isObject(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${wireJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
