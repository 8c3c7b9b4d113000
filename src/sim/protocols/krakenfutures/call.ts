/** One request after routing: its parameters, checked, with Kraken Futures' own complaints. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, toText } from '../../../domain/decimal.ts';
import type { BookFeed } from '../../feed/book-feed.ts';
import { isPlainNumber } from '../../json.ts';
import type { SimMarket } from '../../exchange/state.ts';
import type { Credentials, ProtocolContext } from '../protocol.ts';
import { invalid, KrakenFuturesError, missing } from './errors.ts';

export interface KrakenCall {
  /** Of the query and of a form in the body. */
  readonly params: URLSearchParams;
  readonly body: string;
  /** Values of the placeholders in the path. */
  readonly path: ReadonlyMap<string, string>;
  /** Null on public endpoints. */
  readonly credentials: Credentials | null;
  /** Market time. */
  readonly nowMs: number;
  readonly wallMs: number;
  readonly ignoreExpiry: boolean;
}

export interface Route {
  /** `GET /derivatives/api/v3/tickers/{symbol}`. */
  readonly name: string;
  /** What the key must be allowed to do; null: no key is needed; `any`: a key, whatever it may do. */
  readonly needs: 'read' | 'trade' | 'any' | null;
  /** What it costs of the budget of its path; absent: nothing. */
  readonly cost?: (call: { readonly params: URLSearchParams; readonly body: string }) => number;
  /** Whether `result` and `serverTime` are put around the reply: the history and chart services have none. */
  readonly isBare?: boolean;
  /** @throws KrakenFuturesError */
  readonly handle: (call: KrakenCall) => Readonly<Record<string, unknown>>;
}

export function accountName(call: KrakenCall): string {
  if (call.credentials === null) throw new Error('a public endpoint has no account');
  return call.credentials.account;
}

/** @throws KrakenFuturesError requiredArgumentMissing */
export function required(params: URLSearchParams, name: string): string {
  const value = params.get(name) ?? '';
  if (value === '') throw missing(name);
  return value;
}

/** Null when it is no plain positive number. */
export function plainDecimal(text: string): Decimal | null {
  return isPlainNumber(text) ? decimal(text) : null;
}

/** @throws KrakenFuturesError invalidArgument */
export function wholeNumber(params: URLSearchParams, name: string): number | null {
  const text = params.get(name) ?? '';
  if (text === '') return null;
  if (!/^\d{1,15}$/.test(text)) throw invalid(name);
  return Number(text);
}

/** A time such as `2025-10-09T01:00:00.000Z`. @throws KrakenFuturesError invalidArgument */
export function timeAt(params: URLSearchParams, name: string): number | null {
  const text = params.get(name) ?? '';
  if (text === '') return null;
  const parsed = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(parsed)) throw invalid(name);
  return parsed;
}

/** Ids are told in either case. @throws KrakenFuturesError contractNotFound */
export function marketNamed(context: ProtocolContext, symbol: string): SimMarket {
  const market = context.exchange.state.markets.get(symbol.toUpperCase());
  if (market === undefined) throw new KrakenFuturesError('contractNotFound');
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

/** The wire's numbers are JSON numbers: this is the one place where a decimal becomes one. */
export function wireNumber(value: Decimal): number {
  return Number(toText(value));
}
