/** Kraken's trading endpoints: placing and cancelling. */
import { isObject } from '../../json.ts';
import { killReason, refusalOf } from '../../exchange/placement.ts';
import type { SimMarket, SimOrder } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { DeadMan } from '../dead-man.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { PrivateCall, PrivateEndpoint } from './call.ts';
import { KrakenError, invalidArguments, refusalError, unknownOrder } from './errors.ts';
import { secondTime } from './format.ts';
import { isKrakenId } from './ids.ts';
import type { KrakenLimits } from './limits.ts';
import { requiredMarket } from './market.ts';
import { describeRequest } from './order-views.ts';
import { parseOrder } from './order-request.ts';
import type { Parameters } from './parameters.ts';
import { flag, integerOrNull, textOrNull } from './parameters.ts';
import { userReferenceOf } from './references.ts';
import type { OrderRequest } from '../../exchange/order-request.ts';

const fewestInBatch = 2;
const mostInBatch = 15;
const mostInCancelBatch = 50;
/** How far ahead a deadline may lie. */
const longestDeadlineMs = 60_000;
const longestTimeoutSeconds = 86_400;

export interface TradingParts {
  readonly context: ProtocolContext;
  readonly limits: KrakenLimits;
  readonly deadMan: DeadMan;
}

export function orderEndpoints(parts: TradingParts): Readonly<Record<string, PrivateEndpoint>> {
  const trading = (cost: number, handle: (call: PrivateCall) => unknown): PrivateEndpoint => ({
    permission: 'trade',
    cost,
    handle,
  });
  return {
    AddOrder: trading(0, (call) => addOrder(parts, call)),
    AddOrderBatch: trading(0, (call) => addBatch(parts, call)),
    CancelOrder: trading(0, (call) => {
      const count = cancelAll(parts, call, namedOrders(parts, call));
      if (count === 0) throw unknownOrder();
      return { count };
    }),
    CancelOrderBatch: trading(0, (call) => ({ count: cancelAll(parts, call, batchOrders(parts, call)) })),
    CancelAll: trading(1, (call) => ({ count: cancelAll(parts, call, openOrders(parts, call.account)) })),
    CancelAllOrdersAfter: trading(1, (call) => armDeadMan(parts, call)),
  };
}

function addOrder(parts: TradingParts, call: PrivateCall): Record<string, unknown> {
  const { context, limits } = parts;
  const market = requiredMarket(context, call);
  limits.takeOrders(call.account, market.instrument.id, 1, call.wallMs);
  const request = parseOrder(market, call.params, context.exchange.state.orderCount + 1);
  checkDeadline(call);
  const descr = { order: describeRequest(market.instrument, request) };
  if (flag(call.params, 'validate')) {
    checkOnly(context, call.account, market, request);
    return { descr };
  }
  return { descr, txid: [place(parts, call.account, request).id] };
}

/** The whole batch is refused when one order is malformed; what the trading engine refuses is told order by order. */
function addBatch(parts: TradingParts, call: PrivateCall): Record<string, unknown> {
  const { context, limits } = parts;
  const market = requiredMarket(context, call);
  const rows = batchRows(call.params, 'orders', fewestInBatch, mostInBatch);
  limits.takeOrders(call.account, market.instrument.id, rows.length / 2, call.wallMs);
  const firstNumber = context.exchange.state.orderCount + 1;
  const requests = rows.map((row, index) => {
    if (!isObject(row)) throw invalidArguments('orders');
    return parseOrder(market, new Map(Object.entries(row)), firstNumber + index);
  });
  checkDeadline(call);
  const validateOnly = flag(call.params, 'validate');
  const orders = requests.map((request) => {
    const descr = { order: describeRequest(market.instrument, request) };
    try {
      if (!validateOnly) return { txid: place(parts, call.account, request).id, descr };
      checkOnly(context, call.account, market, request);
      return { descr };
    } catch (error) {
      if (error instanceof KrakenError) return { error: error.message };
      throw error;
    }
  });
  return { orders };
}

/** @throws KrakenError what the exchange refuses */
export function place({ context, limits }: TradingParts, account: string, request: OrderRequest): SimOrder {
  const open = accountOf(context.exchange.state, account).openOrders;
  limits.checkOpenOrders([...open].filter((order) => order.instrument.id === request.instrument).length);
  const result = context.exchange.place(account, request);
  if (result.kind === 'refused') throw refusalError(result.refusal.reason);
  return result.order;
}

