/** Orders in the forms that the trading endpoints show. */
import { toText, zero } from '../../../domain/decimal.ts';
import type { SimOrder, SimTrade } from '../../exchange/state.ts';
import { remaining } from '../../exchange/state.ts';
import { isoTime, wireNumber } from './call.ts';

/** `lmt`, `post`, `ioc`, `fok` or `mkt`. */
export function orderType(order: SimOrder): string {
  if (order.type === 'market') return 'mkt';
  switch (order.timeInForce) {
    case 'gtc':
      return 'lmt';
    case 'post_only':
      return 'post';
    case 'ioc':
      return 'ioc';
    case 'fok':
      return 'fok';
  }
}

/** What is told of an order in the events of a request. @param filled at the time of the event */
export function orderInEvent(order: SimOrder, filled = order.filledBase): Record<string, unknown> {
  return {
    orderId: order.id,
    cliOrdId: order.clientOrderId === '' ? null : order.clientOrderId,
    type: orderType(order),
    symbol: order.instrument.id,
    side: order.side,
    quantity: wireNumber(order.quantity),
    filled: wireNumber(filled),
    limitPrice: order.price === null ? null : wireNumber(order.price),
    reduceOnly: order.reduceOnly,
    timestamp: isoTime(order.createdAtMs),
    lastUpdateTimestamp: isoTime(order.updatedAtMs),
  };
}

/** What a request to place an order did: executions first, then what became of the rest. */
export function placeEvents(order: SimOrder, trades: readonly SimTrade[]): Record<string, unknown>[] {
  let filled = zero;
  const events: Record<string, unknown>[] = trades.map((trade) => {
    const before = orderInEvent(order, filled);
    filled = filled.plus(trade.quantityBase);
    return {
      type: 'EXECUTION',
      executionId: trade.tradeId,
      price: wireNumber(trade.price),
      amount: wireNumber(trade.quantityBase),
      orderPriorEdit: null,
      orderPriorExecution: before,
      takerReducedQuantity: null,
    };
  });
  if (order.status === 'open') events.push({ type: 'PLACE', order: orderInEvent(order), reducedQuantity: null });
  if (order.status === 'cancelled' || order.status === 'expired') events.push(cancelEvent(order));
  return events;
}

export function cancelEvent(order: SimOrder): Record<string, unknown> {
  return { type: 'CANCEL', uid: order.id, order: orderInEvent(order) };
}

/** A row of the open orders. */
export function openOrderView(order: SimOrder): Record<string, unknown> {
  return {
    order_id: order.id,
    ...(order.clientOrderId === '' ? {} : { cliOrdId: order.clientOrderId }),
    symbol: order.instrument.id,
    side: order.side,
    orderType: orderType(order),
    limitPrice: order.price === null ? null : wireNumber(order.price),
    unfilledSize: wireNumber(remaining(order)),
    filledSize: wireNumber(order.filledBase),
    receivedTime: isoTime(order.createdAtMs),
    lastUpdateTime: isoTime(order.updatedAtMs),
    status: order.filledBase.eq(zero) ? 'untouched' : 'partiallyFilled',
    reduceOnly: order.reduceOnly,
  };
}

/** A row of the orders' statuses. */
export function orderStatusView(order: SimOrder): Record<string, unknown> {
  return {
    order: {
      type: 'ORDER',
      orderId: order.id,
      cliOrdId: order.clientOrderId === '' ? null : order.clientOrderId,
      symbol: order.instrument.id,
      side: order.side,
      quantity: wireNumber(order.quantity),
      filled: wireNumber(order.filledBase),
      limitPrice: order.price === null ? null : wireNumber(order.price),
      reduceOnly: order.reduceOnly,
      timestamp: isoTime(order.createdAtMs),
      lastUpdateTimestamp: isoTime(order.updatedAtMs),
      priceTriggerOptions: null,
      triggerTime: null,
    },
    status: order.status === 'open' ? 'ENTERED_BOOK' : order.status === 'filled' ? 'FULLY_EXECUTED' : 'CANCELLED',
    updateReason: updateReason(order),
    error: null,
  };
}

/** Null unless it was cancelled by its owner, or by the owner's timer. */
export function cancelReason({ doneReason }: SimOrder): 'cancelled_by_user' | 'dead_man_switch' | null {
  if (doneReason === 'user') return 'cancelled_by_user';
  return doneReason === 'dead_man_switch' ? 'dead_man_switch' : null;
}

function updateReason(order: SimOrder): string | null {
  if (order.status === 'filled') return 'FULL_FILL';
  const cancelled = cancelReason(order);
  if (cancelled !== null) return cancelled.toUpperCase();
  return order.filledBase.gt(zero) ? 'PARTIAL_FILL' : null;
}

const historyTypes: ReadonlyMap<string, string> = new Map([
  ['lmt', 'Limit'],
  ['post', 'Post'],
  ['ioc', 'IoC'],
  ['fok', 'FoK'],
  ['mkt', 'Market'],
]);

/** The history service's names, text throughout. @param filled at the time of the event */
export function orderInHistory(order: SimOrder, account: string, filled = order.filledBase): Record<string, unknown> {
  return {
    uid: order.id,
    accountUid: account,
    tradeable: order.instrument.id,
    direction: order.side === 'buy' ? 'Buy' : 'Sell',
    quantity: toText(order.quantity),
    filled: toText(filled),
    timestamp: order.createdAtMs,
    limitPrice: order.price === null ? '' : toText(order.price),
    orderType: historyTypes.get(orderType(order)) ?? 'Limit',
    clientId: order.clientOrderId,
    reduceOnly: order.reduceOnly,
    lastUpdateTimestamp: order.updatedAtMs,
  };
}
