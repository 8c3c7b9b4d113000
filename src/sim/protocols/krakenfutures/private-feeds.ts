/** The account's feeds: a snapshot, then what each transaction changed. */
import type { WebSocket } from 'ws';
import type { Transaction } from '../../exchange/events.ts';
import type { SimOrder, SimTrade } from '../../exchange/state.ts';
import { accountOf, remaining } from '../../exchange/state.ts';
import type { Touched } from '../../views/transaction-view.ts';
import { touchedBy } from '../../views/transaction-view.ts';
import type { ProtocolContext } from '../protocol.ts';
import { wireNumber } from './call.ts';
import { accountId } from './ids.ts';
import { cancelReason } from './order-views.ts';
import { heldPositions, websocketFlex, websocketPosition } from './margin-view.ts';

export const privateFeedNames = ['open_orders', 'open_orders_verbose', 'fills', 'balances', 'open_positions'] as const;
type PrivateFeedName = (typeof privateFeedNames)[number];

export function isPrivateFeed(name: string): name is PrivateFeedName {
  return privateFeedNames.some((known) => known === name);
}

const fillsInSnapshot = 100;
/** How often changed figures of positions are told. */
const positionsMs = 1000;

export interface PrivateFeed {
  greet(): void;
  push(transaction: Omit<Transaction, 'sequence'>): void;
  tick(wallMs: number): void;
}

type Send = (message: Readonly<Record<string, unknown>>) => void;
type FeedParts = Pick<PrivateFeed, 'greet' | 'tick'> & {
  changed(touched: Touched, transaction: Omit<Transaction, 'sequence'>): void;
};

export function createPrivateFeed(
  context: ProtocolContext,
  socket: WebSocket,
  account: string,
  name: PrivateFeedName,
): PrivateFeed {
  const channel = { open_orders: 'orders', open_orders_verbose: 'orders', fills: 'fills', balances: 'balances' };
  const send: Send = (message) =>
    context.sendWhenDurable(socket, message, name === 'open_positions' ? 'positions' : channel[name]);
  const parts = partsOf(context, account, name, send);
  return {
    greet: () => parts.greet(),
    tick: (wallMs) => parts.tick(wallMs),
    push(transaction) {
      parts.changed(touchedBy(context.exchange.state, account, transaction), transaction);
    },
  };
}

function partsOf(context: ProtocolContext, account: string, name: PrivateFeedName, send: Send): FeedParts {
  switch (name) {
    case 'open_orders':
    case 'open_orders_verbose':
      return orderFeed(context, account, name, send);
    case 'fills':
      return fillFeed(context, account, send);
    case 'balances':
      return balanceFeed(context, account, send);
    case 'open_positions':
      return positionFeed(context, account, send);
  }
}

/** Orders that rest, or rested: what fills at once is told by the fills alone. */
function orderFeed({ exchange }: ProtocolContext, account: string, feed: string, send: Send): FeedParts {
  /** Orders that the client has been told of, and how much of them had filled. */
  const told = new Set<SimOrder>();
  return {
    tick() {},
    greet() {
      const open = exchange.viewOf(account).openOrders;
      for (const order of open) told.add(order);
      send({ feed: `${feed}_snapshot`, account: accountId(account), orders: open.map(orderView) });
    },
    changed({ orders, trades }) {
      for (const order of orders) {
        const wasTold = told.has(order);
        if (order.status === 'open') {
          told.add(order);
          if (!wasTold) send({ feed, order: orderView(order), is_cancel: false, reason: 'new_placed_order_by_user' });
          else if (trades.some((trade) => trade.order === order)) {
            send({ feed, order: orderView(order), is_cancel: false, reason: 'partial_fill' });
          }
        } else if (told.delete(order)) send({ feed, ...endOf(order) });
      }
    },
  };
}

/** An order that is gone is named by its ids alone, however it went. */
function endOf(order: SimOrder): Record<string, unknown> {
  return {
    order_id: order.id,
    ...(order.clientOrderId === '' ? {} : { cli_ord_id: order.clientOrderId }),
    is_cancel: true,
    reason: endReason(order),
  };
}

