/**
 * Coinbase Advanced Trade, spot.
 *
 * A `client_order_id` that was used before makes no second order: the reply names the first one.
 * https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/orders/create-order. ccxt drops the unified
 * name. Requests expire with their token; how strictly its `exp` is read is not documented, so the usual minute of
 * leeway of token libraries is counted in. Nothing is read or cancelled by client order id: lists are searched.
 */
import { decimal, toText } from '../../domain/decimal.ts';
import type { RejectionCategory } from '../../domain/order.ts';
import type { KeyPermissions, OrderKind, VenueBalance } from '../../ports/venue.ts';
import { decimalText, isRecord, list, record, text, textOrNull, type RawRecord } from './raw.ts';
import { callEndpoint, codes, dayMs, usual, usualOrderKinds, withoutFunding } from './usual.ts';
import type { Paging, VenueDialect, VenueFailure } from './venue-dialect.ts';
import type { ExactExchange } from '../exact-exchange.ts';

/** A token names the second of its making, and is good for at most two minutes. */
const longestTokenSeconds = 120;
const tokenSeconds = 5;
const leewaySeconds = 60;
const mostWalletPages = 20;

/**
 * `error_response.error` and `preview_failure_reason` of a reply with `success: false`, and the errors of requests that
 * were refused whole: https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/rest-api and
 * …/rest-api/orders/create-order. Left out on purpose: UNKNOWN_FAILURE_REASON without a preview reason, unknown,
 * internal_server_error, COMMANDER_REJECTED_NEW_ORDER.
 */
const rejections: Record<string, RejectionCategory> = {
  ...codes('insufficient_balance', 'INSUFFICIENT_FUND', 'PREVIEW_INSUFFICIENT_FUND', 'INSUFFICIENT_FUNDS'),
  ...codes('unauthorised', 'PERMISSION_DENIED', 'authentication_error', 'unauthorized', 'invalid_token'),
  ...codes('unauthorised', 'expired_token', 'revoked_token'),
  ...codes('rate_limited', 'rate_limit_exceeded', 'resource_exhausted'),
  ...codes('order_rejected', 'UNSUPPORTED_ORDER_CONFIGURATION', 'INVALID_SIDE', 'INVALID_PRODUCT_ID'),
  ...codes('order_rejected', 'INVALID_SIZE_PRECISION', 'INVALID_PRICE_PRECISION', 'INVALID_LIMIT_PRICE'),
  ...codes('order_rejected', 'INVALID_LIMIT_PRICE_POST_ONLY', 'INVALID_NO_LIQUIDITY', 'INVALID_ARGUMENT'),
  ...codes('order_rejected', 'ORDER_ENTRY_DISABLED', 'INELIGIBLE_PAIR', 'NOT_FOUND'),
  ...codes('order_rejected', 'PREVIEW_INVALID_BASE_SIZE_TOO_SMALL', 'PREVIEW_INVALID_BASE_SIZE_TOO_LARGE'),
  ...codes('order_rejected', 'PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL', 'PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE'),
  ...codes('order_rejected', 'PREVIEW_INVALID_SIZE_PRECISION', 'PREVIEW_INVALID_PRICE_PRECISION'),
  ...codes('order_rejected', 'PREVIEW_INVALID_LIMIT_PRICE', 'PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY'),
};

const goneReasons = new Set(['UNKNOWN_CANCEL_ORDER', 'INVALID_CANCEL_REQUEST', 'DUPLICATE_CANCEL_REQUEST']);
const orderKinds: readonly OrderKind[] = ['ioc', 'gtc', 'post_only'];

function failure({ body }: { readonly body: unknown }): VenueFailure | null {
  if (!isRecord(body)) return null;
  const told = body['error_response'];
  if (isRecord(told)) return orderFailure(told);
  const message = textOrNull(body['message']) ?? '';
  if (typeof body['error'] === 'string') return { code: body['error'], message };
  const [first]: readonly unknown[] = Array.isArray(body['errors']) ? body['errors'] : [];
  if (isRecord(first)) return { code: text(first['id'], 'error id'), message: textOrNull(first['message']) ?? '' };
  const refused = Array.isArray(body['results'])
    ? body['results'].find((row) => isRecord(row) && !row['success'])
    : null;
  return isRecord(refused) ? { code: text(refused['failure_reason'], 'failure reason'), message: '' } : null;
}

/** The preview's reason says more where the error itself is unknown. */
function orderFailure(told: RawRecord): VenueFailure {
  const error = textOrNull(told['error']) ?? 'UNKNOWN_FAILURE_REASON';
  const preview = textOrNull(told['preview_failure_reason']) ?? '';
  const unnamed = error === 'UNKNOWN_FAILURE_REASON' && preview !== '' && !preview.startsWith('UNKNOWN');
  return { code: unnamed ? preview : error, message: textOrNull(told['message']) ?? '' };
}

