/** Bybit v5's websockets: order books, tickers and trades in public, orders, executions and the wallet in private. */
import type { WebSocket } from 'ws';
import { toText } from '../../../domain/decimal.ts';
import type { BookDifference, BookFeed, BookVersion } from '../../book-feed.ts';
import { difference, topOf } from '../../book-feed.ts';
import type { Transaction } from '../../events.ts';
import type { SimMarket } from '../../state.ts';
import { accountOf, tradesAfter } from '../../state.ts';
import { touchedBy } from '../../transaction-view.ts';
import type { Protocol, ProtocolContext } from '../protocol.ts';
import { isObject } from '../../json.ts';
import { hmacSha256, signatureMatches, textOf } from '../protocol.ts';
import { tickerView } from './market.ts';
import { orderView, tradeView, walletView } from './views.ts';

/** Silence after which an unchanged book is sent again. */
const heartbeatMs = 500;
const channels = { orderbook: 'book', tickers: 'ticker', publicTrade: 'trades' } as const;
const privateChannels = { order: 'orders', execution: 'fills', wallet: 'balances' } as const;
const privateTopics = new Set([
  'order',
  'order.spot',
  'stopOrder',
  'execution',
  'execution.spot',
  'wallet',
  'position',
]);

interface Topic {
  readonly kind: 'orderbook' | 'tickers' | 'publicTrade';
  readonly depth: number;
  readonly feed: BookFeed;
  sent: BookVersion | null;
  sentText: string;
  sentAtMs: number;
  lastTradeId: string | null;
}

interface Connection {
  readonly id: string;
  readonly socket: WebSocket;
  readonly isPrivate: boolean;
  /** Null until a private connection has signed in. */
  account: string | null;
  readonly topics: Map<string, Topic>;
  readonly privateTopics: Set<string>;
}

type Stream = Pick<Protocol, 'connect' | 'tick'>;

export function createBybitStreams(context: ProtocolContext): Stream {
  const connections = new Set<Connection>();
  let opened = 0;
  context.exchange.onTransaction((transaction) => {
    for (const connection of connections) pushPrivate(context, connection, transaction);
  });
  return {
    connect(socket, path) {
      opened += 1;
      const connection: Connection = {
        id: `sim-${opened}`,
        socket,
        isPrivate: path.includes('private'),
        account: null,
        topics: new Map(),
        privateTopics: new Set(),
      };
      connections.add(connection);
      socket.on('close', () => connections.delete(connection));
      socket.on('message', (data) => receive(context, connection, textOf(data)));
    },
    tick(wallMs) {
      for (const connection of connections) {
        for (const [name, topic] of connection.topics) pushTopic(context, connection, name, topic, wallMs);
      }
    },
  };
}

