/** Request parameters of a call, with binance's own complaints. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal } from '../../../domain/decimal.ts';
import type { SimMarket } from '../../state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { isPlainNumber } from '../../json.ts';
import { BinanceError, missing } from './errors.ts';

export interface BinanceCall {
  readonly params: Readonly<Record<string, string | undefined>>;
  /** '' on public endpoints. */
  readonly account: string;
  /** Market time. */
  readonly nowMs: number;
  readonly wallMs: number;
}

/** Returns the reply's body. @throws BinanceError */
export type BinanceHandler = (call: BinanceCall) => unknown;

/** @throws BinanceError -1102 */
export function required(call: BinanceCall, name: string): string {
  const value = call.params[name];
  if (value === undefined || value === '') throw missing(name);
  return value;
}

/** @throws BinanceError -1100 when it is there and not a number */
export function numberOrNull(call: BinanceCall, name: string): Decimal | null {
  const text = call.params[name];
  if (text === undefined || text === '') return null;
  if (!isPlainNumber(text)) {
    throw new BinanceError(
      -1100,
      `Illegal characters found in parameter '${name}'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.`,
    );
  }
  return decimal(text);
}

/** @throws BinanceError -1100 when it is there and not a whole number */
export function integerOrNull(call: BinanceCall, name: string): number | null {
  const text = call.params[name];
  if (text === undefined || text === '') return null;
  if (!/^\d{1,15}$/.test(text)) {
    throw new BinanceError(-1100, `Illegal characters found in parameter '${name}'; legal range is '^[0-9]{1,20}$'.`);
  }
  return Number(text);
}

export function limitOf(call: BinanceCall, usual: number, most: number): number {
  const limit = integerOrNull(call, 'limit') ?? usual;
  if (limit < 1) throw new BinanceError(-1130, "Data sent for parameter 'limit' is not valid.");
  return Math.min(limit, most);
}

/** @throws BinanceError -1121 */
export function marketNamed(context: ProtocolContext, symbol: string): SimMarket {
  const market = context.exchange.state.markets.get(symbol);
  if (market === undefined) throw new BinanceError(-1121, 'Invalid symbol.');
  return market;
}

export function requiredMarket(context: ProtocolContext, call: BinanceCall): SimMarket {
  return marketNamed(context, required(call, 'symbol'));
}

/** The market that `symbol` names, or all of them. */
export function chosenMarkets(context: ProtocolContext, call: BinanceCall): SimMarket[] {
  const { symbol } = call.params;
  if (symbol !== undefined && symbol !== '') return [marketNamed(context, symbol)];
  return [...context.exchange.state.markets.values()];
}

/** Without a symbol a list, with one a single row. */
export function oneOrAll<T>(call: BinanceCall, rows: readonly T[]): T | readonly T[] {
  const { symbol } = call.params;
  const [only] = rows;
  return symbol !== undefined && symbol !== '' && only !== undefined ? only : rows;
}

const weekMs = 7 * 86_400_000;

/** Seven days at most; `fromMs` is null when no start was given, and then the newest rows are meant. */
export function timeWindow(call: BinanceCall): { fromMs: number | null; oldestMs: number; toMs: number } {
  const fromMs = integerOrNull(call, 'startTime');
  const end = integerOrNull(call, 'endTime');
  if (fromMs !== null && end !== null && end - fromMs > weekMs) {
    throw new BinanceError(-1127, 'Lookup interval is too big.');
  }
  const toMs = end ?? (fromMs === null ? call.nowMs : fromMs + weekMs);
  return { fromMs, oldestMs: fromMs ?? toMs - weekMs, toMs };
}
