/** Why the core refused an order, in the codes of each category: 170xxx for spot, 110xxx for contracts. */
import type { RefusalReason } from '../../exchange/placement.ts';
import type { Category } from './call.ts';
import { BybitError } from './errors.ts';

type Codes = Readonly<Record<RefusalReason, readonly [code: number, message: string]>>;

const spotCodes: Codes = {
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
  reduce_only: [170210, 'New order rejected.'],
  post_only_would_take: [170218, 'The LIMIT-MAKER order is rejected due to invalid price.'],
  cannot_fill_at_once: [170210, 'New order rejected.'],
  no_market: [170151, 'Trading pair is not open yet.'],
  market_closed: [170151, 'Trading pair is not open yet.'],
  order_limit: [170810, 'Cannot exceed maximum of 500 conditional, TP/SL and active orders.'],
};

const contractCodes: Codes = {
  quantity_not_positive: [10001, 'Qty invalid'],
  quantity_below_minimum: [10001, 'The number of contracts exceeds minimum limit allowed'],
  quantity_above_maximum: [10001, 'The number of contracts exceeds maximum limit allowed: too large'],
  quantity_off_step: [10001, 'Qty invalid'],
  price_not_positive: [110003, 'Order price exceeds the allowable range.'],
  price_off_tick: [10001, 'params error: Price invalid'],
  notional_below_minimum: [110094, 'Order notional value below the lower limit'],
  duplicate_client_order_id: [110072, 'OrderLinkedID is duplicate'],
  insufficient_balance: [110007, 'ab not enough for new order'],
  insufficient_margin: [110007, 'ab not enough for new order'],
  above_leverage_cap: [
    110090,
    'Order placement failed as your position may exceed the max limit. Please adjust your leverage',
  ],
  reduce_only: [110017, 'Reduce-only rule not satisfied'],
  post_only_would_take: [110032, 'Order is illegal'],
  cannot_fill_at_once: [110032, 'Order is illegal'],
  no_market: [110066, 'Trading is currently not allowed.'],
  market_closed: [110066, 'Trading is currently not allowed.'],
  order_limit: [110020, 'Not allowed to have more than 500 active orders.'],
};

export function refusalError(reason: RefusalReason, category: Category): BybitError {
  const [code, message] = (category === 'spot' ? spotCodes : contractCodes)[reason];
  return new BybitError(code, message);
}

/** An order to be cancelled that does not exist or is done. */
export function unknownOrder(category: Category): BybitError {
  return category === 'spot'
    ? new BybitError(170213, 'Order does not exist.')
    : new BybitError(110001, 'order not exists or too late to cancel');
}
