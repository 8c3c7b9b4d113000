/** Binance USDⓈ-M error codes: HTTP 4xx with `{code, msg}`. */
import type { RestReply } from '../protocol.ts';
import type { RefusalReason } from '../../placement.ts';

export class BinanceError extends Error {
  readonly code: number;
  readonly status: number;
  constructor(code: number, message: string, status = 400) {
    super(message);
    this.name = 'BinanceError';
    this.code = code;
    this.status = status;
  }
}

export function failed(error: BinanceError): RestReply {
  return { status: error.status, body: { code: error.code, msg: error.message } };
}

export function missing(parameter: string): BinanceError {
  return new BinanceError(-1102, `Mandatory parameter '${parameter}' was not sent, was empty/null, or malformed.`);
}

const refusals: Readonly<Record<RefusalReason, readonly [number, string]>> = {
  quantity_not_positive: [-4003, 'Quantity less than or equal to zero.'],
  quantity_below_minimum: [-4004, 'Quantity less than min quantity.'],
  quantity_above_maximum: [-4005, 'Quantity greater than max quantity.'],
  quantity_off_step: [-1111, 'Precision is over the maximum defined for this asset.'],
  price_not_positive: [-4001, 'Price less than 0.'],
  price_off_tick: [-4014, 'Price not increased by tick size.'],
  notional_below_minimum: [-4164, "Order's notional must be no smaller than 5 (unless you choose reduce only)."],
  duplicate_client_order_id: [-4116, 'ClientOrderId is duplicated.'],
  insufficient_balance: [-2018, 'Balance is insufficient.'],
  insufficient_margin: [-2019, 'Margin is insufficient.'],
  above_leverage_cap: [-2027, 'Exceeded the maximum allowable position at current leverage.'],
  reduce_only: [-2022, 'ReduceOnly Order is rejected.'],
  post_only_would_take: [
    -5022,
    'Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history',
  ],
  cannot_fill_at_once: [
    -5021,
    'Due to the order could not be filled immediately, the FOK order has been rejected. The order will not be recorded in the order history',
  ],
  no_market: [-4140, 'Invalid symbol status for opening position.'],
  market_closed: [-4140, 'Invalid symbol status for opening position.'],
  order_limit: [-1015, 'Too many new orders.'],
};

export function refusalError(reason: RefusalReason): BinanceError {
  const [code, message] = refusals[reason];
  return new BinanceError(code, message);
}
