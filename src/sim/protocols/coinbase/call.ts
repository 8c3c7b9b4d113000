/** One request after routing: its parameters, checked, with Coinbase's own complaints. */
import type { Credentials } from '../protocol.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BookFeed } from '../../feed/book-feed.ts';
import { isObject } from '../../json.ts';
import type { SimMarket } from '../../exchange/state.ts';
import { invalidArgument, malformed, notFound } from './errors.ts';

export interface CoinbaseCall {
  readonly query: URLSearchParams;
  /** The body as it came: only handlers that have one parse it. */
  readonly body: string;
  /** Values of the placeholders in the path. */
  readonly path: ReadonlyMap<string, string>;
  /** Null on public endpoints. */
  readonly credentials: Credentials | null;
  /** Market time. */
  readonly nowMs: number;
  readonly wallMs: number;
}

/** Returns the reply's body. @throws CoinbaseError */
export type CoinbaseHandler = (call: CoinbaseCall) => unknown;

export interface Route {
  /** `GET /api/v3/brokerage/products/{product_id}`. */
  readonly name: string;
  /** What the key must be allowed to do; null: no key is needed. */
  readonly needs: 'read' | 'trade' | null;
  readonly handle: CoinbaseHandler;
}

/** The account of a signed request. */
export function accountName(call: CoinbaseCall): string {
  if (call.credentials === null) throw new Error('a public endpoint has no account');
  return call.credentials.account;
}

/** All values of a repeated parameter; commas separate too. Empty when it was not sent. */
export function listed(call: CoinbaseCall, ...names: readonly string[]): string[] {
  return names
    .flatMap((name) => call.query.getAll(name))
    .flatMap((value) => value.split(',').filter((part) => part !== ''));
}

/** @throws CoinbaseError 400 */
export function wholeNumber(call: CoinbaseCall, name: string): number | null {
  const text = call.query.get(name);
  if (text === null || text === '') return null;
  if (!/^\d{1,12}$/.test(text)) throw invalidArgument(`parsing field "${name}": invalid value`);
  return Number(text);
}

/** Rows on a page. 0, like nothing, means the usual number. @throws CoinbaseError 400 */
export function pageSize(call: CoinbaseCall, usual: number, most: number): number {
  const limit = wholeNumber(call, 'limit') ?? 0;
  return limit === 0 ? usual : Math.min(limit, most);
}

/** A time such as `2025-10-09T01:00:00.000Z`, in epoch milliseconds. @throws CoinbaseError 400 */
export function timeAt(call: CoinbaseCall, name: string): number | null {
  const text = call.query.get(name);
  if (text === null || text === '') return null;
  const parsed = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(parsed)) throw invalidArgument(`parsing field "${name}": invalid time`);
  return parsed;
}

/** A JSON object that has no fields but the known ones. @throws CoinbaseError 400 */
export function bodyOf(call: CoinbaseCall, known: readonly string[]): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(call.body);
  } catch {
    throw malformed('syntax error (line 1:1): unexpected token');
  }
  if (!isObject(parsed)) throw malformed('syntax error (line 1:1): unexpected token');
  refuseUnknown(parsed, known);
  return parsed;
}

export function refuseUnknown(object: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  if (unknown !== undefined) throw malformed(`(line 1:1): unknown field ${JSON.stringify(unknown.slice(0, 80))}`);
}

/** '' when it was not sent. @throws CoinbaseError 400 when it is not text */
export function textField(object: Readonly<Record<string, unknown>>, name: string): string {
  const value = object[name];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw malformed(`(line 1:1): invalid value for string type: ${name}`);
  return value;
}

/** False when it was not sent. @throws CoinbaseError 400 when it is neither true nor false */
export function flagField(object: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = object[name];
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw malformed(`(line 1:1): invalid value for bool type: ${name}`);
  return value;
}

/** @throws CoinbaseError 404 */
export function marketNamed(context: ProtocolContext, productId: string): SimMarket {
  const market = context.exchange.state.markets.get(productId);
  if (market === undefined) throw notFound('valid product_id is required');
  return market;
}

export function feedOf(context: ProtocolContext, market: SimMarket): BookFeed {
  const feed = context.feeds.get(market.instrument.id);
  if (feed === undefined) throw new Error(`no feed for ${market.instrument.id}`);
  return feed;
}

export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
