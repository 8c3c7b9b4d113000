/** Bybit v5's order endpoints that change something. The batches answer each of their orders by itself. */
import type { SimOrder } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BybitCall, BybitHandler, Category, Params } from './call.ts';
import { ExtendedResult } from './call.ts';
import { BybitError, parameterError, tooManyVisits } from './errors.ts';
import { cancelOrder, placeOrder } from './order-entry.ts';
import { marketsOf, requiredCategory, requireNarrowed } from './parameters.ts';

export function orderHandlers(context: ProtocolContext): Readonly<Record<string, BybitHandler>> {
  const notSupported = (): never => {
    throw parameterError('order amendment is not supported: cancel the order and place another');
  };
  return {
    'POST /v5/order/create': (call) => idsOf(placeOrder(context, call.account, requiredCategory(call), call.params)),
    'POST /v5/order/cancel': (call) => idsOf(cancelOrder(context, call.account, requiredCategory(call), call.params)),
    'POST /v5/order/cancel-all': (call) => cancelAll(context, call),
    'POST /v5/order/create-batch': (call) =>
      eachOf(call, (category, params) => {
        const order = placeOrder(context, call.account, category, params);
        return { ...idsOf(order), createAt: String(order.createdAtMs) };
      }),
    'POST /v5/order/cancel-batch': (call) =>
      eachOf(call, (category, params) => idsOf(cancelOrder(context, call.account, category, params))),
    'POST /v5/order/amend': notSupported,
    'POST /v5/order/amend-batch': notSupported,
  };
}

interface OrderIds {
  readonly orderId: string;
  readonly orderLinkId: string;
}

function idsOf(order: SimOrder): OrderIds {
  return { orderId: order.id, orderLinkId: order.clientOrderId };
}

function cancelAll(context: ProtocolContext, call: BybitCall): unknown {
  const category = requiredCategory(call);
  requireNarrowed(call, category);
  const filter = call.params.get('orderFilter');
  // Conditional orders are never open, so cancelling only those finds none.
  const instruments =
    filter !== undefined && filter !== 'Order'
      ? new Set()
      : new Set(marketsOf(context, call, category).map(({ instrument }) => instrument));
  const open = context.exchange.viewOf(call.account).openOrders.filter((order) => instruments.has(order.instrument));
  const cancelled = open.filter((order) => context.exchange.cancel(call.account, order.id) !== null);
  return { list: cancelled.map(idsOf), success: '1' };
}

function eachOf(call: BybitCall, action: (category: Category, params: Params) => OrderIds): ExtendedResult {
  const category = requiredCategory(call);
  const most = category === 'spot' ? 10 : 20;
  const requests = call.batch ?? [];
  if (requests.length === 0 || requests.length > most) {
    throw parameterError(`params error: request must hold 1 to ${most} orders`);
  }
  const answers = requests.map((params, index) => {
    const symbol = params.get('symbol') ?? '';
    try {
      if (index >= call.batchAllowed) throw tooManyVisits();
      return { row: { category, symbol, ...action(category, params) }, status: { code: 0, msg: 'OK' } };
    } catch (error) {
      if (!(error instanceof BybitError)) throw error;
      const row = { category, symbol, orderId: '', orderLinkId: params.get('orderLinkId') ?? '', createAt: '' };
      return { row, status: { code: error.code, msg: error.message } };
    }
  });
  return new ExtendedResult({ list: answers.map(({ row }) => row) }, { list: answers.map(({ status }) => status) });
}
