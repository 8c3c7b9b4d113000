/** What most capability files say the same way; a file spreads it and states what differs. */
import type { RejectionCategory } from '../../domain/order.ts';
import type { OrderKind } from '../../ports/venue.ts';
import { list, record, type RawRecord } from './raw.ts';
import type { NativeParams, Paging, VenueDialect } from './venue-dialect.ts';
import type { ExactExchange } from '../exact-exchange.ts';

export const minuteMs = 60_000;
export const dayMs = 86_400_000;

/** One row of a list of definite rejections. */
export function codes(
  category: RejectionCategory,
  ...each: readonly (string | number)[]
): Record<string, RejectionCategory> {
  return Object.fromEntries(each.map((code) => [String(code), category]));
}

/** In ccxt's unified words. */
export const usualOrderKinds = {
  ioc: { timeInForce: 'IOC' },
  gtc: { timeInForce: 'GTC' },
  post_only: { postOnly: true },
  market: {},
} as const satisfies Record<OrderKind, NativeParams>;

export const allOrderKinds: readonly OrderKind[] = ['ioc', 'gtc', 'post_only', 'market'];

const neverPaged: Paging = { kind: 'time', pageSize: 1_000, windowMs: dayMs, continueById: null };

export const usual = {
  exchangeHas: {},
  learnedOptions: [],
  adapt: null,
  noncesMustIncrease: false,
  pool: null,
  readsCountedBy: 'account',
  isNoChange: () => false,
  isNotFound: () => false,
  unmatchedCodes: new Set<string>(),
  rateLimitResetMs: () => null,
  orderParams: (clientOrderId) => ({ clientOrderId }),
  orderKinds: usualOrderKinds,
  orderExpiry: null,
  deadMan: null,
  readByVenueIdParams: {},
  openOrderPaging: null,
  venueTradeParams: () => [],
  liquidationRecords: null,
  marginLevel: null,
  maintenanceRate: null,
  lending: null,
  hasAccountModes: false,
  positionsOneByOne: false,
  permissions: null,
  spotFeeCoin: null,
  streamDepth: 50,
  bookDepth: 50,
} satisfies Partial<VenueDialect>;

/** A venue without perpetuals: its symbols are refused before any of this is used. */
export const withoutFunding = {
  fundingPaymentPaging: neverPaged,
  fundingRatePaging: neverPaged,
  fundingPaymentSign: '1',
  fundingInterval: { source: 'rate', fallbackHours: 8, nextSettlement: 'named' },
  freeMargin: () => '0',
} satisfies Partial<VenueDialect>;

/** One of ccxt's methods for a single endpoint, by its name: `privatePostQueryTrades`. */
export async function callEndpoint(
  exchange: ExactExchange,
  name: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<RawRecord> {
  return record(await callForAny(exchange, name, params), name);
}

/** Of an endpoint whose reply is a bare list. */
export async function callForList(
  exchange: ExactExchange,
  name: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<readonly unknown[]> {
  return list(await callForAny(exchange, name, params), name);
}

async function callForAny(
  exchange: ExactExchange,
  name: string,
  params: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const endpoint: unknown = Reflect.get(exchange, name);
  if (typeof endpoint !== 'function') throw new TypeError(`ccxt has no endpoint ${name} at ${exchange.id}`);
  const reply: unknown = await Reflect.apply(endpoint, exchange, [params]);
  return reply;
}