function receive(context: ProtocolContext, connection: Connection, text: string): void {
  const message = parse(text);
  const { op, args, req_id: requestId } = message;
  const wallMs = context.wallMs();
  const answer = (body: Record<string, unknown>): void => {
    const request = requestId === undefined ? {} : { req_id: requestId };
    context.sendWhenDurable(connection.socket, { ...body, conn_id: connection.id, ...request }, 'control');
  };
  const names = Array.isArray(args) ? args.map(String) : [];
  switch (op) {
    case 'ping':
      if (connection.isPrivate) answer({ op: 'pong', args: [String(wallMs)] });
      else answer({ success: true, ret_msg: 'pong', op: 'ping' });
      return;
    case 'auth': {
      connection.account = signIn(context, names, wallMs);
      const success = connection.account !== null;
      answer({
        success,
        ret_msg: success ? '' : 'error:USVC1111',
        op: 'auth',
        ...(success ? {} : { request: message }),
      });
      return;
    }
    case 'subscribe': {
      const unknown = names.find((name) => !subscribe(context, connection, name));
      if (unknown !== undefined) {
        answer({ success: false, ret_msg: `error:handler not found,topic:${unknown}`, op: 'subscribe' });
        return;
      }
      answer({ success: true, ret_msg: 'subscribe', op: 'subscribe' });
      for (const name of names) {
        const topic = connection.topics.get(name);
        if (topic !== undefined) pushTopic(context, connection, name, topic, wallMs);
      }
      return;
    }
    case 'unsubscribe':
      for (const name of names) {
        connection.topics.delete(name);
        connection.privateTopics.delete(name);
      }
      answer({ success: true, ret_msg: '', op: 'unsubscribe' });
      return;
    default:
      answer({ success: false, ret_msg: 'error:invalid op', request: { op: '', args: null } });
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** `[apiKey, expires, HMAC("GET/realtime" + expires)]`; null when it does not hold. */
function signIn(
  context: ProtocolContext,
  [apiKey, expires, signature]: readonly string[],
  wallMs: number,
): string | null {
  const credentials = context.credentials.find((candidate) => candidate.apiKey === apiKey);
  if (credentials === undefined || expires === undefined || signature === undefined) return null;
  if (!(Number(expires) > wallMs)) return null;
  const expected = hmacSha256(credentials.secret, `GET/realtime${expires}`);
  return signatureMatches(expected, signature) ? credentials.account : null;
}

/** False when there is no such topic for this connection. */
function subscribe(context: ProtocolContext, connection: Connection, name: string): boolean {
  if (connection.isPrivate) {
    if (connection.account === null || !privateTopics.has(name)) return false;
    connection.privateTopics.add(name);
    return true;
  }
  const [, kind, depth, symbol] =
    /^(orderbook|tickers|publicTrade)(?:\.(1|50|200|1000))?\.([A-Z0-9]+)$/.exec(name) ?? [];
  const feed = context.feeds.get(symbol ?? '');
  if (feed === undefined || (kind === 'orderbook') !== (depth !== undefined)) return false;
  if (kind !== 'orderbook' && kind !== 'tickers' && kind !== 'publicTrade') return false;
  connection.topics.set(name, {
    kind,
    depth: Number(depth ?? 0),
    feed,
    sent: null,
    sentText: '',
    sentAtMs: 0,
    lastTradeId: feed.market.publicTrades.at(-1)?.id ?? null,
  });
  return true;
}

function pushTopic(context: ProtocolContext, connection: Connection, name: string, topic: Topic, wallMs: number): void {
  const nowMs = context.exchange.clock.marketMs();
  const quiet = wallMs - topic.sentAtMs >= heartbeatMs;
  const send = (message: Record<string, unknown>): void => {
    topic.sentAtMs = wallMs;
    const channel = `${channels[topic.kind]}/${topic.feed.market.instrument.id}`;
    context.sendWhenDurable(connection.socket, { topic: name, ts: nowMs, ...message }, channel);
  };
  switch (topic.kind) {
    case 'orderbook':
      pushBook(topic, quiet, nowMs, send);
      return;
    case 'tickers': {
      const view = tickerView(context, topic.feed.market, nowMs);
      const text = JSON.stringify(view);
      if (text !== topic.sentText || quiet) send({ type: 'snapshot', cs: topic.feed.current().updateId, data: view });
      topic.sentText = text;
      return;
    }
    case 'publicTrade': {
      const trades = tradesAfter(topic.feed.market, topic.lastTradeId);
      topic.lastTradeId = trades.at(-1)?.id ?? topic.lastTradeId;
      if (trades.length > 0)
        send({ type: 'snapshot', data: trades.map((trade) => publicTrade(topic.feed.market, trade)) });
    }
  }
}

function publicTrade(market: SimMarket, trade: SimMarket['publicTrades'][number]): Record<string, unknown> {
  return {
    T: trade.atMs,
    s: market.instrument.id,
    S: trade.takerSide === 'buy' ? 'Buy' : 'Sell',
    v: toText(trade.quantityBase),
    p: toText(trade.price),
    i: trade.id,
    BT: false,
  };
}

function pushBook(topic: Topic, quiet: boolean, nowMs: number, send: (message: Record<string, unknown>) => void): void {
  const whole = topic.feed.current();
  const cut = { ...whole, bids: whole.bids.slice(0, topic.depth), asks: whole.asks.slice(0, topic.depth) };
  const post = (type: 'snapshot' | 'delta', { bids, asks }: BookDifference, updateId: number): void => {
    topic.sent = { ...cut, updateId };
    const data = { s: topic.feed.market.instrument.id, b: bids, a: asks, u: updateId, seq: updateId };
    send({ type, cts: nowMs, data });
  };
  if (topic.sent === null) post('snapshot', cut, whole.updateId);
  else if (whole.updateId !== topic.sent.updateId) {
    const changes = difference(topic.sent, cut);
    if (changes.bids.length + changes.asks.length > 0 || quiet) post('delta', changes, whole.updateId);
  } else if (quiet) {
    const { updateId } = topic.feed.touch();
    if (topic.depth === 1) post('snapshot', cut, updateId);
    else post('delta', topOf(cut), updateId);
  }
}

function pushPrivate(
  context: ProtocolContext,
  connection: Connection,
  transaction: Omit<Transaction, 'sequence'>,
): void {
  if (connection.account === null || connection.privateTopics.size === 0) return;
  const { orders, trades, balances } = touchedBy(context.exchange.state, connection.account, transaction);
  const push = (topic: keyof typeof privateChannels, data: readonly unknown[]): void => {
    const subscribed = [topic, `${topic}.spot`].find((name) => connection.privateTopics.has(name));
    if (subscribed === undefined || data.length === 0) return;
    const id = `${connection.id}-${topic}-${transaction.atMs}`;
    const message = { id, topic: subscribed, creationTime: transaction.atMs, data };
    context.sendWhenDurable(connection.socket, message, privateChannels[topic]);
  };
  push(
    'order',
    orders.map((order) => ({ category: 'spot', ...orderView(order) })),
  );
  push(
    'execution',
    trades.map((trade) => ({ category: 'spot', ...tradeView(trade) })),
  );
  if (balances)
    push('wallet', [walletView(context.exchange.state, accountOf(context.exchange.state, connection.account), null)]);
}
