/** The order endpoints: send, cancel, batch, dead-man timer, and what is open. */
import { isObject } from '../../json.ts';
import type { SimOrder } from '../../exchange/state.ts';
import type { DeadMan } from '../dead-man.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { KrakenCall, Route } from './call.ts';
import { accountName, isoTime, marketNamed, wholeNumber } from './call.ts';
import { invalid, KrakenFuturesError, missing } from './errors.ts';
import { cancelEvent, openOrderView, orderStatusView } from './order-views.ts';
import { sendOrder } from './placing.ts';
import type { RecentOrders } from './recent-orders.ts';

const mostInBatch = 100;

export function orderRoutes(context: ProtocolContext, deadMan: DeadMan, recent: RecentOrders): Route[] {
  const api = '/derivatives/api/v3';
  const statuses = (call: KrakenCall): Record<string, unknown> => orderStatuses(context, recent, call);
  return [
    {
      name: `POST ${api}/sendorder`,
      needs: 'trade',
      cost: () => 10,
      handle: (call) => ({ sendStatus: sendOrder(context, call, call.params) }),
    },
    {
      name: `POST ${api}/cancelorder`,
      needs: 'trade',
      cost: () => 10,
      handle: (call) => ({ cancelStatus: cancelOrder(context, call, call.params) }),
    },
    { name: `POST ${api}/cancelallorders`, needs: 'trade', cost: () => 25, handle: (call) => cancelAll(context, call) },
    {
      name: `POST ${api}/cancelallordersafter`,
      needs: 'trade',
      cost: () => 25,
      handle: (call) => cancelAllAfter(deadMan, call),
    },
    {
      name: `POST ${api}/batchorder`,
      needs: 'trade',
      cost: (call) => 9 + Math.min(mostInBatch, batchOf(call)?.length ?? 0),
      handle: (call) => batchOrder(context, call),
    },
    {
      name: `GET ${api}/openorders`,
      needs: 'read',
      cost: () => 2,
      handle: (call) => ({ openOrders: context.exchange.viewOf(accountName(call)).openOrders.map(openOrderView) }),
    },
    { name: `GET ${api}/orders/status`, needs: 'read', cost: () => 1, handle: statuses },
    { name: `POST ${api}/orders/status`, needs: 'read', cost: () => 1, handle: statuses },
  ];
}

/** By the exchange's id, or else by the client's. */
function cancelOrder(
  { exchange }: ProtocolContext,
  call: KrakenCall,
  params: URLSearchParams,
): Record<string, unknown> {
  const id = params.get('order_id') ?? '';
  const clientId = params.get('cliOrdId') ?? '';
  if (id === '' && clientId === '') throw missing('order_id');
  const deadline = params.get('processBefore') ?? '';
  const receivedTime = isoTime(call.wallMs);
  const account = accountName(call);
  const view = exchange.viewOf(account);
  const known = view.order(id) ?? (clientId === '' ? null : view.orderByClientId(clientId));
  const naming = { ...(id === '' ? {} : { order_id: id }), ...(clientId === '' ? {} : { cliOrdId: clientId }) };
  if (deadline !== '' && Date.parse(deadline) < call.wallMs && !call.ignoreExpiry) {
    return { status: 'wouldProcessAfterSpecifiedTime', ...naming, receivedTime };
  }
  if (known?.status === 'filled') return { status: 'filled', ...naming, receivedTime };
  const cancelled = known === null ? null : exchange.cancel(account, known.id);
  if (cancelled === null) return { status: 'notFound', ...naming, receivedTime };
  return {
    status: 'cancelled',
    order_id: cancelled.id,
    ...(cancelled.clientOrderId === '' ? {} : { cliOrdId: cancelled.clientOrderId }),
    receivedTime,
    orderEvents: [cancelEvent(cancelled)],
  };
}

