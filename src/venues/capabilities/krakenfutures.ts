/**
 * Kraken Futures: linear perpetuals of the multi-collateral account, in USD.
 *
 * `processBefore` is checked when the order reaches the matching engine:
 * https://docs.kraken.com/api/docs/futures-api/trading/send-order. Client order ids are taken as unique among open
 * orders only. An order that ended is known to the trading service for five seconds, then to the history service,
 * which comes after: hence the long visibility lag. Margin is cross while a contract has no leverage preference.
 * Positions carry no mark and no liquidation price: the one is read with the ticker, the other computed.
 */
import type { RejectionCategory } from '../../domain/order.ts';
import type { KeyPermissions, VenueBalance } from '../../ports/venue.ts';
import { adaptKrakenFutures } from './krakenfutures-lists.ts';
import { krakenLiquidations } from './liquidation-records.ts';
import { decimalText, decimalTextOrNull, isRecord, record, text, textOrNull, type RawRecord } from './raw.ts';
import { allOrderKinds, callEndpoint, codes, dayMs, usual, usualOrderKinds } from './usual.ts';
import type { Paging, VenueDialect, VenueFailure } from './venue-dialect.ts';
import type { ExactExchange } from '../exact-exchange.ts';

const processWithinMs = 5_000;
const rowsOnPage = 500;

/**
 * https://docs.kraken.com/api/docs/futures-api/trading/send-order (status of an order) and …/introduction (errors).
 * Left out on purpose: selfFill, Server Error, unavailable, unknownError, Json Parse Error.
 */
const rejections: Record<string, RejectionCategory> = {
  ...codes('insufficient_balance', 'insufficientAvailableFunds', 'wouldCauseLiquidation', 'maxPositionViolation'),
  ...codes('reduce_only_rejected', 'wouldNotReducePosition', 'reduceOnlyWouldIncreasePosition'),
  ...codes('unauthorised', 'authenticationError', 'accountInactive'),
  ...codes('rate_limited', 'apiLimitExceeded'),
  ...codes('expired', 'wouldProcessAfterSpecifiedTime', 'nonceBelowThreshold', 'nonceDuplicate'),
  ...codes('order_rejected', 'invalidOrderType', 'invalidSide', 'invalidSize', 'invalidPrice', 'outsidePriceCollar'),
  ...codes('order_rejected', 'postWouldExecute', 'iocWouldNotExecute', 'tooManySmallOrders', 'tooManyOrders'),
  ...codes('order_rejected', 'marketSuspended', 'marketInactive', 'clientOrderIdTooLong', 'clientOrderIdTooBig'),
  ...codes('order_rejected', 'clientOrderIdInvalid', 'contractNotFound', 'requiredArgumentMissing', 'invalidArgument'),
};

const goodStatuses = new Set(['placed', 'cancelled', 'edited']);
const goneStatuses = new Set(['notFound', 'filled']);

function failure(reply: { readonly body: unknown }): VenueFailure | null {
  if (!isRecord(reply.body)) return null;
  const { error, sendStatus, cancelStatus } = reply.body;
  if (typeof error === 'string') return { code: error.split(':')[0] ?? error, message: error };
  const told = isRecord(sendStatus) ? sendStatus : isRecord(cancelStatus) ? cancelStatus : null;
  const status = told === null ? null : textOrNull(told['status']);
  return status === null || goodStatuses.has(status) ? null : { code: status, message: status };
}

/** Of a list that is kept there may have been no reply at all. */
function continuation(body: unknown): string | null {
  if (!isRecord(body)) return null;
  const { elements, continuationToken } = body;
  return Array.isArray(elements) && elements.length === 0 ? null : textOrNull(continuationToken);
}

const byToken: Paging = {
  kind: 'cursor',
  parameter: 'continuation_token',
  nextCursor: continuation,
  pageSize: rowsOnPage,
  windowMs: 30 * dayMs,
};

/** One reply has them all. */
const whole: Paging = { kind: 'time', pageSize: 1_000_000, windowMs: 3_650 * dayMs, continueById: null };

/**
 * What the history's pool charges: the log by the rows that are asked for. Public requests, and the trading service's,
 * are not in it.
 */
function historyCost(api: unknown, path: string, { count }: Readonly<Record<string, unknown>>): number {
  if (api !== 'history' || !privateHistories.has(path)) return 0;
  if (path !== 'account-log') return 1;
  const rows = Number(count ?? 500);
  if (rows <= 25) return 1;
  if (rows <= 50) return 2;
  if (rows <= 1_000) return 3;
  return rows <= 5_000 ? 6 : 10;
}

const privateHistories = new Set(['orders', 'executions', 'triggers', 'account-log']);

function flexAccount(info: unknown): RawRecord {
  return record(record(record(info, 'reply')['accounts'], 'accounts')['flex'], 'the multi-collateral account');
}

/** In seconds, from now or as the time of a clock: the documentation does not say which. */
function resetMs(header: string | undefined, nowMs: number): number | null {
  const seconds = Number(header);
  if (header === undefined || !Number.isFinite(seconds) || seconds < 0) return null;
  const isTime = seconds > 1_000_000_000;
  return Math.ceil(Math.max(isTime ? seconds * 1_000 - nowMs : seconds * 1_000, 0));
}

