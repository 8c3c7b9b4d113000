/** Coinbase's websocket: every message has the connection's next `sequence_num`, so that a client sees a gap. */
import type { WebSocket } from 'ws';
import type { Transaction } from '../../exchange/events.ts';
import { isObject } from '../../json.ts';
import { touchedBy } from '../../views/transaction-view.ts';
import type { Credentials, Protocol, ProtocolContext } from '../protocol.ts';
import { textOf } from '../protocol.ts';
import type { Authenticator } from './auth.ts';
import { isoTime } from './call.ts';
import { userId } from './ids.ts';
import type { ProductTopic } from './public-channels.ts';
import { isPublicChannel, newTopic, pushTopic } from './public-channels.ts';
import { fillSummaries, userOrderView } from './views.ts';

/** A connection that subscribes to nothing for so long is closed. */
const silenceMs = 5000;
const heartbeatMs = 1000;
/** Open orders in one message of the user channel's snapshot. */
const snapshotOrders = 50;
const mostProducts = 100;

export interface Connection {
  readonly socket: WebSocket;
  readonly openedAtMs: number;
  sequence: number;
  subscribed: boolean;
  /** `ticker USDT-USD`. */
  readonly topics: Map<string, ProductTopic>;
  /** Null: no heartbeats. */
  heartbeat: { counter: number; sentAtMs: number } | null;
  /** Null: not subscribed. An empty set of products means all. */
  user: { readonly holder: Credentials; readonly products: Set<string> } | null;
}

interface Request {
  readonly type: unknown;
  readonly channel: unknown;
  readonly productIds: readonly string[];
  readonly raw: Readonly<Record<string, unknown>>;
}

export function createCoinbaseStreams(
  context: ProtocolContext,
  authenticator: Authenticator,
): { connect(socket: WebSocket): void; tick: Protocol['tick'] } {
  const connections = new Set<Connection>();
  context.exchange.onTransaction((transaction) => {
    for (const connection of connections) pushUser(context, connection, transaction);
  });
  return {
    connect(socket) {
      const connection: Connection = {
        socket,
        openedAtMs: context.wallMs(),
        sequence: 0,
        subscribed: false,
        topics: new Map(),
        heartbeat: null,
        user: null,
      };
      connections.add(connection);
      socket.on('close', () => connections.delete(connection));
      socket.on('message', (data) => receive(context, authenticator, connection, textOf(data)));
    },
    tick(wallMs) {
      for (const connection of connections) beat(context, connection, wallMs);
    },
  };
}

function beat(context: ProtocolContext, connection: Connection, wallMs: number): void {
  if (!connection.subscribed && wallMs - connection.openedAtMs >= silenceMs) {
    connection.socket.close();
    return;
  }
  for (const topic of connection.topics.values()) {
    pushTopic(context, topic, wallMs, (channel, event, feed) => send(context, connection, channel, event, feed));
  }
  const { heartbeat } = connection;
  if (heartbeat === null || wallMs - heartbeat.sentAtMs < heartbeatMs) return;
  heartbeat.sentAtMs = wallMs;
  const event = { current_time: isoTime(wallMs), heartbeat_counter: heartbeat.counter };
  heartbeat.counter += 1;
  send(context, connection, 'heartbeats', event, 'control');
}

function send(
  context: ProtocolContext,
  connection: Connection,
  channel: string,
  event: Readonly<Record<string, unknown>>,
  feed: string,
): void {
  const isOwn = feed === 'control';
  const timestamp = isoTime(isOwn ? context.wallMs() : context.exchange.clock.marketMs());
  const message = { channel, client_id: '', timestamp, sequence_num: connection.sequence, events: [event] };
  connection.sequence += 1;
  context.sendWhenDurable(connection.socket, message, feed);
}

function receive(context: ProtocolContext, authenticator: Authenticator, connection: Connection, text: string): void {
  const request = parse(text);
  const refuse = (message: string): void =>
    context.sendWhenDurable(connection.socket, { type: 'error', message }, 'control');
  if (request === null) return refuse('failed to unmarshal message');
  const { type, channel, productIds } = request;
  if (type !== 'subscribe' && type !== 'unsubscribe') return refuse('invalid message type');
  if (typeof channel !== 'string' || !(isPublicChannel(channel) || channel === 'user' || channel === 'heartbeats')) {
    return refuse('invalid channel');
  }
  if (productIds.length > mostProducts) return refuse('too many products');
  if (productIds.some((id) => !context.feeds.has(id))) return refuse('invalid product id');
  if (type === 'unsubscribe') unsubscribe(connection, channel, productIds);
  else {
    const problem = subscribe(context, authenticator, connection, channel, request);
    if (problem !== null) return refuse(problem);
  }
  send(context, connection, 'subscriptions', { subscriptions: subscriptionsOf(connection) }, 'control');
  if (type === 'subscribe') greet(context, connection, channel);
}

