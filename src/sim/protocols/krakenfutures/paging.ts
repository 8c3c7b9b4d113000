/** Pages of the history service: by time, in either order, with a token for the next one. */
import type { KrakenCall } from './call.ts';
import { wholeNumber } from './call.ts';
import { invalid } from './errors.ts';

/** One row of a history. Rows of one time keep the order of their steps. */
export interface HistoryRow {
  readonly atMs: number;
  readonly order: number;
  readonly step: number;
  readonly view: Readonly<Record<string, unknown>>;
}

const mostRows = 1000;
const tokenPattern = /^\d{15}\.\d{12}\.\d{6}$/;

/** Sorts as text as the rows sort in time. */
function keyOf({ atMs, order, step }: HistoryRow): string {
  return `${String(atMs).padStart(15, '0')}.${String(order).padStart(12, '0')}.${String(step).padStart(6, '0')}`;
}

/** @throws KrakenFuturesError invalidArgument */
export function historyPage(call: KrakenCall, rows: readonly HistoryRow[], account: string): Record<string, unknown> {
  const { params } = call;
  const sort = params.get('sort') ?? 'desc';
  if (sort !== 'asc' && sort !== 'desc') throw invalid('sort');
  const sinceMs = wholeNumber(params, 'since') ?? 0;
  const beforeMs = wholeNumber(params, 'before') ?? Infinity;
  const count = Math.min(wholeNumber(params, 'count') ?? mostRows, mostRows);
  const token = tokenOf(params);
  const keyed = rows
    .filter(({ atMs }) => atMs >= sinceMs && atMs < beforeMs)
    .map((row) => ({ key: keyOf(row), row }))
    .toSorted((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0));
  if (sort === 'desc') keyed.reverse();
  const rest = token === null ? keyed : keyed.filter(({ key }) => (sort === 'asc' ? key > token : key < token));
  const shown = rest.slice(0, count);
  const last = shown.at(-1);
  const next = last !== undefined && rest.length > shown.length ? Buffer.from(last.key).toString('base64url') : null;
  return {
    ...(account === '' ? {} : { accountUid: account }),
    elements: shown.map(({ row }) => row.view),
    len: shown.length,
    ...(next === null ? {} : { continuationToken: next }),
  };
}

function tokenOf(params: URLSearchParams): string | null {
  const text = params.get('continuation_token') ?? params.get('continuationToken') ?? '';
  if (text === '') return null;
  const token = Buffer.from(text, 'base64url').toString('utf8');
  if (!tokenPattern.test(token)) throw invalid('continuation_token');
  return token;
}