/** https://docs.kraken.com/api/docs/futures-api/trading/check-api-key; ccxt has no such endpoint, but can sign it. */
async function permissions(exchange: ExactExchange): Promise<KeyPermissions> {
  const api = record(exchange.urls.api, 'addresses');
  const auth = text(api['history'], 'address of the histories').replace(/history\/$/, 'auth/');
  exchange.urls.api = { ...api, auth };
  const reply = record(await exchange.fetch2('api-keys/v3/check', 'auth', 'GET', { version: 'v1' }), 'key');
  const { general, transfer } = record(reply['permissions'], 'permissions');
  return { trade: general === 'FULL_ACCESS' ? ['perpetual'] : [], withdraw: transfer === 'FULL_ACCESS' };
}

export const krakenfutures: VenueDialect = {
  ...usual,
  capabilities: {
    venue: 'krakenfutures',
    clientOrderIdForm: 'alphanumeric',
    clientOrderIdScope: 'open_orders',
    requestExpiry: { mechanism: 'processBefore', expiryMs: processWithinMs },
    visibilityLagMs: 10_000,
    spotFeeCurrency: 'quote',
    fundingDelayMs: 60_000,
    fundingOnTrades: true,
    scarceHistory: true,
    orderKinds: allOrderKinds,
  },
  kinds: ['perpetual'],
  exchangeOptions: { access: { auth: { GET: { 'api-keys/v3/check': 'private' } } } },
  // 500 units in ten seconds, an order being 10 of them, a read up to 2, and each 1 to ccxt: of orders at most 350, so that
  // neither can take the other's part.
  // https://docs.kraken.com/exchange/guides/futures/ratelimits
  pace: {
    orders: { unitsPerSecond: 2, burstUnits: 15 },
    reads: { unitsPerSecond: 5, burstUnits: 25 },
  },
  // Most of it is left for the fills of orders on their way.
  pool: { pace: { unitsPerSecond: 100 / 600, burstUnits: 100, reservedUnits: 60 }, costOf: historyCost },
  rateLimitResetMs: ({ headers }, nowMs) => resetMs(headers['rate-limit-reset'], nowMs),
  adapt: adaptKrakenFutures,

  failure,
  rejections,
  unmatchedCodes: new Set(['iocWouldNotExecute']),
  isDuplicate: ({ code }) => code === 'clientOrderIdAlreadyExist',
  isNotFound: ({ code }) => goneStatuses.has(code),

  // In capitals ccxt would send a resting limit order instead.
  orderKinds: { ...usualOrderKinds, ioc: { timeInForce: 'ioc' }, gtc: {} },
  deadMan: {
    scope: 'account',
    wind: (exchange, _symbol, afterMs) =>
      callEndpoint(exchange, 'privatePostCancelallordersafter', { timeout: Math.ceil((afterMs ?? 0) / 1_000) }),
  },
  orderExpiry: { place: 'parameter', name: 'processBefore', text: (atMs) => new Date(atMs).toISOString() },
  cancelByClientId: (clientOrderId) => ({ cliOrdId: clientOrderId }),
  readByClientId: { kind: 'order', params: (clientOrderId) => ({ cliOrdIds: clientOrderId }) },
  closedOrders: 'fetchOrders',
  rawStatus: (info) => text(info['status'], 'order status'),
  statuses: {
    untouched: 'open',
    partiallyFilled: 'open',
    ENTERED_BOOK: 'open',
    FULLY_EXECUTED: 'done',
    CANCELLED: 'done',
    REJECTED: 'done',
    // Of the history, by the newest event of an order: see krakenfutures-lists.
    placed: 'open',
    filled: 'done',
    cancelled: 'done',
    rejected: 'done',
  },

  closedOrderPaging: byToken,
  tradePaging: byToken,
  fundingPaymentPaging: whole,
  fundingRatePaging: whole,
  tradesOfOrder: (venueOrderId) => ({ orderUid: venueOrderId }),
  liquidationRecords: { paging: whole, fetchPage: krakenLiquidations },

  fundingPaymentSign: '1',
  fundingInterval: { source: 'rate', fallbackHours: 1, nextSettlement: 'multiple_of_interval' },

  balances(info, codeOf): VenueBalance[] {
    return Object.entries(record(flexAccount(info)['currencies'], 'currencies')).map(([id, value]) => ({
      currency: codeOf(id),
      total: decimalText(record(value, id)['quantity'], 'quantity'),
      free: decimalText(record(value, id)['available'], 'available'),
    }));
  },
  freeMargin: (info) => decimalText(flexAccount(info)['availableMargin'], 'availableMargin'),
  marginLevel(info) {
    const { marginEquity, maintenanceMargin } = flexAccount(info);
    return {
      equityUsd: decimalText(marginEquity, 'marginEquity'),
      maintenanceUsd: decimalText(maintenanceMargin, 'maintenanceMargin'),
    };
  },
  maintenanceRate({ info }) {
    const levels = isRecord(info) ? info['marginLevels'] : null;
    const [first]: readonly unknown[] = Array.isArray(levels) ? levels : [];
    return isRecord(first) ? decimalTextOrNull(first['maintenanceMargin'], 'maintenance margin') : null;
  },
  permissions,
};