function parse(text: string): Request | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(parsed)) return null;
  const ids = parsed['product_ids'] ?? [];
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) return null;
  return { type: parsed['type'], channel: parsed['channel'], productIds: ids, raw: parsed };
}

/** What is wrong with it, or null when it is done. */
function subscribe(
  context: ProtocolContext,
  authenticator: Authenticator,
  connection: Connection,
  channel: string,
  request: Request,
): string | null {
  const { productIds } = request;
  if (channel === 'heartbeats') connection.heartbeat ??= { counter: 0, sentAtMs: context.wallMs() };
  else if (channel === 'user') {
    const holder = holderOf(context, authenticator, request);
    if (holder === null || !holder.permissions.has('read')) return 'authentication failure';
    const all = productIds.length === 0 || connection.user?.products.size === 0;
    connection.user = { holder, products: new Set(all ? [] : [...(connection.user?.products ?? []), ...productIds]) };
  } else if (isPublicChannel(channel)) {
    if (productIds.length === 0) return 'product_ids are required';
    for (const id of productIds) {
      const feed = context.feeds.get(id);
      if (feed !== undefined) connection.topics.set(`${channel} ${id}`, newTopic(channel, feed));
    }
  }
  connection.subscribed = true;
  return null;
}

function holderOf(
  context: ProtocolContext,
  authenticator: Authenticator,
  { raw, productIds }: Request,
): Credentials | null {
  const { jwt, api_key: apiKey, timestamp, signature } = raw;
  const wallMs = context.wallMs();
  if (typeof jwt === 'string') return authenticator.token(jwt, wallMs);
  if (typeof apiKey !== 'string' || typeof timestamp !== 'string' || typeof signature !== 'string') return null;
  const signed = `${timestamp}${String(raw['channel'])}${productIds.join(',')}`;
  return authenticator.websocketHmac(apiKey, timestamp, signature, signed, wallMs);
}

/** Without products: all of the channel's. */
function unsubscribe(connection: Connection, channel: string, productIds: readonly string[]): void {
  if (channel === 'heartbeats') connection.heartbeat = null;
  if (channel === 'user') {
    for (const id of productIds) connection.user?.products.delete(id);
    if (productIds.length === 0 || connection.user?.products.size === 0) connection.user = null;
  }
  for (const [name, topic] of connection.topics) {
    if (topic.channel !== channel) continue;
    if (productIds.length === 0 || productIds.includes(topic.feed.market.instrument.id)) connection.topics.delete(name);
  }
}

function subscriptionsOf(connection: Connection): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { channel, feed } of connection.topics.values()) (found[channel] ??= []).push(feed.market.instrument.id);
  if (connection.heartbeat !== null) found['heartbeats'] = ['heartbeats'];
  if (connection.user !== null) found['user'] = [userId(connection.user.holder.account)];
  return found;
}

/** The snapshot that opens a channel. */
function greet(context: ProtocolContext, connection: Connection, channel: string): void {
  for (const topic of connection.topics.values()) {
    if (topic.channel !== channel) continue;
    pushTopic(context, topic, context.wallMs(), (name, event, feed) => send(context, connection, name, event, feed));
  }
  const { user } = connection;
  if (channel !== 'user' || user === null) return;
  const view = context.exchange.viewOf(user.holder.account);
  const open = view.openOrders.filter(({ instrument }) => isWanted(user, instrument.id));
  const fills = fillSummaries(open, view.trades);
  const orders = open.map((order) => userOrderView(context.exchange.state, order, fills.get(order)?.count ?? 0));
  for (let from = 0; from === 0 || from < orders.length; from += snapshotOrders) {
    send(context, connection, 'user', userEvent('snapshot', orders.slice(from, from + snapshotOrders)), 'orders');
  }
}

function isWanted(user: NonNullable<Connection['user']>, productId: string): boolean {
  return user.products.size === 0 || user.products.has(productId);
}

function userEvent(type: 'snapshot' | 'update', orders: readonly unknown[]): Record<string, unknown> {
  return { type, orders, positions: { perpetual_futures_positions: [], expiring_futures_positions: [] } };
}

function pushUser(context: ProtocolContext, connection: Connection, transaction: Omit<Transaction, 'sequence'>): void {
  const { user } = connection;
  if (user === null) return;
  const touched = touchedBy(context.exchange.state, user.holder.account, transaction);
  const orders = touched.orders.filter(({ instrument }) => isWanted(user, instrument.id));
  if (orders.length === 0) return;
  const fills = fillSummaries(orders, context.exchange.viewOf(user.holder.account).trades);
  const rows = orders.map((order) => userOrderView(context.exchange.state, order, fills.get(order)?.count ?? 0));
  send(context, connection, 'user', userEvent('update', rows), 'orders');
}
