/** Kraken Futures' websocket: subscriptions, the challenge that opens private feeds, heartbeats. */
import type { WebSocket } from 'ws';
import { isObject } from '../../json.ts';
import type { Protocol, ProtocolContext } from '../protocol.ts';
import { textOf } from '../protocol.ts';
import type { Authenticator } from './auth.ts';
import { challengeId } from './ids.ts';
import type { PrivateFeed } from './private-feeds.ts';
import { createPrivateFeed, isPrivateFeed, privateFeedNames } from './private-feeds.ts';
import type { PublicTopic } from './public-feeds.ts';
import { isPublicFeed, newTopic, pushTopic } from './public-feeds.ts';

const heartbeatMs = 1000;
const mostProducts = 500;

interface Connection {
  readonly socket: WebSocket;
  /** Null until it was asked for. */
  challenge: string | null;
  /** `book PF_USDCUSD`. */
  readonly topics: Map<string, PublicTopic>;
  readonly privateFeeds: Map<string, PrivateFeed>;
  /** Wall time of the last heartbeat; null: not subscribed. */
  heartbeatAtMs: number | null;
}

interface Message {
  readonly event: unknown;
  readonly feed: string;
  readonly productIds: readonly string[];
  readonly raw: Readonly<Record<string, unknown>>;
}

export function createKrakenFuturesStreams(
  context: ProtocolContext,
  authenticator: Authenticator,
): { connect(socket: WebSocket): void; tick: Protocol['tick'] } {
  const connections = new Set<Connection>();
  let challenges = 0;
  const nextChallenge = (): string => {
    challenges += 1;
    return challengeId(challenges);
  };
  context.exchange.onTransaction((transaction) => {
    for (const { privateFeeds } of connections) for (const feed of privateFeeds.values()) feed.push(transaction);
  });
  return {
    connect(socket) {
      const connection: Connection = {
        socket,
        challenge: null,
        topics: new Map(),
        privateFeeds: new Map(),
        heartbeatAtMs: null,
      };
      connections.add(connection);
      socket.on('close', () => connections.delete(connection));
      socket.on('message', (data) => receive(context, authenticator, connection, textOf(data), nextChallenge));
      control(context, connection, { event: 'info', version: 1 });
    },
    tick(wallMs) {
      for (const connection of connections) beat(context, connection, wallMs);
    },
  };
}

function control(context: ProtocolContext, { socket }: Connection, message: Readonly<Record<string, unknown>>): void {
  context.sendWhenDurable(socket, message, 'control');
}

function beat(context: ProtocolContext, connection: Connection, wallMs: number): void {
  for (const topic of connection.topics.values()) pushTopic(context, connection.socket, topic, wallMs);
  for (const feed of connection.privateFeeds.values()) feed.tick(wallMs);
  const { heartbeatAtMs } = connection;
  if (heartbeatAtMs === null || wallMs - heartbeatAtMs < heartbeatMs) return;
  connection.heartbeatAtMs = wallMs;
  control(context, connection, { feed: 'heartbeat', time: wallMs });
}

function receive(
  context: ProtocolContext,
  authenticator: Authenticator,
  connection: Connection,
  text: string,
  nextChallenge: () => string,
): void {
  const message = parse(text);
  if (message === null) {
    control(context, connection, { event: 'error', message: 'Json Error' });
    return;
  }
  switch (message.event) {
    case 'ping':
      control(context, connection, { event: 'pong' });
      return;
    case 'challenge':
      if (!authenticator.knows(message.raw['api_key'])) {
        control(context, connection, { event: 'error', message: 'Invalid api key' });
        return;
      }
      connection.challenge = nextChallenge();
      control(context, connection, { event: 'challenge', message: connection.challenge });
      return;
    case 'subscribe':
      subscribe(context, authenticator, connection, message);
      return;
    case 'unsubscribe':
      unsubscribe(context, connection, message);
      return;
    default:
      control(context, connection, { event: 'error', message: 'Bad request' });
  }
}

function parse(text: string): Message | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(parsed)) return null;
  const ids = parsed['product_ids'] ?? [];
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string') || ids.length > mostProducts) return null;
  const feed = typeof parsed['feed'] === 'string' ? parsed['feed'] : '';
  return { event: parsed['event'], feed, productIds: ids.map((id) => id.toUpperCase()), raw: parsed };
}

function subscribe(
  context: ProtocolContext,
  authenticator: Authenticator,
  connection: Connection,
  message: Message,
): void {
  const { feed } = message;
  if (feed === 'heartbeat') {
    connection.heartbeatAtMs ??= context.wallMs();
    control(context, connection, { event: 'subscribed', feed });
  } else if (isPrivateFeed(feed)) subscribePrivate(context, authenticator, connection, message, feed);
  else subscribePublic(context, connection, message);
}

function subscribePublic(context: ProtocolContext, connection: Connection, { feed, productIds }: Message): void {
  if (!isPublicFeed(feed)) {
    control(context, connection, { event: 'error', message: 'Invalid feed' });
    return;
  }
  const feeds = productIds.map((id) => context.feeds.get(id));
  if (feeds.length === 0 || feeds.includes(undefined)) {
    control(context, connection, { event: 'error', message: 'Invalid product id' });
    return;
  }
  control(context, connection, { event: 'subscribed', feed, product_ids: productIds });
  for (const book of feeds) {
    if (book === undefined) continue;
    const name = `${feed} ${book.market.instrument.id}`;
    if (connection.topics.has(name)) {
      control(context, connection, { event: 'alert', message: 'Already subscribed to feed, re-requesting' });
    }
    const topic = newTopic(feed, book);
    connection.topics.set(name, topic);
    pushTopic(context, connection.socket, topic, context.wallMs());
  }
}

function subscribePrivate(
  context: ProtocolContext,
  authenticator: Authenticator,
  connection: Connection,
  { raw }: Message,
  feed: (typeof privateFeedNames)[number],
): void {
  const { challenge } = connection;
  const isOurs = challenge !== null && raw['original_challenge'] === challenge;
  const holder = isOurs ? authenticator.challenge(raw['api_key'], challenge, raw['signed_challenge']) : null;
  if (holder === null || !holder.permissions.has('read')) {
    control(context, connection, { event: 'alert', message: 'Failed to subscribe to authenticated feed' });
    return;
  }
  if (connection.privateFeeds.has(feed)) {
    control(context, connection, { event: 'alert', message: 'Already subscribed to feed, re-requesting' });
  } else control(context, connection, { event: 'subscribed', feed });
  const created = createPrivateFeed(context, connection.socket, holder.account, feed);
  connection.privateFeeds.set(feed, created);
  created.greet();
}

function unsubscribe(context: ProtocolContext, connection: Connection, { feed, productIds }: Message): void {
  if (feed === 'heartbeat') connection.heartbeatAtMs = null;
  connection.privateFeeds.delete(feed);
  for (const id of productIds) connection.topics.delete(`${feed} ${id}`);
  const products = productIds.length === 0 ? {} : { product_ids: productIds };
  control(context, connection, { event: 'unsubscribed', feed, ...products });
}
