/** Parameters of a request: a query, a form or a JSON object, each value checked where it is read. */
import { isObject, isPlainNumber } from '../../json.ts';
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal } from '../../../domain/decimal.ts';
import { KrakenError, invalidArguments } from './errors.ts';

/** Text of a query or form, or whatever JSON held. A map, so that no name can reach an object's prototype. */
export type Parameters = ReadonlyMap<string, unknown>;

export function formParameters(form: string): Parameters {
  return new Map(new URLSearchParams(form));
}

/** @throws KrakenError when it is not a JSON object */
export function jsonParameters(text: string): Parameters {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new KrakenError('EGeneral:Invalid arguments');
  }
  if (!isObject(parsed)) throw new KrakenError('EGeneral:Invalid arguments');
  return new Map(Object.entries(parsed));
}

/** Null when it is missing or empty. @throws KrakenError when it is a list or an object */
export function textOrNull(params: Parameters, name: string): string | null {
  const value = params.get(name);
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw invalidArguments(name);
}

/** @throws KrakenError when it is missing */
export function requiredText(params: Parameters, name: string): string {
  const text = textOrNull(params, name);
  if (text === null) throw invalidArguments(name);
  return text;
}

/** Clients of several languages write it `true`, `True` or `1`. */
export function flag(params: Parameters, name: string): boolean {
  const text = textOrNull(params, name)?.toLowerCase() ?? 'false';
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw invalidArguments(name);
}

/** Null when it is missing. */
export function integerOrNull(params: Parameters, name: string): number | null {
  const text = textOrNull(params, name);
  if (text === null) return null;
  if (!/^-?\d{1,15}$/.test(text)) throw invalidArguments(name);
  return Number(text);
}

/** A count of at least one (or zero) and at most `most`; larger ones count as `most`. */
export function countOf(params: Parameters, name: string, otherwise: number, most: number): number {
  const value = integerOrNull(params, name) ?? otherwise;
  if (value < 1) throw invalidArguments(name);
  return Math.min(value, most);
}

/** How many rows of a list to leave out. */
export function offsetOf(params: Parameters): number {
  const value = integerOrNull(params, 'ofs') ?? 0;
  if (value < 0) throw invalidArguments('ofs');
  return value;
}

/** A number without sign or exponent. @throws KrakenError when it is missing or anything else */
export function requiredDecimal(params: Parameters, name: string): Decimal {
  const text = requiredText(params, name);
  if (!isPlainNumber(text)) throw invalidArguments(name);
  return decimal(text);
}
