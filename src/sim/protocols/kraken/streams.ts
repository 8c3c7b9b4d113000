/** Kraken's websocket protocol, second version, at `/v2`: connections, subscriptions and their acknowledgements. */
import type { WebSocket } from 'ws';
import { isObject } from '../../json.ts';
import type { Transaction } from '../../exchange/events.ts';
import type { ProtocolContext } from '../protocol.ts';
import { textOf } from '../protocol.ts';
import { KrakenError } from './errors.ts';
import { microTime, wireJson } from './format.ts';
import type { MarketSubscription } from './market-streams.ts';
import type { Subscribing } from './subscribing.ts';
import { readSubscribing } from './subscribing.ts';
import type { Tokens } from './tokens.ts';
import { balanceChangeRows, balanceRows, executionEvents, newestTradeRows, openOrderRows } from './user-events.ts';

export interface KrakenStreams {
  connect(socket: WebSocket, path: string): void;
  tick(wallMs: number): void;
}

interface UserSubscription {
  readonly account: string;
  sequence: number;
}

interface Connection {
  readonly socket: WebSocket;
  /** By channel, symbol and settings. */
  readonly markets: Map<string, { channel: string; subscription: MarketSubscription }>;
  readonly users: Map<'executions' | 'balances', UserSubscription>;
  /** Whether anything was sent since the last tick. */
  hasSent: boolean;
  /** Wall time since which nothing was sent. */
  quietSinceMs: number;
}

/** Silence after which a client with a subscription hears a heartbeat. */
const heartbeatMs = 1000;
const policyViolation = 1008;

export function createKrakenStreams(context: ProtocolContext, tokens: Tokens): KrakenStreams {
  const connections = new Set<Connection>();
  let connectionCount = 0;
  context.exchange.onTransaction((transaction) => {
    for (const connection of connections) tellUser(context, connection, transaction);
  });
  return {
    connect(socket, path) {
      if (path.split('?')[0] !== '/v2') {
        socket.close(policyViolation, 'only version 2 is served');
        return;
      }
      connectionCount += 1;
      const quietSinceMs = context.wallMs();
      const connection: Connection = { socket, markets: new Map(), users: new Map(), hasSent: true, quietSinceMs };
      connections.add(connection);
      socket.on('close', () => connections.delete(connection));
      socket.on('message', (data) => answer(context, tokens, connection, textOf(data)));
      const status = { version: '2.0.10', system: 'online', api_version: 'v2', connection_id: connectionCount };
      send(context, connection, { channel: 'status', type: 'update', data: [status] }, 'control');
    },
    tick(wallMs) {
      if (connections.size === 0) return;
      const nowMs = context.exchange.advance();
      for (const connection of connections) {
        for (const entry of connection.markets.values()) pushMarket(context, connection, entry, nowMs);
        beat(context, connection, wallMs);
      }
    },
  };
}

function beat(context: ProtocolContext, connection: Connection, wallMs: number): void {
  if (connection.hasSent) {
    connection.hasSent = false;
    connection.quietSinceMs = wallMs;
  } else if (wallMs - connection.quietSinceMs >= heartbeatMs) {
    connection.quietSinceMs = wallMs;
    if (connection.markets.size + connection.users.size === 0) return;
    context.sendWhenDurable(connection.socket, wireJson({ channel: 'heartbeat' }), 'control');
  }
}

function send(context: ProtocolContext, connection: Connection, message: unknown, channel: string): void {
  connection.hasSent = true;
  context.sendWhenDurable(connection.socket, wireJson(message), channel);
}

function answer(context: ProtocolContext, tokens: Tokens, connection: Connection, text: string): void {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    request = null;
  }
  const asked = isObject(request) ? request['method'] : undefined;
  const method = typeof asked === 'string' ? asked : undefined;
  const id = isObject(request) ? request['req_id'] : undefined;
  const times = { time_in: microTime(context.wallMs()), time_out: microTime(context.wallMs()) };
  const tail = { ...times, ...(typeof id === 'number' || typeof id === 'string' ? { req_id: id } : {}) };
  const refuse = (error: string, details: object = {}): void =>
    send(context, connection, { error, method, success: false, ...details, ...tail }, 'control');
  if (method === 'ping') {
    send(context, connection, { method: 'pong', ...tail }, 'control');
  } else if (isObject(request) && (method === 'subscribe' || method === 'unsubscribe')) {
    const accept = (result: object): void =>
      send(context, connection, { method, result, success: true, ...tail }, 'control');
    try {
      for (const wish of readSubscribing(context, tokens, request['params'])) {
        if (wish.kind === 'refused') refuse(wish.error, { symbol: wish.symbol });
        else if (method === 'unsubscribe') unsubscribe(connection, wish, accept, refuse);
        else subscribe(context, connection, wish, accept, refuse);
      }
    } catch (error) {
      if (!(error instanceof KrakenError)) throw error;
      refuse(error.message);
    }
  } else {
    refuse('Malformed request');
  }
}