function byCursor(pageSize: number): Paging {
  const nextCursor = (body: unknown): string | null => {
    const reply = record(body, 'reply');
    return list(reply['fills'] ?? reply['orders'], 'rows').length === 0 ? null : textOrNull(reply['cursor']);
  };
  return { kind: 'cursor', parameter: 'cursor', nextCursor, pageSize, windowMs: 30 * dayMs };
}

/** Shortens the life of each token by dating its beginning back, and reads every page of wallets. */
function adapt(exchange: ExactExchange): void {
  const original: unknown = Reflect.get(exchange, 'createAuthToken');
  if (typeof original !== 'function') throw new TypeError('ccxt signs coinbase in another way than was tested');
  const createAuthToken = (_seconds: number, ...rest: readonly unknown[]): unknown => {
    const seconds = Math.floor(exchange.nonce() / 1_000);
    return Reflect.apply(original, exchange, [seconds - longestTokenSeconds + tokenSeconds, ...rest]);
  };
  Object.assign(exchange, { createAuthToken });
  exchange.fetchBalance = async () => ({ info: await wallets(exchange) });
}

async function wallets(exchange: ExactExchange): Promise<unknown[]> {
  const found: unknown[] = [];
  let cursor: string | null = '';
  for (let page = 0; cursor !== null; page += 1) {
    if (page >= mostWalletPages) throw new TypeError('coinbase: more wallets than any account has');
    const asked = { limit: 250, ...(cursor === '' ? {} : { cursor }) };
    const reply = await callEndpoint(exchange, 'v3PrivateGetBrokerageAccounts', asked);
    found.push(...list(reply['accounts'], 'wallets'));
    cursor = reply['has_next'] === true ? text(reply['cursor'], 'cursor') : null;
  }
  return found;
}

/** https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/data-api/get-api-key-permissions */
async function permissions(exchange: ExactExchange): Promise<KeyPermissions> {
  const key = await callEndpoint(exchange, 'v3PrivateGetBrokerageKeyPermissions');
  return { trade: key['can_trade'] === true ? ['spot'] : [], withdraw: key['can_transfer'] === true };
}

export const coinbase: VenueDialect = {
  ...usual,
  ...withoutFunding,
  capabilities: {
    venue: 'coinbase',
    clientOrderIdForm: 'alphanumeric',
    clientOrderIdScope: 'forever',
    requestExpiry: { mechanism: 'exp of the token', expiryMs: (tokenSeconds + leewaySeconds) * 1_000 },
    visibilityLagMs: 2_000,
    spotFeeCurrency: 'quote',
    fundingDelayMs: 0,
    orderKinds,
  },
  kinds: ['spot'],
  exchangeOptions: { fetchTime: 'v3PublicGetBrokerageTime' },
  exchangeHas: { fetchCurrencies: false },
  // 30 private requests a second, orders and reads together, each of one unit; 10 public ones, each of three.
  // https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/rest-api (rate limits)
  pace: {
    orders: { unitsPerSecond: 7, burstUnits: 9 },
    reads: { unitsPerSecond: 6, burstUnits: 8 },
  },
  adapt,

  failure,
  rejections,
  isDuplicate: ({ message }) => /client_order_id.*unique|duplicate client order/i.test(message),
  isNotFound: ({ code, message }) => goneReasons.has(code) || message.includes('order with this orderID was not found'),

  orderParams: (clientOrderId) => ({ client_order_id: clientOrderId }),
  // A market buy is a sum of quote currency here, not a quantity.
  orderKinds: { ioc: usualOrderKinds.ioc, gtc: usualOrderKinds.gtc, post_only: usualOrderKinds.post_only },
  cancelByClientId: null,
  readByClientId: { kind: 'lists', params: () => ({}) },
  closedOrders: 'fetchOrders',
  rawStatus: (info) => text(info['status'], 'order status'),
  statuses: {
    PENDING: 'open',
    OPEN: 'open',
    QUEUED: 'open',
    CANCEL_QUEUED: 'open',
    FILLED: 'done',
    CANCELLED: 'done',
    EXPIRED: 'done',
    FAILED: 'done',
  },

  openOrderPaging: byCursor(100),
  closedOrderPaging: byCursor(100),
  tradePaging: byCursor(250),
  tradesOfOrder: (venueOrderId) => ({ order_ids: venueOrderId }),

  balances(info): VenueBalance[] {
    return list(info, 'wallets').map((value) => {
      const wallet = record(value, 'wallet');
      const free = decimalText(record(wallet['available_balance'], 'available balance')['value'], 'available balance');
      const held = decimalText(record(wallet['hold'], 'hold')['value'], 'hold');
      return { currency: text(wallet['currency'], 'currency'), total: toText(decimal(free).plus(decimal(held))), free };
    });
  },
  permissions,
};