/** Of one contract when it is named, otherwise of all. */
function cancelAll(context: ProtocolContext, call: KrakenCall): Record<string, unknown> {
  const { exchange } = context;
  const account = accountName(call);
  const symbol = call.params.get('symbol') ?? '';
  const market = symbol === '' ? null : marketNamed(context, symbol);
  const cancelled: SimOrder[] = [];
  for (const order of exchange.viewOf(account).openOrders) {
    if (market !== null && order.instrument !== market.instrument) continue;
    if (exchange.cancel(account, order.id) !== null) cancelled.push(order);
  }
  return {
    cancelStatus: {
      receivedTime: isoTime(call.wallMs),
      cancelOnly: symbol === '' ? 'all' : symbol,
      status: cancelled.length === 0 ? 'noOrdersToCancel' : 'cancelled',
      cancelledOrders: cancelled.map(({ id, clientOrderId }) => ({
        order_id: id,
        ...(clientOrderId === '' ? {} : { cliOrdId: clientOrderId }),
      })),
      orderEvents: cancelled.map(cancelEvent),
    },
  };
}

/** `timeout` in seconds; 0 stops the timer. */
function cancelAllAfter(deadMan: DeadMan, call: KrakenCall): Record<string, unknown> {
  const seconds = wholeNumber(call.params, 'timeout');
  if (seconds === null) throw missing('timeout');
  const deadlineMs = seconds === 0 ? null : call.wallMs + seconds * 1000;
  if (deadlineMs !== null && deadlineMs > 8.64e15) throw invalid('timeout');
  deadMan.arm(accountName(call), null, deadlineMs);
  return {
    status: { currentTime: isoTime(call.wallMs), triggerTime: deadlineMs === null ? '0' : isoTime(deadlineMs) },
  };
}

/** The instructions of a batch: `json=` with the document as it is, or encoded. Null when it is none. */
function batchOf({ params, body }: Pick<KrakenCall, 'params' | 'body'>): readonly unknown[] | null {
  const texts = [body.startsWith('json=') ? body.slice('json='.length) : body, params.get('json') ?? ''];
  for (const text of texts) {
    try {
      const parsed: unknown = JSON.parse(text);
      if (isObject(parsed) && Array.isArray(parsed['batchOrder'])) return parsed['batchOrder'];
    } catch {
      // Not JSON in this form: the next form is tried.
    }
  }
  return null;
}

function batchOrder(context: ProtocolContext, call: KrakenCall): Record<string, unknown> {
  const batch = batchOf(call);
  if (batch === null) throw new KrakenFuturesError('Json Parse Error');
  if (batch.length === 0 || batch.length > mostInBatch) throw invalid('batchOrder');
  const instructions = batch.map(instructionOf);
  return { batchStatus: instructions.map((params) => runInstruction(context, call, params)) };
}

/** Scalars alone, as text. @throws KrakenFuturesError invalidArgument */
function instructionOf(instruction: unknown): URLSearchParams {
  if (!isObject(instruction)) throw invalid('batchOrder');
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(instruction)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      params.set(name, String(value));
    }
  }
  return params;
}

function runInstruction(context: ProtocolContext, call: KrakenCall, params: URLSearchParams): Record<string, unknown> {
  const tag = params.get('order_tag');
  const tagged = tag === null ? {} : { order_tag: tag };
  switch (params.get('order')) {
    case 'send': {
      const { receivedTime, ...status } = sendOrder(context, call, params);
      return { ...tagged, ...status, dateTimeReceived: receivedTime };
    }
    case 'cancel':
      return cancelOrder(context, call, params);
    default:
      throw invalid('order');
  }
}

/** Open orders, and those that ended a moment ago; all of them when no id is named. */
function orderStatuses({ exchange }: ProtocolContext, recent: RecentOrders, call: KrakenCall): Record<string, unknown> {
  const named = (name: string): string[] =>
    call.params.getAll(name).flatMap((value) => value.split(',').filter((part) => part !== ''));
  const ids = new Set(named('orderIds'));
  const clientIds = new Set(named('cliOrdIds'));
  const all = ids.size + clientIds.size === 0;
  const view = exchange.viewOf(accountName(call));
  const found = view.orders.filter(
    (order) => (all || ids.has(order.id) || clientIds.has(order.clientOrderId)) && recent.isKnown(order, call.wallMs),
  );
  return { orders: found.map(orderStatusView) };
}
