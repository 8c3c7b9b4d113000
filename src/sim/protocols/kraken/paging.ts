/** Windows of time and pages of Kraken's histories. */
import { invalidArguments } from './errors.ts';
import type { Parameters } from './parameters.ts';
import { flag, offsetOf, textOrNull } from './parameters.ts';

const pageSize = 50;

export interface TimeWindow {
  /** Exclusive. */
  readonly afterMs: number;
  /** Inclusive. */
  readonly toMs: number;
}

/**
 * `start` and `end`: seconds, or an id.
 * @param timeOf the time of an id: null when there is none, `ignored` when ids bound in another way
 * @throws KrakenError when a bound is neither
 */
export function timeWindow(params: Parameters, timeOf: (id: string) => number | null | 'ignored'): TimeWindow {
  const bound = (name: string, otherwise: number): number => {
    const text = textOrNull(params, name);
    if (text === null) return otherwise;
    if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) return Math.round(Number(text) * 1000);
    const found = timeOf(text);
    if (found === null) throw invalidArguments(name);
    return found === 'ignored' ? otherwise : found;
  };
  return { afterMs: bound('start', -Infinity), toMs: bound('end', Infinity) };
}

export function within(atMs: number, window: TimeWindow): boolean {
  return atMs > window.afterMs && atMs <= window.toMs;
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Of all pages; null when the client did not want it. */
  readonly count: number | null;
}

/** @param rows newest first */
export function pageOf<T>(params: Parameters, rows: readonly T[]): Page<T> {
  const offset = offsetOf(params);
  return {
    rows: rows.slice(offset, offset + pageSize),
    count: flag(params, 'without_count') ? null : rows.length,
  };
}
