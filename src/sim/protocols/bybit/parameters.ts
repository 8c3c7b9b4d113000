/** Reading parameters: whatever does not fit is a BybitError that names it. */
import type { SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BybitCall, Category, Params } from './call.ts';
import { categories } from './call.ts';
import { parameterError } from './errors.ts';
import { categoryOf, instrumentId } from './instruments.ts';

const dayMs = 86_400_000;
export const weekMs = 7 * dayMs;

/** @throws BybitError 10001 */
export function requiredCategory({ params }: { readonly params: Params }): Category {
  const category = categories.find((candidate) => candidate === params.get('category'));
  if (category === undefined) throw parameterError('category cannot be empty or is illegal');
  return category;
}

/** The market that `category` and `symbol` name. @throws BybitError 10001 */
export function requiredMarket(context: ProtocolContext, call: { readonly params: Params }): SimMarket {
  return namedMarket(context, requiredCategory(call), call.params.get('symbol') ?? '');
}

/** @throws BybitError 10001, also when the name is that of another category */
export function namedMarket(context: ProtocolContext, category: Category, symbol: string): SimMarket {
  const market = context.exchange.state.markets.get(instrumentId(category, symbol));
  if (market === undefined || categoryOf(market.instrument) !== category) throw parameterError('Not supported symbols');
  return market;
}

/** Those of a category, narrowed by what the request names: `symbol`, `baseCoin` or `settleCoin`. */
export function marketsOf(context: ProtocolContext, call: BybitCall, category: Category): SimMarket[] {
  const { params } = call;
  const symbol = params.get('symbol');
  if (symbol !== undefined) return [namedMarket(context, category, symbol)];
  const baseCoin = params.get('baseCoin');
  const settleCoin = params.get('settleCoin');
  return [...context.exchange.state.markets.values()].filter(
    ({ instrument }) =>
      categoryOf(instrument) === category &&
      (baseCoin === undefined || instrument.base === baseCoin) &&
      (settleCoin === undefined || category === 'spot' || instrument.quote === settleCoin),
  );
}

/** Contract queries must be narrowed. @throws BybitError 10001 */
export function requireNarrowed(call: BybitCall, category: Category): void {
  if (category !== 'linear') return;
  if (['symbol', 'baseCoin', 'settleCoin'].some((name) => call.params.has(name))) return;
  throw parameterError('Missing some parameters that must be filled in, symbol or settleCoin or baseCoin');
}

/** Cut at `most`, as the exchange does. @throws BybitError 10001 */
export function positiveInteger(call: BybitCall, name: string, otherwise: number, most: number): number {
  const value = integerOrNull(call.params, name) ?? otherwise;
  if (value < 1) throw parameterError(`params error: ${name} is invalid`);
  return Math.min(value, most);
}

/** @throws BybitError 10001 */
export function integerOrNull(params: Params, name: string): number | null {
  const text = params.get(name);
  if (text === undefined) return null;
  if (!/^\d{1,15}$/.test(text)) throw parameterError(`params error: ${name} is invalid`);
  return Number(text);
}

/** @throws BybitError 10001 */
export function flag(params: Params, name: string): boolean {
  const text = params.get(name) ?? 'false';
  if (text !== 'true' && text !== 'false') throw parameterError(`params error: ${name} is invalid`);
  return text === 'true';
}

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * At most seven days of market time, from a start and up to an end. When only one of them is given, or neither, the
 * window is `usualMs` long.
 * @throws BybitError 10001
 */
export function timeWindow(call: BybitCall, usualMs = weekMs): Window {
  const start = integerOrNull(call.params, 'startTime');
  const end = integerOrNull(call.params, 'endTime');
  if (start !== null && end !== null) {
    if (start > end) throw parameterError('The start time cannot be greater than the end time');
    if (end - start > weekMs) throw parameterError('The time range between startTime and endTime cannot exceed 7 days');
    return { fromMs: start, toMs: end };
  }
  if (start !== null) return { fromMs: start, toMs: start + usualMs };
  const toMs = end ?? call.nowMs;
  return { fromMs: toMs - usualMs, toMs };
}

export function within(atMs: number, window: Window): boolean {
  return atMs >= window.fromMs && atMs <= window.toMs;
}

export interface PageOptions<T> {
  readonly usual: number;
  readonly most: number;
  /** Falls along the list. */
  readonly keyOf: (row: T) => number;
  readonly view: (row: T) => unknown;
}

/** Newest first. The cursor names the last row given; a row that arrives later does not move the page. */
export function page<T>(
  call: BybitCall,
  newestFirst: readonly T[],
  { usual, most, keyOf, view }: PageOptions<T>,
): { readonly list: readonly unknown[]; readonly nextPageCursor: string } {
  const limit = positiveInteger(call, 'limit', usual, most);
  const cursor = call.params.get('cursor');
  if (cursor !== undefined && !/^p\d{1,15}$/.test(cursor)) throw parameterError('cursor is invalid');
  const before = cursor === undefined ? Infinity : Number(cursor.slice(1));
  const rest = newestFirst.filter((row) => keyOf(row) < before);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return {
    list: shown.map(view),
    nextPageCursor: rest.length > shown.length && last !== undefined ? `p${keyOf(last)}` : '',
  };
}
