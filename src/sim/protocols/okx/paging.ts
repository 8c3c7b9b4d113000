/** How OKX pages: newest first, `after` an id towards the past, `before` an id towards the present. */
import type { OkxParameters } from './call.ts';
import { idOrNull, integerOrNull, limitOf } from './call.ts';
import { parameterError } from './errors.ts';

/** @param rows oldest first @returns at most 100 of the newest, newest first */
export function page<T>(params: OkxParameters, rows: readonly T[], idOf: (row: T) => string): T[] {
  const after = idOrNull(params, 'after');
  const before = idOrNull(params, 'before');
  const limit = limitOf(params, 100, 100);
  const found: T[] = [];
  for (let index = rows.length - 1; index >= 0 && found.length < limit; index -= 1) {
    const row = rows[index];
    if (row === undefined) continue;
    const id = BigInt(idOf(row));
    if (before !== null && id <= before) break;
    if (after === null || id < after) found.push(row);
  }
  return found;
}

/** `begin` to `end`, and never older than the endpoint keeps. Market time. */
export function timeWindow(params: OkxParameters, nowMs: number, agesMs: number): { fromMs: number; toMs: number } {
  const begin = integerOrNull(params, 'begin');
  const end = integerOrNull(params, 'end');
  if (begin !== null && end !== null && begin > end) throw parameterError('begin');
  return { fromMs: Math.max(begin ?? 0, nowMs - agesMs), toMs: end ?? nowMs };
}
