/** Placing and cancelling orders. */
import { isObject } from '../../json.ts';
import type { PlaceResult } from '../../exchange/exchange.ts';
import type { SimMarket, SimOrder } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { CoinbaseCall, Route } from './call.ts';
import { accountName, bodyOf, textField } from './call.ts';
import type { OrderFailure } from './errors.ts';
import { failure, invalidArgument, malformed, refusalFailure } from './errors.ts';
import type { OrderTerms } from './order-configuration.ts';
import { configurationView, parseTerms, spendable } from './order-configuration.ts';

const orderFields = [
  'client_order_id',
  'product_id',
  'side',
  'order_configuration',
  'leverage',
  'margin_type',
  'retail_portfolio_id',
  'preview_id',
  'self_trade_prevention_id',
  'sor_preference',
];
const longestClientId = 128;
const mostCancels = 100;

export function orderRoutes(context: ProtocolContext): Route[] {
  const api = '/api/v3/brokerage';
  return [
    { name: `POST ${api}/orders`, needs: 'trade', handle: (call) => createOrder(context, call) },
    { name: `POST ${api}/orders/batch_cancel`, needs: 'trade', handle: (call) => cancelOrders(context, call) },
  ];
}

function createOrder(context: ProtocolContext, call: CoinbaseCall): Record<string, unknown> {
  const body = bodyOf(call, orderFields);
  const clientOrderId = textField(body, 'client_order_id');
  const side = textField(body, 'side');
  const configuration = body['order_configuration'];
  if (clientOrderId === '' || clientOrderId.length > longestClientId) {
    throw invalidArgument('client_order_id argument is invalid');
  }
  const { exchange } = context;
  const account = accountName(call);
  // An id that was used before makes no second order, whatever else the request says: it names the first one.
  const earlier = accountOf(exchange.state, account).byClientId.get(clientOrderId);
  if (earlier !== undefined) return created(context, earlier);
  const market = exchange.state.markets.get(textField(body, 'product_id'));
  if (market === undefined) return notCreated(failure('INVALID_PRODUCT_ID', 'Invalid product_id'), configuration);
  if (side !== 'BUY' && side !== 'SELL') return notCreated(failure('INVALID_SIDE', 'Invalid side'), configuration);
  const parsed = parseTerms(configuration, side === 'BUY' ? 'buy' : 'sell');
  if (parsed.kind === 'failure') return notCreated(parsed.failure, configuration);
  const result = place(context, account, market, clientOrderId, side === 'BUY' ? 'buy' : 'sell', parsed.terms);
  if (result.kind === 'refused') return notCreated(refusalFailure(result.refusal.reason), configuration);
  return created(context, result.order);
}

function place(
  { exchange }: ProtocolContext,
  account: string,
  market: SimMarket,
  clientOrderId: string,
  side: SimOrder['side'],
  terms: OrderTerms,
): PlaceResult {
  const { takerBps } = exchange.feesOf(account, 'spot');
  const { quantity, quantityUnit } = terms;
  return exchange.place(account, {
    ...terms,
    instrument: market.instrument.id,
    clientOrderId,
    side,
    quantity: quantityUnit === 'quote' ? spendable(quantity, takerBps) : quantity,
    reduceOnly: false,
  });
}

function created({ exchange }: ProtocolContext, order: SimOrder): Record<string, unknown> {
  return {
    success: true,
    failure_reason: 'UNKNOWN_FAILURE_REASON',
    order_id: order.id,
    success_response: {
      order_id: order.id,
      product_id: order.instrument.id,
      side: order.side === 'buy' ? 'BUY' : 'SELL',
      client_order_id: order.clientOrderId,
      attached_order_id: '',
    },
    order_configuration: configurationView(order, exchange.feesOf(order.account, 'spot').takerBps),
  };
}

function notCreated(reason: OrderFailure, configuration: unknown): Record<string, unknown> {
  return {
    success: false,
    failure_reason: 'UNKNOWN_FAILURE_REASON',
    order_id: '',
    error_response: {
      error: reason.error,
      message: reason.message,
      error_details: '',
      preview_failure_reason: reason.previewFailureReason,
      new_order_failure_reason: reason.error,
    },
    order_configuration: isObject(configuration) ? configuration : {},
  };
}

/** Each order has a result of its own; the request as a whole succeeds. */
function cancelOrders(context: ProtocolContext, call: CoinbaseCall): Record<string, unknown> {
  const ids = bodyOf(call, ['order_ids'])['order_ids'];
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) {
    throw malformed('(line 1:1): invalid value for repeated string field: order_ids');
  }
  if (ids.length === 0 || ids.length > mostCancels) throw invalidArgument('order_ids argument is invalid');
  return { results: ids.map((id) => cancelOrder(context, accountName(call), id)) };
}

function cancelOrder({ exchange }: ProtocolContext, account: string, id: string): Record<string, unknown> {
  const known = exchange.viewOf(account).order(id);
  const cancelled = known === null ? null : exchange.cancel(account, id);
  // An order that is done cannot be cancelled twice; one that never was is told apart from it.
  const reason = known === null ? 'UNKNOWN_CANCEL_ORDER' : 'INVALID_CANCEL_REQUEST';
  return {
    success: cancelled !== null,
    failure_reason: cancelled === null ? reason : 'UNKNOWN_CANCEL_FAILURE_REASON',
    order_id: id,
  };
}
