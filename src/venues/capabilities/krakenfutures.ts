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
import type { ExactExchange } from '../exchange.ts';
import { adaptKrakenFutures } from './krakenfutures-lists.ts';
import { krakenLiquidations } from './liquidation-records.ts';
import { decimalText, isRecord, list, record, text, textOrNull, timeMs, type RawRecord } from './raw.ts';
import { allOrderKinds, callEndpoint, codes, dayMs, usual, usualOrderKinds } from './usual.ts';
import type { Paging, VenueDialect, VenueFailure } from './venue-dialect.ts';

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

function continuation(body: unknown): string | null {
  return textOrNull(record(body, 'reply')['continuationToken']);
}

const byToken: Paging = {
  kind: 'cursor',
  parameter: 'continuation_token',
  nextCursor: continuation,
  pageSize: rowsOnPage,
  windowMs: 30 * dayMs,
};

function logTimes(body: unknown): readonly number[] {
  return list(record(body, 'reply')['logs'], 'logs').map((row) =>
    timeMs(Date.parse(text(record(row, 'log')['date'], 'date')), 'date'),
  );
}

const byLogTime: Paging = {
  kind: 'time',
  pageSize: rowsOnPage,
  windowMs: 30 * dayMs,
  continueById: null,
  raw: { fullFrom: rowsOnPage, timesOf: logTimes },
};

function flexAccount(info: unknown): RawRecord {
  return record(record(record(info, 'reply')['accounts'], 'accounts')['flex'], 'the multi-collateral account');
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
    orderKinds: allOrderKinds,
  },
  kinds: ['perpetual'],
  exchangeOptions: { access: { auth: { GET: { 'api-keys/v3/check': 'private' } } } },
  // 500 units in ten seconds, an order being 10 of them and 1 to ccxt; histories have 100 in ten minutes.
  // https://docs.kraken.com/api/docs/guides/futures-rate-limits
  pace: {
    orders: { unitsPerSecond: 20, burstUnits: 20 },
    reads: { unitsPerSecond: 5, burstUnits: 25 },
  },
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
  fundingPaymentPaging: byLogTime,
  // One reply has them all.
  fundingRatePaging: { kind: 'time', pageSize: 1_000_000, windowMs: 3_650 * dayMs, continueById: null },
  tradesOfOrder: (venueOrderId) => ({ orderUid: venueOrderId }),
  liquidationRecords: { paging: byLogTime, fetchPage: krakenLiquidations },

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
  permissions,
};
