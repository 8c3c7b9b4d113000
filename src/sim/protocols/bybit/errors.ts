/** Bybit's return codes. Every reply is HTTP 200 with a `retCode`; 0 is success. */
import type { RestReply } from '../protocol.ts';
import type { RefusalReason } from '../../placement.ts';

export class BybitError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.name = 'BybitError';
    this.code = code;
  }
}

export const parameterError = (detail: string): BybitError => new BybitError(10001, detail);

export function ok(result: unknown, wallMs: number): RestReply {
  return { status: 200, body: { retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: wallMs } };
}

export function failed(error: BybitError, wallMs: number): RestReply {
  return {
    status: 200,
    body: { retCode: error.code, retMsg: error.message, result: {}, retExtInfo: {}, time: wallMs },
  };
}

const refusals: Readonly<Record<RefusalReason, readonly [number, string]>> = {
  quantity_not_positive: [170130, "Data sent for parameter 'qty' is not valid."],
  quantity_below_minimum: [170136, 'Order quantity exceeded lower limit.'],
  quantity_above_maximum: [170135, 'Order quantity exceeded upper limit.'],
  quantity_off_step: [170137, 'Order volume decimal too long.'],
  price_not_positive: [170130, "Data sent for parameter 'price' is not valid."],
  price_off_tick: [170134, 'Order price has too many decimals.'],
  notional_below_minimum: [170140, 'Order value exceeded lower limit.'],
  duplicate_client_order_id: [170141, 'Duplicate clientOrderId'],
  insufficient_balance: [170131, 'Insufficient balance.'],
  insufficient_margin: [170131, 'Insufficient balance.'],
  above_leverage_cap: [170131, 'Insufficient balance.'],
  reduce_only: [110017, 'Reduce-only rule not satisfied.'],
  post_only_would_take: [170218, 'The LIMIT-MAKER order is rejected due to invalid price.'],
  cannot_fill_at_once: [170149, 'Create order failed.'],
  no_market: [170151, 'Trading pair is not open yet.'],
  market_closed: [170151, 'Trading pair is not open yet.'],
  order_limit: [170210, 'New order rejected.'],
};

export function refusalError(reason: RefusalReason): BybitError {
  const [code, message] = refusals[reason];
  return new BybitError(code, message);
}