type Accept = (result: object) => void;
type Refuse = (error: string, details?: object) => void;
type Wish = Exclude<Subscribing, { kind: 'refused' }>;

function subscribe(context: ProtocolContext, connection: Connection, wish: Wish, accept: Accept, refuse: Refuse): void {
  if (wish.kind === 'instruments') {
    accept({ channel: 'instrument', snapshot: true });
    send(context, connection, { channel: 'instrument', type: 'snapshot', data: wish.data }, 'control');
  } else if (wish.kind === 'market') {
    if (connection.markets.has(wish.key)) {
      refuse('Already subscribed', { symbol: wish.result['symbol'] });
      return;
    }
    accept(wish.result);
    const entry = { channel: wish.channel, subscription: wish.create() };
    connection.markets.set(wish.key, entry);
    pushMarket(context, connection, entry, context.exchange.advance());
  } else {
    if (connection.users.has(wish.channel)) {
      refuse('Already subscribed');
      return;
    }
    accept(wish.result);
    const user = { account: wish.account, sequence: 0 };
    connection.users.set(wish.channel, user);
    if (wish.channel === 'balances') {
      if (wish.snapshots.has('balances'))
        tell(context, connection, 'balances', 'snapshot', balanceRows(context, wish.account));
      return;
    }
    if (wish.snapshots.has('orders'))
      tell(context, connection, 'executions', 'snapshot', openOrderRows(context, wish.account));
    if (wish.snapshots.has('trades'))
      tell(context, connection, 'executions', 'snapshot', newestTradeRows(context, wish.account), 'fills');
  }
}

function unsubscribe(connection: Connection, wish: Wish, accept: Accept, refuse: Refuse): void {
  if (wish.kind === 'instruments') {
    accept({ channel: 'instrument' });
  } else if (wish.kind === 'market' ? connection.markets.delete(wish.key) : connection.users.delete(wish.channel)) {
    accept(wish.result);
  } else {
    refuse('Subscription Not Found', wish.kind === 'market' ? { symbol: wish.result['symbol'] } : {});
  }
}

function pushMarket(
  context: ProtocolContext,
  connection: Connection,
  { channel, subscription }: { channel: string; subscription: MarketSubscription },
  nowMs: number,
): void {
  subscription.push(nowMs, (type, data) => {
    const timestamp = channel === 'ohlc' ? { timestamp: microTime(nowMs) } : {};
    send(context, connection, { channel, type, ...timestamp, data }, subscription.faultChannel);
  });
}

function tellUser(context: ProtocolContext, connection: Connection, transaction: Omit<Transaction, 'sequence'>): void {
  const executions = connection.users.get('executions');
  if (executions !== undefined) {
    // A message a row: clients tell orders from trades by the first row of a message.
    for (const { kind, row } of executionEvents(context, executions.account, transaction)) {
      tell(context, connection, 'executions', 'update', [row], kind === 'trade' ? 'fills' : 'orders');
    }
  }
  const balances = connection.users.get('balances');
  if (balances === undefined) return;
  const rows = balanceChangeRows(context, balances.account, transaction);
  if (rows.length > 0) tell(context, connection, 'balances', 'update', rows);
}

function tell(
  context: ProtocolContext,
  connection: Connection,
  channel: 'executions' | 'balances',
  type: 'snapshot' | 'update',
  data: readonly unknown[],
  faultChannel = channel === 'balances' ? 'balances' : 'orders',
): void {
  const user = connection.users.get(channel);
  if (user === undefined) return;
  user.sequence += 1;
  send(context, connection, { channel, type, data, sequence: user.sequence }, faultChannel);
}
