/** What the core refuses, in the codes of binance spot. */
import type { RefusalReason } from '../../exchange/placement.ts';
import { BinanceError } from '../binance-shared/errors.ts';

const filterCode = -1013;
const rejectedCode = -2010;

const refusals: Readonly<Record<RefusalReason, readonly [number, string]>> = {
  quantity_not_positive: [filterCode, 'Invalid quantity.'],
  quantity_below_minimum: [filterCode, 'Filter failure: LOT_SIZE'],
  quantity_above_maximum: [filterCode, 'Filter failure: LOT_SIZE'],
  quantity_off_step: [filterCode, 'Filter failure: LOT_SIZE'],
  price_not_positive: [filterCode, 'Invalid price.'],
  price_off_tick: [filterCode, 'Filter failure: PRICE_FILTER'],
  notional_below_minimum: [filterCode, 'Filter failure: NOTIONAL'],
  duplicate_client_order_id: [rejectedCode, 'Duplicate order sent.'],
  insufficient_balance: [rejectedCode, 'Account has insufficient balance for requested action.'],
  insufficient_margin: [rejectedCode, 'Account has insufficient balance for requested action.'],
  above_leverage_cap: [rejectedCode, 'Account has insufficient balance for requested action.'],
  reduce_only: [rejectedCode, 'Unsupported order combination'],
  post_only_would_take: [rejectedCode, 'Order would immediately match and take.'],
  cannot_fill_at_once: [rejectedCode, 'Unsupported order combination'],
  no_market: [filterCode, 'Market is closed.'],
  market_closed: [filterCode, 'Market is closed.'],
  order_limit: [filterCode, 'Filter failure: MAX_NUM_ORDERS'],
};

export function refusalError(reason: RefusalReason): BinanceError {
  const [code, message] = refusals[reason];
  return new BinanceError(code, message);
}

/** Whether it is refused before it reaches the book: what a test order finds out too. */
export function isFilterFailure(reason: RefusalReason): boolean {
  return refusals[reason][0] === filterCode;
}

export function rejected(message: string): BinanceError {
  return new BinanceError(rejectedCode, message);
}