function endReason(order: SimOrder): string {
  if (order.status === 'filled') return 'full_fill';
  return cancelReason(order) ?? 'not_enough_margin';
}

function orderView(order: SimOrder): Record<string, unknown> {
  return {
    instrument: order.instrument.id,
    time: order.createdAtMs,
    last_update_time: order.updatedAtMs,
    qty: wireNumber(remaining(order)),
    filled: wireNumber(order.filledBase),
    limit_price: order.price === null ? 0 : wireNumber(order.price),
    stop_price: 0,
    type: 'limit',
    order_id: order.id,
    ...(order.clientOrderId === '' ? {} : { cli_ord_id: order.clientOrderId }),
    direction: order.side === 'buy' ? 0 : 1,
    reduce_only: order.reduceOnly,
  };
}

function fillFeed({ exchange }: ProtocolContext, account: string, send: Send): FeedParts {
  return {
    tick() {},
    greet() {
      const fills = exchange.viewOf(account).trades.slice(-fillsInSnapshot).map(fillView);
      send({ feed: 'fills_snapshot', account: accountId(account), fills });
    },
    changed({ trades }) {
      if (trades.length === 0) return;
      const fills = trades.map((trade) => ({
        ...fillView(trade),
        remaining_order_qty: wireNumber(remaining(trade.order)),
        ...(trade.order.clientOrderId === '' ? {} : { cli_ord_id: trade.order.clientOrderId }),
      }));
      send({ feed: 'fills', username: accountId(account), fills });
    },
  };
}

function fillView(trade: SimTrade): Record<string, unknown> {
  const { order } = trade;
  const type = order.type === 'market' ? 'market' : order.timeInForce === 'ioc' ? 'ioc' : 'limit';
  return {
    instrument: order.instrument.id,
    time: trade.executedAtMs,
    price: wireNumber(trade.price),
    seq: trade.sequence,
    buy: order.side === 'buy',
    qty: wireNumber(trade.quantityBase),
    order_id: order.id,
    fill_id: trade.tradeId,
    fill_type: order.origin === 'liquidation' ? 'liquidation' : trade.role,
    fee_paid: wireNumber(trade.fee),
    fee_currency: trade.feeCurrency,
    taker_order_type: trade.role === 'taker' ? type : 'ioc',
    order_type: type,
  };
}

function balanceFeed({ exchange }: ProtocolContext, account: string, send: Send): FeedParts {
  let sequence = 0;
  const tell = (feed: string, wallets: Readonly<Record<string, unknown>>, atMs: number): void => {
    const figures = { flex_futures: websocketFlex(exchange, account), timestamp: atMs, seq: sequence };
    send({ feed, account: accountId(account), ...wallets, ...figures });
    sequence += 1;
  };
  return {
    tick() {},
    greet: () => tell('balances_snapshot', { holding: {}, futures: {} }, exchange.clock.marketMs()),
    changed({ balances }, { atMs }) {
      if (balances) tell('balances', {}, atMs);
    },
  };
}

/** All positions at once, when one changed and, for the figures that follow prices, once a second. */
function positionFeed({ exchange }: ProtocolContext, account: string, send: Send): FeedParts {
  let sequence = 0;
  let sentText = '';
  let sentAtMs = 0;
  const tell = (wallMs: number, always: boolean): void => {
    const holder = accountOf(exchange.state, account);
    const positions = heldPositions(exchange, account).map((held) => websocketPosition(exchange, holder, held));
    const text = JSON.stringify(positions);
    if (text === sentText && !always) return;
    sentText = text;
    sentAtMs = wallMs;
    const timestamp = exchange.clock.marketMs();
    send({ feed: 'open_positions', account: accountId(account), positions, seq: sequence, timestamp });
    sequence += 1;
  };
  return {
    greet: () => tell(exchange.clock.wallMs(), true),
    tick(wallMs) {
      if (wallMs - sentAtMs >= positionsMs) tell(wallMs, false);
    },
    changed({ trades }) {
      if (trades.length > 0) tell(exchange.clock.wallMs(), true);
    },
  };
}
