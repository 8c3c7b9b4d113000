/** The `orders` channel: one message for each thing that happens to an order, fills included. */
import { sum, toText, zero } from '../../../domain/decimal.ts';
import type { SimEvent, Transaction } from '../../exchange/events.ts';
import type { SimAccount, SimOrder, SimTrade } from '../../exchange/state.ts';
import { accountOf, orderOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { ChannelArgument, SendTo, Subscription } from './connection.ts';
import { familyOf } from './contracts.ts';
import type { OrderMoment } from './order-views.ts';
import { orderInstrumentType, orderView, tradesByOrder } from './order-views.ts';
import { usdPrice } from './usd.ts';

export interface OrdersSource {
  readonly context: ProtocolContext;
  readonly argument: ChannelArgument;
  /** Repeated with each message. */
  readonly pushedArgument: ChannelArgument;
  readonly account: string;
  readonly send: SendTo;
}

export function ordersSubscription(source: OrdersSource): Subscription {
  const { context, argument, pushedArgument, account, send } = source;
  return {
    argument,
    push: () => undefined,
    tell(transaction) {
      for (const row of orderUpdates(source, accountOf(context.exchange.state, account), transaction)) {
        send({ arg: pushedArgument, data: [row] }, 'orders');
      }
    },
  };
}

function orderUpdates(
  { context, argument }: OrdersSource,
  account: SimAccount,
  { events, atMs }: Omit<Transaction, 'sequence'>,
): Record<string, unknown>[] {
  const { state } = context.exchange;
  const happened = events.flatMap((event): { event: SimEvent; order: SimOrder }[] => {
    const id = orderIdOf(event);
    const order = id === null ? null : orderOf(state, id);
    return order !== null && order.account === account.name && matches(argument, order) ? [{ event, order }] : [];
  });
  if (happened.length === 0) return [];
  const trades = tradesByOrder(
    account.trades,
    happened.map(({ order }) => order),
  );
  const told = new Map<SimOrder, number>();
  for (const { event, order } of happened) {
    const before = told.get(order) ?? trades.get(order)?.length ?? 0;
    told.set(order, event.kind === 'order_filled' ? before - 1 : before);
  }
  return happened.flatMap(({ event, order }) => {
    const count = (told.get(order) ?? 0) + (event.kind === 'order_filled' ? 1 : 0);
    told.set(order, count);
    // The last fill has told that the order is filled.
    if (event.kind === 'order_done' && event.status === 'filled') return [];
    const moment = momentOf(order, (trades.get(order) ?? []).slice(0, count), event, atMs);
    const view = orderView(account, order, moment);
    return [{ ...view, ...updateFields(context, order, moment) }];
  });
}

function orderIdOf(event: SimEvent): string | null {
  if (event.kind === 'order_opened') return event.order.id;
  return event.kind === 'order_filled' || event.kind === 'order_done' ? event.orderId : null;
}

function matches(argument: ChannelArgument, order: SimOrder): boolean {
  const { instType, instId, instFamily } = argument;
  const type = orderInstrumentType(order);
  return (
    (instType === 'ANY' || instType === type) &&
    (instId === undefined || instId === order.instrument.id) &&
    (instFamily === undefined || (type === 'SWAP' && instFamily === familyOf(order.instrument)))
  );
}

/** The order after an event, which may lie before other events of the same transaction. @param trades its fills until then */
function momentOf(order: SimOrder, trades: readonly SimTrade[], event: SimEvent, atMs: number): OrderMoment {
  const filledBase = sum(trades.map(({ quantityBase }) => quantityBase));
  const isWhole = order.status === 'filled' && filledBase.eq(order.filledBase);
  const open = filledBase.eq(zero) ? 'live' : 'partially_filled';
  return {
    state: event.kind === 'order_done' ? 'canceled' : isWhole && event.kind === 'order_filled' ? 'filled' : open,
    filledBase,
    filledQuote: sum(trades.map(({ quantityBase, price }) => quantityBase.times(price))),
    feePaid: sum(trades.map(({ fee }) => fee)),
    profit: sum(trades.map(({ realised }) => realised)),
    lastTrade: event.kind === 'order_filled' ? (trades.at(-1) ?? null) : null,
    updatedAtMs: atMs,
  };
}

/** What the channel tells beyond what queries do: the fill that caused the message, if one did. */
function updateFields(context: ProtocolContext, order: SimOrder, moment: OrderMoment): Record<string, string> {
  const { instrument } = order;
  const { lastTrade } = moment;
  const usd = usdPrice(context, instrument.quote);
  const price = order.price ?? context.exchange.state.markets.get(instrument.id)?.lastPrice ?? zero;
  const notional = order.quantityUnit === 'quote' ? order.quantity : order.quantity.times(price);
  return {
    ...(lastTrade === null ? { fillSz: '0' } : {}),
    execType: lastTrade === null ? '' : lastTrade.role === 'taker' ? 'T' : 'M',
    fillFee: lastTrade === null ? '0' : toText(lastTrade.fee.neg()),
    fillFeeCcy: lastTrade?.feeCurrency ?? '',
    fillPnl: toText(lastTrade?.realised ?? zero),
    fillNotionalUsd: lastTrade === null ? '' : toText(lastTrade.quantityBase.times(lastTrade.price).times(usd)),
    notionalUsd: toText(notional.times(usd)),
    reqId: '',
    amendResult: '',
    amendSource: '',
    code: '0',
    msg: '',
  };
}