/** What `place` would refuse, without placing. */
function checkOnly(context: ProtocolContext, account: string, market: SimMarket, request: OrderRequest): void {
  const { state } = context.exchange;
  const refusal = refusalOf(state, accountOf(state, account), market, request);
  if (refusal !== null) throw refusalError(refusal.reason);
  if (killReason(market, request) === 'post_only_would_take') throw refusalError('post_only_would_take');
}

/** RFC 3339; the exchange refuses what reaches its trading engine later. */
function checkDeadline(call: PrivateCall): void {
  const text = textOrNull(call.params, 'deadline');
  if (text === null) return;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text);
  const deadlineMs = isTime ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(deadlineMs)) throw invalidArguments('deadline');
  if (call.ignoreExpiry) return;
  if (deadlineMs - call.wallMs > longestDeadlineMs) throw invalidArguments('deadline');
  if (deadlineMs < call.wallMs) throw new KrakenError('EService:Deadline elapsed');
}

/** Of `cl_ord_id`, or of `txid`, which may also hold a user reference. */
function namedOrders(parts: TradingParts, call: PrivateCall): SimOrder[] {
  const clientId = textOrNull(call.params, 'cl_ord_id');
  if (clientId !== null) return openByClientId(parts, call.account, clientId);
  const name = textOrNull(call.params, 'txid') ?? textOrNull(call.params, 'userref');
  if (name === null) throw invalidArguments('txid');
  return openByName(parts, call.account, name, 'txid');
}

function batchOrders(parts: TradingParts, call: PrivateCall): SimOrder[] {
  const names = call.params.has('orders') ? batchRows(call.params, 'orders', 1, mostInCancelBatch) : [];
  const clientIds = call.params.has('cl_ord_ids') ? batchRows(call.params, 'cl_ord_ids', 1, mostInCancelBatch) : [];
  if (names.length + clientIds.length === 0) throw invalidArguments('orders');
  const found = [
    ...names.flatMap((name) => openByName(parts, call.account, scalar(name, 'orders'), 'orders')),
    ...clientIds.flatMap((id) => openByClientId(parts, call.account, scalar(id, 'cl_ord_ids'))),
  ];
  return [...new Set(found)];
}

function openByName(parts: TradingParts, account: string, name: string, field: string): SimOrder[] {
  const open = openOrders(parts, account);
  if (isKrakenId('O', name)) return open.filter(({ id }) => id === name);
  if (!/^-?\d{1,10}$/.test(name)) throw invalidArguments(field);
  return open.filter((order) => userReferenceOf(order) === Number(name));
}

function openByClientId({ context }: TradingParts, account: string, clientId: string): SimOrder[] {
  const order = accountOf(context.exchange.state, account).byClientId.get(clientId);
  return order?.status === 'open' ? [order] : [];
}

/** The trading engine's own view: unlike queries it does not lag. */
function openOrders({ context }: TradingParts, account: string): SimOrder[] {
  return [...accountOf(context.exchange.state, account).openOrders];
}

/** How many were cancelled. */
export function cancelAll(
  parts: TradingParts,
  call: Pick<PrivateCall, 'account' | 'nowMs' | 'wallMs'>,
  orders: readonly SimOrder[],
): number {
  let count = 0;
  for (const order of orders) {
    if (parts.context.exchange.cancel(call.account, order.id) === null) continue;
    parts.limits.countCancel(call.account, order, call.nowMs, call.wallMs);
    count += 1;
  }
  return count;
}

function batchRows(params: Parameters, field: string, fewest: number, most: number): readonly unknown[] {
  const rows = params.get(field);
  if (!Array.isArray(rows) || rows.length < fewest || rows.length > most) throw invalidArguments(field);
  return rows;
}

function scalar(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw invalidArguments(field);
}

/** A timeout of zero stops the timer. */
function armDeadMan({ deadMan }: TradingParts, call: PrivateCall): Record<string, unknown> {
  const timeoutSeconds = integerOrNull(call.params, 'timeout');
  if (timeoutSeconds === null || timeoutSeconds < 0 || timeoutSeconds > longestTimeoutSeconds) {
    throw invalidArguments('timeout');
  }
  const deadlineMs = timeoutSeconds === 0 ? null : call.wallMs + timeoutSeconds * 1000;
  deadMan.arm(call.account, null, deadlineMs);
  return { currentTime: secondTime(call.wallMs), triggerTime: deadlineMs === null ? '0' : secondTime(deadlineMs) };
}
