/** Orders as both of binance's markets name them: states, steps, ids. */
import { createHash } from 'node:crypto';
import type { Decimal } from '../../../domain/decimal.ts';
import { sum, zero } from '../../../domain/decimal.ts';
import type { Transaction } from '../../exchange/events.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';
import type { SimMarket, SimOrder, SimTrade } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BinanceCall } from './call.ts';
import { BinanceError } from './errors.ts';
import { integerOrNull, optional } from './parameters.ts';

const doneStatuses = { filled: 'FILLED', cancelled: 'CANCELED', expired: 'EXPIRED' } as const;

/** Cancelled orders of the core of which binance says that they expired: killed on arrival, or by a liquidation. */
const killReasons: ReadonlySet<string> = new Set(['post_only_would_take', 'cannot_fill_at_once', 'liquidation']);

export function orderStatus(order: SimOrder): string {
  if (order.status === 'open') return order.filledBase.gt(zero) ? 'PARTIALLY_FILLED' : 'NEW';
  return killReasons.has(order.doneReason) ? 'EXPIRED' : doneStatuses[order.status];
}

export function sideName(order: SimOrder): 'BUY' | 'SELL' {
  return order.side === 'buy' ? 'BUY' : 'SELL';
}

/** The highest price that the price filter allows: a model, 100 million ticks. */
export function maximumPrice(instrument: SimInstrument): Decimal {
  return instrument.priceTick.times('100000000');
}

const clientIdLength = 22;

/** The client id of the next order, which was sent without one. */
export function madeClientOrderId({ exchange }: ProtocolContext): string {
  return clientIdFrom(`${exchange.venue} order ${exchange.state.orderCount + 1}`);
}

/** The client id of an order's cancellation that was sent without one. */
export function madeCancelId({ exchange }: ProtocolContext, order: SimOrder): string {
  return clientIdFrom(`${exchange.venue} cancel ${order.id}`);
}

/** A pure function of what it names: the same run, the same ids. */
function clientIdFrom(source: string): string {
  const text = createHash('sha256')
    .update(source)
    .digest('base64')
    .replace(/[^A-Za-z0-9]/g, '');
  return text.slice(0, clientIdLength);
}

/** What a client may choose as an order's id, as complaints show it. */
export const clientOrderIdRange = '^[\\.A-Z\\:/a-z0-9_-]{1,36}$';

export function isClientOrderId(text: string): boolean {
  return /^[.A-Z:/a-z0-9_-]{1,36}$/.test(text);
}

export interface NamedOrder {
  readonly orderId: number | null;
  readonly clientOrderId: string | undefined;
}

/** @throws BinanceError -1102 when a request names an order in neither way */
export function orderName(call: BinanceCall): NamedOrder {
  const orderId = integerOrNull(call, 'orderId');
  const clientOrderId = optional(call, 'origClientOrderId');
  if (orderId === null && clientOrderId === undefined) {
    throw new BinanceError(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
  }
  return { orderId, clientOrderId };
}

/** The order that a request names: by venue id, or the newest of a client id; both must fit when both are sent. */
export function namedOrder(
  context: ProtocolContext,
  call: BinanceCall,
  market: SimMarket,
  shownClientId: (order: SimOrder) => string,
): SimOrder | null {
  const { orderId, clientOrderId } = orderName(call);
  const view = context.exchange.viewOf(call.account);
  const order =
    orderId !== null
      ? view.order(String(orderId))
      : (view.orderByClientId(clientOrderId ?? '') ??
        view.orders.findLast(
          (candidate) => candidate.origin !== 'user' && shownClientId(candidate) === clientOrderId,
        ) ??
        null);
  if (order === null || order.instrument !== market.instrument) return null;
  return clientOrderId === undefined || shownClientId(order) === clientOrderId ? order : null;
}

export interface OrderStep {
  readonly order: SimOrder;
  readonly kind: 'new' | 'trade' | 'end';
  readonly status: string;
  /** Base and quote units filled after this step. */
  readonly filled: Decimal;
  readonly value: Decimal;
  readonly trade: SimTrade | null;
}

export function openedIn(transaction: Omit<Transaction, 'sequence'>, order: SimOrder): boolean {
  return transaction.events.some((event) => event.kind === 'order_opened' && event.order.id === order.id);
}

/** What a transaction did to an order: opened it, filled it trade by trade, ended it otherwise than by filling. */
export function orderSteps(order: SimOrder, trades: readonly SimTrade[], opened: boolean): OrderStep[] {
  const steps: OrderStep[] = [];
  let filled = order.filledBase.minus(sum(trades.map((trade) => trade.quantityBase)));
  let value = order.filledQuote.minus(sum(trades.map((trade) => trade.quantityBase.times(trade.price))));
  if (opened) steps.push({ order, kind: 'new', status: 'NEW', filled, value, trade: null });
  for (const trade of trades) {
    filled = filled.plus(trade.quantityBase);
    value = value.plus(trade.quantityBase.times(trade.price));
    const complete = order.status === 'filled' && filled.eq(order.filledBase);
    steps.push({ order, kind: 'trade', status: complete ? 'FILLED' : 'PARTIALLY_FILLED', filled, value, trade });
  }
  if (order.status === 'cancelled' || order.status === 'expired') {
    steps.push({ order, kind: 'end', status: orderStatus(order), filled, value, trade: null });
  }
  return steps;
}
