/** Websockets for market streams, named in the path or subscribed to, and for user streams by listen key. */
import type { WebSocket } from 'ws';
import { isObject } from '../../json.ts';
import type { Protocol, ProtocolContext } from '../protocol.ts';
import { textOf } from '../protocol.ts';
import type { ListenKey, ListenKeys } from './listen-keys.ts';
import type { MarketStream } from './market-streams.ts';
import type { UserEvent, UserStreams } from './user-streams.ts';

interface Connection {
  readonly socket: WebSocket;
  /** Wraps messages as `{stream, data}`. */
  combined: boolean;
  readonly streams: Map<string, MarketStream>;
  /** Of a user stream. */
  readonly listenKey: string | null;
}

export interface SocketOptions {
  readonly context: ProtocolContext;
  readonly listenKeys: ListenKeys;
  readonly userStreams: UserStreams;
  readonly mostStreams: number;
  readonly open: (name: string) => MarketStream | null;
}

export interface Sockets extends Pick<Protocol, 'connect' | 'tick'> {
  /** Closes the connections of a listen key that was deleted. */
  close(listenKey: ListenKey): void;
}

export function createSockets(options: SocketOptions): Sockets {
  const { context, listenKeys } = options;
  const connections = new Set<Connection>();
  const send = (connection: Connection, stream: string, data: unknown, channel: string): void =>
    context.sendWhenDurable(connection.socket, connection.combined ? { stream, data } : data, channel);

  /** Tells the streams of keys whose hour has passed; they hear nothing more. */
  function expire(wallMs: number): void {
    for (const { key } of listenKeys.expire(wallMs)) {
      for (const connection of connections) {
        if (connection.listenKey !== key) continue;
        send(connection, key, { e: 'listenKeyExpired', E: wallMs, listenKey: key }, 'control');
      }
    }
  }

  return {
    connect(socket, path) {
      // Joined and not resolved: a path such as `//` is not an address of its own.
      const url = URL.parse(`http://venue${path}`);
      const listenKey = url === null ? '' : listenKeyIn(url);
      const found = listenKey === null ? null : listenKeys.find(listenKey);
      if (url === null || (listenKey !== null && found === null)) {
        socket.close(1008, 'invalid listen key');
        return;
      }
      const connection: Connection = { socket, combined: isCombined(url), streams: new Map(), listenKey };
      connections.add(connection);
      const hear = ({ body, channel }: UserEvent): void => {
        if (listenKeys.find(listenKey ?? '') !== null) send(connection, listenKey ?? '', body, channel);
      };
      const stopListening = found === null ? null : options.userStreams.listen({ account: found.account, hear });
      socket.on('close', () => {
        connections.delete(connection);
        stopListening?.();
      });
      for (const name of streamsIn(url)) subscribe(options, connection, name);
      socket.on('message', (data) => receive(options, connection, textOf(data)));
    },
    close(listenKey) {
      for (const connection of connections) {
        if (connection.listenKey === listenKey.key) connection.socket.close(1000, 'listen key deleted');
      }
    },
    tick(wallMs) {
      expire(wallMs);
      for (const connection of connections) {
        for (const [name, stream] of connection.streams) {
          for (const { data, channel } of stream.due(wallMs)) send(connection, name, data, channel);
        }
      }
    },
  };
}

const listenKeyForm = /^[0-9a-f]{64}$/;

/** `?listenKey=<key>`, or the key as the last part of the path. */
function listenKeyIn(url: URL): string | null {
  const named = url.searchParams.get('listenKey');
  if (named !== null) return named;
  const last = url.pathname.split('/').at(-1) ?? '';
  return listenKeyForm.test(last) ? last : null;
}

/** `/stream` and `/market/stream`, but not the raw `/stream/ws/…`. */
function isCombined(url: URL): boolean {
  return url.pathname.split('/').at(-1) === 'stream';
}

/** `/ws/a@depth/b@bookTicker` or `/stream?streams=a@depth/b@bookTicker`. */
function streamsIn(url: URL): string[] {
  const listed = url.searchParams.get('streams') ?? url.pathname.split('/ws/')[1] ?? '';
  return listed.split('/').filter((name) => name.includes('@') || name.startsWith('!'));
}

type Subscribed = 'yes' | 'unknown' | 'too_many';

function subscribe({ open, mostStreams }: SocketOptions, connection: Connection, name: string): Subscribed {
  if (connection.streams.has(name)) return 'yes';
  if (connection.streams.size >= mostStreams) return 'too_many';
  const stream = open(name);
  if (stream === null) return 'unknown';
  connection.streams.set(name, stream);
  return 'yes';
}

interface StreamError {
  readonly code: number;
  readonly msg: string;
}

const invalidRequest = (detail: string): StreamError => ({ code: 2, msg: `Invalid request: ${detail}` });

function receive(options: SocketOptions, connection: Connection, text: string): void {
  const message = parsed(text);
  const id = message?.['id'];
  const isAnswerable = typeof id === 'string' ? id.length <= 36 : typeof id === 'number' || id === null;
  const answer = (body: Record<string, unknown>): void =>
    options.context.sendWhenDurable(connection.socket, { ...body, ...(isAnswerable ? { id } : {}) }, 'control');
  if (message === null) {
    answer({ error: { code: 3, msg: 'Invalid JSON: expected value at line 1 column 1' } });
    return;
  }
  if (id !== undefined && !isAnswerable) {
    answer({ error: invalidRequest('request ID must be an unsigned integer') });
    return;
  }
  const outcome = obey(options, connection, message['method'], message['params']);
  answer('error' in outcome ? { error: outcome.error } : { result: outcome.result });
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

type Outcome = { readonly result: unknown } | { readonly error: StreamError };

function obey(options: SocketOptions, connection: Connection, method: unknown, params: unknown): Outcome {
  const list: readonly unknown[] = Array.isArray(params) ? params : [];
  switch (method) {
    case 'SUBSCRIBE':
      return subscribeAll(options, connection, list);
    case 'UNSUBSCRIBE':
      for (const name of list) if (typeof name === 'string') connection.streams.delete(name);
      return { result: null };
    case 'LIST_SUBSCRIPTIONS':
      return { result: [...connection.streams.keys()] };
    case 'GET_PROPERTY':
      return list[0] === 'combined' ? { result: connection.combined } : { error: { code: 0, msg: 'Unknown property' } };
    case 'SET_PROPERTY':
      if (list[0] !== 'combined') return { error: { code: 0, msg: 'Unknown property' } };
      if (typeof list[1] !== 'boolean') {
        return { error: { code: 1, msg: 'Invalid value type: expected Boolean' } };
      }
      connection.combined = list[1];
      return { result: null };
    default:
      return { error: invalidRequest('method is unknown') };
  }
}

function subscribeAll(options: SocketOptions, connection: Connection, names: readonly unknown[]): Outcome {
  for (const name of names) {
    if (typeof name !== 'string') return { error: invalidRequest('stream names must be strings') };
    const subscribed = subscribe(options, connection, name);
    if (subscribed === 'unknown') return { error: invalidRequest(`unknown stream ${name.slice(0, 60)}`) };
    if (subscribed === 'too_many') {
      return { error: invalidRequest(`a connection takes ${options.mostStreams} streams at most`) };
    }
  }
  return { result: null };
}
