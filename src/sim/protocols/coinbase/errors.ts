/** Coinbase's ways of saying no: HTTP errors of v3 and v2, and the refusals inside a reply to an order. */
import type { RefusalReason } from '../../exchange/placement.ts';
import type { RestReply } from '../protocol.ts';

export class CoinbaseError extends Error {
  readonly reply: RestReply;
  constructor(reply: RestReply, message: string) {
    super(message);
    this.name = 'CoinbaseError';
    this.reply = reply;
  }
}

/** The body of every v3 error. */
export function v3Error(status: number, error: string, message: string): CoinbaseError {
  return new CoinbaseError({ status, body: { error, error_details: message, message } }, message);
}

/** The body of every v2 error, and of both APIs when a client asks too often. */
export function v2Error(status: number, id: string, message: string): CoinbaseError {
  return new CoinbaseError({ status, body: { errors: [{ id, message }] } }, message);
}

/** Answered in plain text by whatever checks tokens, in front of the API. */
export function unauthorised(): CoinbaseError {
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  return new CoinbaseError({ status: 401, body: 'Unauthorized\n', headers }, 'Unauthorized');
}

export const invalidArgument = (message: string): CoinbaseError => v3Error(400, 'INVALID_ARGUMENT', message);
export const notFound = (message: string): CoinbaseError => v3Error(404, 'NOT_FOUND', message);
/** A body that does not fit its declared shape. */
export const malformed = (detail: string): CoinbaseError => v3Error(400, 'unknown', `proto: ${detail}`);
export const permissionDenied = (): CoinbaseError => v3Error(403, 'PERMISSION_DENIED', 'Missing required scopes');

/** Why an order was not created: HTTP 200 with `success: false`. */
export interface OrderFailure {
  readonly error: string;
  readonly message: string;
  readonly previewFailureReason: string;
}

const noPreviewReason = 'UNKNOWN_PREVIEW_FAILURE_REASON';

export function failure(error: string, message: string, previewFailureReason = noPreviewReason): OrderFailure {
  return { error, message, previewFailureReason };
}

const tooSmall = failure('UNKNOWN_FAILURE_REASON', '', 'PREVIEW_INVALID_BASE_SIZE_TOO_SMALL');
const badPrice = failure('INVALID_PRICE_PRECISION', 'Invalid limit price', 'PREVIEW_INVALID_PRICE_PRECISION');
const noFunds = failure('INSUFFICIENT_FUND', 'Insufficient balance in source account', 'PREVIEW_INSUFFICIENT_FUND');
/** Cannot happen on a spot exchange. */
const unknown = failure('UNKNOWN_FAILURE_REASON', '');

const refusals: Readonly<Record<RefusalReason, OrderFailure>> = {
  quantity_not_positive: tooSmall,
  quantity_below_minimum: tooSmall,
  quantity_above_maximum: failure('UNKNOWN_FAILURE_REASON', '', 'PREVIEW_INVALID_BASE_SIZE_TOO_LARGE'),
  quantity_off_step: failure('INVALID_SIZE_PRECISION', 'Invalid size', 'PREVIEW_INVALID_SIZE_PRECISION'),
  price_not_positive: failure('INVALID_LIMIT_PRICE', 'Invalid limit price', 'PREVIEW_INVALID_LIMIT_PRICE'),
  price_off_tick: badPrice,
  notional_below_minimum: failure('UNKNOWN_FAILURE_REASON', '', 'PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL'),
  duplicate_client_order_id: failure('INVALID_REQUEST', 'client_order_id is not unique'),
  insufficient_balance: noFunds,
  insufficient_margin: noFunds,
  above_leverage_cap: unknown,
  reduce_only: unknown,
  post_only_would_take: failure(
    'INVALID_LIMIT_PRICE_POST_ONLY',
    'Post only order would take liquidity',
    'PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY',
  ),
  cannot_fill_at_once: failure('INVALID_NO_LIQUIDITY', '', 'PREVIEW_INVALID_NO_LIQUIDITY'),
  no_market: failure('INVALID_NO_LIQUIDITY', '', 'PREVIEW_MISSING_PRODUCT_PRICE_BOOK'),
  market_closed: failure('ORDER_ENTRY_DISABLED', 'Orders for this product are disabled'),
  order_limit: failure('COMMANDER_REJECTED_NEW_ORDER', 'Too many open orders'),
};

export function refusalFailure(reason: RefusalReason): OrderFailure {
  return refusals[reason];
}
