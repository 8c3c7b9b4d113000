/** Core records in Coinbase's field names. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, divide, roundTo, toText, zero } from '../../../domain/decimal.ts';
import { averagePrice } from '../../views/market-view.ts';
import { heldByOrder } from '../../exchange/spot-funds.ts';
import type { SimOrder, SimTrade, VenueState } from '../../exchange/state.ts';
import { remaining } from '../../exchange/state.ts';
import { isoTime } from './call.ts';
import { portfolioId, userId } from './ids.ts';
import { configurationView } from './order-configuration.ts';

export const timesInForce = {
  gtc: 'GOOD_UNTIL_CANCELLED',
  post_only: 'GOOD_UNTIL_CANCELLED',
  ioc: 'IMMEDIATE_OR_CANCEL',
  fok: 'FILL_OR_KILL',
} as const;

/** What an order's fills add to it. */
export interface FillSummary {
  readonly count: number;
  readonly lastAtMs: number;
}

const noFills: FillSummary = { count: 0, lastAtMs: 0 };

/** Of the orders that are shown, in one pass over the trades. */
export function fillSummaries(orders: readonly SimOrder[], trades: readonly SimTrade[]): Map<SimOrder, FillSummary> {
  const found = new Map(orders.map((order) => [order, noFills]));
  for (const { order, executedAtMs } of trades) {
    const summary = found.get(order);
    if (summary !== undefined) found.set(order, { count: summary.count + 1, lastAtMs: executedAtMs });
  }
  return found;
}

/** What is left of an order that was killed or ran out counts as cancelled, with or without fills. */
export function orderStatus(order: SimOrder): string {
  if (order.status === 'open') return 'OPEN';
  return order.status === 'filled' ? 'FILLED' : 'CANCELLED';
}

export function sideName(order: SimOrder): string {
  return order.side === 'buy' ? 'BUY' : 'SELL';
}

/** What the order did to the quote currency, fees included. */
export function valueAfterFees(order: SimOrder): Decimal {
  return order.side === 'buy' ? order.filledQuote.plus(order.feePaid) : order.filledQuote.minus(order.feePaid);
}

export function completion(order: SimOrder): string {
  if (order.status === 'filled') return '100';
  const filled = order.quantityUnit === 'base' ? order.filledBase : order.filledQuote;
  return toText(roundTo(divide(filled.times(decimal('100')), order.quantity), 2, 'down'));
}

export function orderView(state: VenueState, order: SimOrder, fills: FillSummary | undefined): Record<string, unknown> {
  const { count, lastAtMs } = fills ?? noFills;
  const byQuote = order.quantityUnit === 'quote';
  return {
    order_id: order.id,
    product_id: order.instrument.id,
    user_id: userId(order.account),
    order_configuration: configurationView(order, state.feesOf(order.account, 'spot').takerBps),
    side: sideName(order),
    client_order_id: order.clientOrderId,
    status: orderStatus(order),
    time_in_force: timesInForce[order.timeInForce],
    created_time: isoTime(order.createdAtMs),
    completion_percentage: completion(order),
    filled_size: toText(order.filledBase),
    average_filled_price: averagePrice(order.filledQuote, order.filledBase) ?? '0',
    fee: '',
    number_of_fills: String(count),
    filled_value: toText(order.filledQuote),
    pending_cancel: false,
    size_in_quote: byQuote,
    total_fees: toText(order.feePaid),
    size_inclusive_of_fees: byQuote,
    total_value_after_fees: toText(valueAfterFees(order)),
    trigger_status: 'INVALID_ORDER_TYPE',
    order_type: order.type === 'limit' ? 'LIMIT' : 'MARKET',
    reject_reason: 'REJECT_REASON_UNSPECIFIED',
    settled: order.status === 'filled',
    product_type: 'SPOT',
    reject_message: '',
    cancel_message: order.doneReason === 'user' ? 'User requested cancel' : '',
    order_placement_source: 'RETAIL_ADVANCED',
    outstanding_hold_amount: toText(heldByOrder(state, order)),
    is_liquidation: order.origin === 'liquidation',
    last_fill_time: count === 0 ? null : isoTime(lastAtMs),
    edit_history: [],
    leverage: '',
    margin_type: 'UNKNOWN_MARGIN_TYPE',
    retail_portfolio_id: portfolioId(order.account),
    originating_order_id: '',
    attached_order_id: '',
    attached_order_configuration: null,
  };
}

/** The size of a fill is in quote when the order was. */
export function fillView(trade: SimTrade): Record<string, unknown> {
  const { order } = trade;
  const byQuote = order.quantityUnit === 'quote';
  const at = isoTime(trade.executedAtMs);
  return {
    entry_id: `${trade.tradeId}-${trade.sequence}`,
    trade_id: trade.tradeId,
    order_id: order.id,
    trade_time: at,
    trade_type: 'FILL',
    price: toText(trade.price),
    size: toText(byQuote ? trade.price.times(trade.quantityBase) : trade.quantityBase),
    commission: toText(trade.fee),
    product_id: order.instrument.id,
    sequence_timestamp: at,
    liquidity_indicator: trade.role === 'maker' ? 'MAKER' : 'TAKER',
    size_in_quote: byQuote,
    user_id: userId(order.account),
    side: sideName(order),
    retail_portfolio_id: portfolioId(order.account),
  };
}

/** An order on the websocket's user channel. */
export function userOrderView(state: VenueState, order: SimOrder, numberOfFills: number): Record<string, unknown> {
  const left = order.quantityUnit === 'base' ? remaining(order) : zero;
  return {
    avg_price: averagePrice(order.filledQuote, order.filledBase) ?? '0',
    cancel_reason: order.doneReason === 'user' ? 'User requested cancel' : '',
    client_order_id: order.clientOrderId,
    completion_percentage: completion(order),
    contract_expiry_type: 'UNKNOWN_CONTRACT_EXPIRY_TYPE',
    cumulative_quantity: toText(order.filledBase),
    filled_value: toText(order.filledQuote),
    leaves_quantity: toText(left),
    limit_price: order.price === null ? '0' : toText(order.price),
    number_of_fills: String(numberOfFills),
    order_id: order.id,
    order_side: sideName(order),
    order_type: order.type === 'limit' ? 'Limit' : 'Market',
    outstanding_hold_amount: toText(heldByOrder(state, order)),
    post_only: order.timeInForce === 'post_only' ? 'true' : 'false',
    product_id: order.instrument.id,
    product_type: 'SPOT',
    reject_reason: '',
    retail_portfolio_id: portfolioId(order.account),
    risk_managed_by: 'UNKNOWN_RISK_MANAGEMENT_TYPE',
    status: orderStatus(order),
    stop_price: '',
    time_in_force: timesInForce[order.timeInForce],
    total_fees: toText(order.feePaid),
    total_value_after_fees: toText(valueAfterFees(order)),
    trigger_status: 'INVALID_ORDER_TYPE',
    creation_time: isoTime(order.createdAtMs),
    end_time: '0001-01-01T00:00:00Z',
    start_time: '0001-01-01T00:00:00Z',
  };
}
