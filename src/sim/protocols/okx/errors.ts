/**
 * OKX's error codes: `{code, msg, data}`, with HTTP statuses as its error table gives them. Orders carry their own
 * `sCode` and `sMsg` inside `data`, under code 1 (none went through) or 2 (some did).
 */
import type { RestReply } from '../protocol.ts';
import type { RefusalReason } from '../../exchange/placement.ts';

export class OkxError extends Error {
  readonly code: string;
  readonly status: number;
  /** What OKX adds to some codes to tell their reasons apart. */
  readonly subCode: string;
  constructor(code: string, message: string, options: { readonly status?: number; readonly subCode?: string } = {}) {
    super(message);
    this.name = 'OkxError';
    this.code = code;
    this.status = options.status ?? 200;
    this.subCode = options.subCode ?? '';
  }
}

export const parameterError = (name: string): OkxError =>
  new OkxError('51000', `Parameter ${name} error`, { status: 400 });

export const missingParameter = (name: string): OkxError =>
  new OkxError('50014', `Parameter ${name} can not be empty`, { status: 400 });

export const unknownInstrument = (): OkxError =>
  new OkxError('51001', "Instrument ID, Instrument ID code, or Spread ID doesn't exist.");

export const unauthorised = (code: string, message: string): OkxError => new OkxError(code, message, { status: 401 });

export const tooManyRequests = new OkxError('50011', 'Too Many Requests', { status: 429 });

export function failed(error: OkxError): RestReply {
  return { status: error.status, body: { code: error.code, data: [], msg: error.message } };
}

const refusals: Readonly<Record<Exclude<RefusalReason, 'reduce_only'>, readonly [string, string]>> = {
  quantity_not_positive: ['51000', 'Parameter sz error'],
  quantity_below_minimum: ['51020', 'Your order should meet or exceed the minimum order amount.'],
  quantity_above_maximum: ['51005', 'Your order amount exceeds the max order amount.'],
  quantity_off_step: ['51121', 'Order quantity must be a multiple of the lot size.'],
  price_not_positive: ['51000', 'Parameter px error'],
  price_off_tick: ['51150', 'The precision of the number of trades or the price exceeds the limit.'],
  notional_below_minimum: ['51020', 'Your order should meet or exceed the minimum order amount.'],
  duplicate_client_order_id: ['51016', 'Client order ID already exists.'],
  insufficient_balance: ['51008', 'Order failed. Insufficient balance in account'],
  insufficient_margin: ['51008', 'Order failed. Insufficient margin in account'],
  above_leverage_cap: ['51004', 'Order failed. The position would exceed the maximum of its leverage.'],
  post_only_would_take: ['50028', 'Unable to place the order.'],
  cannot_fill_at_once: ['50028', 'Unable to place the order.'],
  no_market: ['51021', 'The pair or contract is not yet listed'],
  market_closed: ['51022', 'Contract suspended.'],
  order_limit: ['51025', 'Order count exceeds the limit.'],
};

/** @param holdsPosition whether the account has a position that a reduce-only order would have to be against */
export function refusalError(reason: RefusalReason, holdsPosition: boolean): OkxError {
  if (reason === 'reduce_only') {
    return holdsPosition
      ? new OkxError('51170', "A reduce-only order can't be the same trading direction as your existing positions.")
      : new OkxError(
          '51169',
          "Order failed because you don't have any positions in this direction to reduce or close.",
        );
  }
  const [code, message] = refusals[reason];
  if (reason === 'insufficient_balance') return new OkxError(code, message, { subCode: '1000' });
  if (reason === 'insufficient_margin') return new OkxError(code, message, { subCode: '1001' });
  return new OkxError(code, message);
}
