/** What the core refuses, in the codes of binance USDⓈ-M. */
import type { RefusalReason } from '../../exchange/placement.ts';
import { BinanceError } from '../binance-shared/errors.ts';

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
  order_limit: [-2025, 'Reach max open order limit.'],
};

export function refusalError(reason: RefusalReason): BinanceError {
  const [code, message] = refusals[reason];
  return new BinanceError(code, message);
}

export function tooPrecise(): BinanceError {
  return refusalError('quantity_off_step');
}
