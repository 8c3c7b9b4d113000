/** One request, as its handler sees it, and checks of what the client sent. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal } from '../../../domain/decimal.ts';
import type { BookFeed } from '../../feed/book-feed.ts';
import { isObject, isPlainNumber } from '../../json.ts';
import type { SimMarket } from '../../exchange/state.ts';
import type { Permission, ProtocolContext } from '../protocol.ts';
import { instrumentType } from './contracts.ts';
import { missingParameter, OkxError, parameterError, unknownInstrument } from './errors.ts';

/** Names are the client's own text, so never an object's keys. An empty value counts as not sent. */
export type OkxParameters = ReadonlyMap<string, string>;

export interface OkxCall {
  readonly params: OkxParameters;
  /** The objects of a list body; an object body alone. */
  readonly items: readonly OkxParameters[];
  /** '' on public endpoints. */
  readonly account: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Market time. */
  readonly nowMs: number;
  readonly wallMs: number;
  /** Wall time after which orders of this request are refused; null: none. */
  readonly expiresAtMs: number | null;
}

export interface OkxBody {
  readonly code: string;
  readonly data: readonly unknown[];
  readonly msg: string;
  readonly inTime?: string;
  readonly outTime?: string;
}

/** @throws OkxError */
export type OkxHandler = (call: OkxCall) => OkxBody;

export function answer(data: readonly unknown[]): OkxBody {
  return { code: '0', data, msg: '' };
}

/** What stands for a value that is neither text, number nor boolean: present, and valid for nothing. */
const structure = '\u0000';

export function parametersOf(value: unknown): OkxParameters {
  if (!isObject(value)) throw new OkxError('50002', 'JSON syntax error', { status: 400 });
  const params = new Map<string, string>();
  for (const [name, field] of Object.entries(value)) {
    const isScalar = typeof field === 'string' || typeof field === 'number' || typeof field === 'boolean';
    if (isScalar && field !== '') params.set(name, String(field));
    else if (Array.isArray(field) ? field.length > 0 : isObject(field)) params.set(name, structure);
  }
  return params;
}

/** @throws OkxError 50014 */
export function required(params: OkxParameters, name: string): string {
  const value = params.get(name);
  if (value === undefined) throw missingParameter(name);
  return value;
}

/** @throws OkxError 51000 when it is there and not one of `allowed` */
export function choice<T extends string>(params: OkxParameters, name: string, allowed: readonly T[]): T | null {
  const value = params.get(name);
  if (value === undefined) return null;
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw parameterError(name);
  return found;
}

/** @throws OkxError 51000 when it is there and not a whole number */
export function integerOrNull(params: OkxParameters, name: string): number | null {
  const text = params.get(name);
  if (text === undefined) return null;
  if (!/^\d{1,15}$/.test(text)) throw parameterError(name);
  return Number(text);
}

/** An id made of digits, for paging. @throws OkxError 51000 */
export function idOrNull(params: OkxParameters, name: string): bigint | null {
  const text = params.get(name);
  if (text === undefined) return null;
  if (!/^\d{1,20}$/.test(text)) throw parameterError(name);
  return BigInt(text);
}

/** @throws OkxError 51000 when it is there and not a plain positive number */
export function amountOrNull(params: OkxParameters, name: string): Decimal | null {
  const text = params.get(name);
  if (text === undefined) return null;
  if (!isPlainNumber(text)) throw parameterError(name);
  return decimal(text);
}

export function limitOf(params: OkxParameters, usual: number, most: number, name = 'limit'): number {
  const limit = integerOrNull(params, name) ?? usual;
  if (limit < 1) throw parameterError(name);
  return Math.min(limit, most);
}

const instrumentTypes = ['SPOT', 'MARGIN', 'SWAP', 'FUTURES', 'OPTION', 'EVENTS'] as const;

/** Null when it was not sent. @throws OkxError 51000 */
export function instrumentTypeOf(params: OkxParameters): (typeof instrumentTypes)[number] | null {
  return choice(params, 'instType', instrumentTypes);
}

/** @throws OkxError 51001 */
export function marketNamed(context: ProtocolContext, id: string): SimMarket {
  const market = context.exchange.state.markets.get(id);
  if (market === undefined) throw unknownInstrument();
  return market;
}

/** @throws OkxError 50014, 51001 */
export function requiredMarket(context: ProtocolContext, params: OkxParameters): SimMarket {
  return marketNamed(context, required(params, 'instId'));
}

/** Markets of a type. Futures, options and margin pairs are not listed. */
export function marketsOfType(context: ProtocolContext, type: string): SimMarket[] {
  return [...context.exchange.state.markets.values()].filter(({ instrument }) => instrumentType(instrument) === type);
}

export function feedOf(context: ProtocolContext, market: SimMarket): BookFeed {
  const feed = context.feeds.get(market.instrument.id);
  if (feed === undefined) throw new Error(`no feed for ${market.instrument.id}`);
  return feed;
}
