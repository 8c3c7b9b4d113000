/** What a user stream of binance spot tells of one transaction: each step of each order, then the balances. */
import { sum, zero } from '../../../domain/decimal.ts';
import { decimal } from '../../../domain/decimal.ts';
import type { Transaction } from '../../exchange/events.ts';
import type { SimOrder } from '../../exchange/state.ts';
import { touchedBy } from '../../views/transaction-view.ts';
import type { OrderStep } from '../binance-shared/orders.ts';
import { openedIn, orderSteps, sideName } from '../binance-shared/orders.ts';
import type { UserEvent } from '../binance-shared/user-streams.ts';
import type { ProtocolContext } from '../protocol.ts';
import { balanceRows } from './account.ts';
import { orderType, orderedQuantity, orderedQuote, padded, timeInForceName } from './views.ts';

/** @param cancelIds client ids of the cancellations that are under way, by order */
export function spotUserEvents(
  context: ProtocolContext,
  cancelIds: ReadonlyMap<string, string>,
  account: string,
  transaction: Omit<Transaction, 'sequence'>,
): UserEvent[] {
  const { orders, trades } = touchedBy(context.exchange.state, account, transaction);
  const { atMs } = transaction;
  const reports = orders.flatMap((order) => {
    const mine = trades.filter((trade) => trade.order === order);
    return orderSteps(order, mine, openedIn(transaction, order)).map((step): UserEvent => {
      const body = { e: 'executionReport', E: atMs, ...report(step, atMs, cancelIds.get(order.id) ?? null) };
      return { channel: step.trade === null ? 'orders' : 'fills', body };
    });
  });
  const transfers = transfersOf(account, transaction);
  const moved = new Set(orders.flatMap(({ instrument }) => [instrument.base, instrument.quote]));
  for (const currency of transfers.keys()) moved.add(currency);
  if (moved.size === 0) return reports;
  const balances = balanceRows(context, account, moved).map(({ asset, free, locked }) => ({
    a: asset,
    f: free,
    l: locked,
  }));
  return [
    ...reports,
    ...[...transfers].map(([currency, delta]): UserEvent => ({
      channel: 'balances',
      body: { e: 'balanceUpdate', E: atMs, a: currency, d: delta, T: atMs },
    })),
    { channel: 'balances', body: { e: 'outboundAccountPosition', E: atMs, u: atMs, B: balances } },
  ];
}

/** Signed, by currency. */
function transfersOf(account: string, transaction: Omit<Transaction, 'sequence'>): Map<string, string> {
  const transfers = new Map<string, string>();
  for (const event of transaction.events) {
    if (event.kind === 'balance_adjusted' && event.account === account) {
      const before = decimal(transfers.get(event.currency) ?? '0');
      transfers.set(event.currency, padded(sum([before, decimal(event.amount)])));
    }
  }
  return transfers;
}

const executions = { new: 'NEW', trade: 'TRADE', end: 'EXPIRED' } as const;

function report(step: OrderStep, atMs: number, cancelId: string | null): Record<string, unknown> {
  const { order, kind, status, filled, value, trade } = step;
  const isCancelled = status === 'CANCELED';
  return {
    s: order.instrument.id,
    c: isCancelled ? (cancelId ?? order.clientOrderId) : order.clientOrderId,
    S: sideName(order),
    o: orderType(order),
    f: timeInForceName(order),
    q: padded(orderedQuantity(order)),
    p: padded(order.price ?? zero),
    P: padded(zero),
    F: padded(zero),
    g: -1,
    C: isCancelled ? order.clientOrderId : '',
    x: isCancelled ? 'CANCELED' : executions[kind],
    X: status,
    r: 'NONE',
    i: Number(order.id),
    l: padded(trade?.quantityBase ?? zero),
    z: padded(filled),
    L: padded(trade?.price ?? zero),
    n: trade === null ? '0' : padded(trade.fee),
    N: trade?.feeCurrency ?? null,
    T: trade?.executedAtMs ?? atMs,
    t: trade === null ? -1 : Number(trade.tradeId),
    I: order.sequence,
    w: isOnBook(step),
    m: trade?.role === 'maker',
    M: trade !== null,
    O: order.createdAtMs,
    Z: padded(value),
    Y: padded(trade === null ? zero : trade.price.times(trade.quantityBase)),
    Q: padded(orderedQuote(order)),
    W: order.createdAtMs,
    V: 'NONE',
  };
}

function isOnBook({ order, kind, status }: OrderStep): boolean {
  return restsOn(order) && kind !== 'end' && status !== 'FILLED';
}

function restsOn({ type, timeInForce }: SimOrder): boolean {
  return type === 'limit' && (timeInForce === 'gtc' || timeInForce === 'post_only');
}
