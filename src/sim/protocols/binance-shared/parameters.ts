/** Readers of request parameters, with binance's own complaints. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal } from '../../../domain/decimal.ts';
import { isPlainNumber } from '../../json.ts';
import type { SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext, RestRequest } from '../protocol.ts';
import type { BinanceCall, Parameters } from './call.ts';
import { BinanceError, badCombination, illegal, invalid, missing } from './errors.ts';

/** Query and body together; where both have a name, the query counts. @throws BinanceError -1101 */
export function parametersOf(request: Pick<RestRequest, 'rawQuery' | 'body'>): Parameters {
  const query = distinct(new URLSearchParams(request.rawQuery));
  const body = distinct(new URLSearchParams(request.body));
  return new Map([...body, ...query]);
}

function distinct(search: URLSearchParams): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of search) {
    if (found.has(name)) throw new BinanceError(-1101, 'Duplicate values for a parameter detected.');
    found.set(name, value);
  }
  return found;
}

/** Undefined when it is absent or empty. */
export function optional(call: Pick<BinanceCall, 'params'>, name: string): string | undefined {
  const value = call.params.get(name);
  return value === '' ? undefined : value;
}

/** @throws BinanceError -1102 */
export function required(call: Pick<BinanceCall, 'params'>, name: string): string {
  const value = optional(call, name);
  if (value === undefined) throw missing(name);
  return value;
}

/** @throws BinanceError -1100 when it is there and not a plain number */
export function numberOrNull(call: Pick<BinanceCall, 'params'>, name: string): Decimal | null {
  const text = optional(call, name);
  if (text === undefined) return null;
  if (!isPlainNumber(text)) throw illegal(name, '^([0-9]{1,20})(\\.[0-9]{1,20})?$');
  return decimal(text);
}

/** Larger than any id or time that exists. */
const beyondAll = Number.MAX_SAFE_INTEGER;

/** @throws BinanceError -1100 when it is there and not a whole number */
export function integerOrNull(call: Pick<BinanceCall, 'params'>, name: string): number | null {
  const text = optional(call, name);
  if (text === undefined) return null;
  if (!/^\d{1,20}$/.test(text)) throw illegal(name, '^[0-9]{1,20}$');
  return Math.min(Number(text), beyondAll);
}

const firstMicroseconds = 1e14;

/** A time in epoch milliseconds; microseconds are taken as such. @throws BinanceError -1100 */
export function timeOrNull(call: Pick<BinanceCall, 'params'>, name: string): number | null {
  const value = integerOrNull(call, name);
  if (value === null || value < firstMicroseconds) return value;
  return Math.floor(value / 1000);
}

/** @throws BinanceError -1100, -1130 */
export function limitOf(call: Pick<BinanceCall, 'params'>, usual: number, most: number): number {
  const limit = integerOrNull(call, 'limit') ?? usual;
  if (limit < 1) throw invalid('limit');
  return Math.min(limit, most);
}

/** @throws BinanceError -1102 when it is there and neither `true` nor `false` */
export function flag(call: Pick<BinanceCall, 'params'>, name: string): boolean {
  const text = optional(call, name)?.toLowerCase();
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw missing(name);
}

/** One of the names of `choices`, as it maps them. @throws BinanceError with `code` when it is none of them */
export function choice<T>(name: string, choices: ReadonlyMap<string, T>, code: number, message: string): T {
  const chosen = choices.get(name);
  if (chosen === undefined) throw new BinanceError(code, message);
  return chosen;
}

/** @throws BinanceError -1121 */
export function marketNamed(context: ProtocolContext, symbol: string): SimMarket {
  const market = context.exchange.state.markets.get(symbol);
  if (market === undefined) throw new BinanceError(-1121, 'Invalid symbol.');
  return market;
}

/** @throws BinanceError -1102, -1121 */
export function requiredMarket(context: ProtocolContext, call: BinanceCall): SimMarket {
  return marketNamed(context, required(call, 'symbol'));
}

/** The markets that `symbol` or `symbols` (a JSON list) name, or all of them. @throws BinanceError */
export function chosenMarkets(context: ProtocolContext, call: BinanceCall): SimMarket[] {
  const symbol = optional(call, 'symbol');
  const listed = optional(call, 'symbols');
  if (symbol !== undefined && listed !== undefined) throw badCombination();
  if (symbol !== undefined) return [marketNamed(context, symbol)];
  if (listed !== undefined) return symbolList(listed).map((name) => marketNamed(context, name));
  return [...context.exchange.state.markets.values()];
}

function symbolList(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (!Array.isArray(value) || value.length === 0 || value.some((name) => typeof name !== 'string')) {
    throw illegal('symbols', '^\\[("[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}){0,1}\\]$');
  }
  const names = value.map(String);
  if (new Set(names).size < names.length) {
    throw new BinanceError(-1151, 'Symbol is present multiple times in the list.');
  }
  return names;
}

/** With `symbol` a single row, otherwise a list. */
export function oneOrAll<T>(call: BinanceCall, rows: readonly T[]): T | readonly T[] {
  const [only] = rows;
  return optional(call, 'symbol') !== undefined && only !== undefined ? only : rows;
}
