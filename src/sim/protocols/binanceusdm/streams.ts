/** Binance USDⓈ-M's websockets: market streams by subscription or by path, and user streams by listen key. */
import type { WebSocket } from 'ws';
import type { Protocol, ProtocolContext } from '../protocol.ts';
import { hmacSha256, textOf } from '../protocol.ts';
import { isObject } from '../../json.ts';
import { BinanceError } from './errors.ts';
import type { MarketStream } from './market-streams.ts';
import { openMarketStream } from './market-streams.ts';
import type { BinanceHandler } from './parameters.ts';
import { userEvents } from './user-events.ts';

interface Connection {
  readonly socket: WebSocket;
  /** Wraps messages as `{stream, data}`. */
  readonly combined: boolean;
  readonly streams: Map<string, MarketStream>;
  /** Account of a user stream. */
  readonly account: string | null;
}

export interface BinanceStreams extends Pick<Protocol, 'connect' | 'tick'> {
  /** Listen keys: need the API key alone. */
  readonly handlers: Readonly<Record<string, BinanceHandler>>;
}

export function createBinanceStreams(context: ProtocolContext): BinanceStreams {
  const connections = new Set<Connection>();
  const listenKeys = new Map<string, string>();
  const send = (connection: Connection, stream: string, data: unknown): void =>
    context.sendWhenDurable(connection.socket, connection.combined ? { stream, data } : data, channelOf(stream));
  context.exchange.onTransaction((transaction) => {
    for (const connection of connections) {
      if (connection.account === null) continue;
      for (const event of userEvents(context, connection.account, transaction)) send(connection, 'userData', event);
    }
  });
  return {
    handlers: listenKeyHandlers(context, connections, listenKeys),
    connect(socket, path) {
      // Joined and not resolved: a path such as `//` is not an address of its own.
      const url = new URL(`http://venue${path}`);
      const listenKey = url.searchParams.get('listenKey') ?? url.pathname.split('/').at(-1) ?? '';
      const connection: Connection = {
        socket,
        combined: url.pathname.includes('/stream'),
        streams: new Map(),
        account: listenKeys.get(listenKey) ?? null,
      };
      if (url.searchParams.has('listenKey') && connection.account === null) {
        socket.close(1008, 'invalid listen key');
        return;
      }
      connections.add(connection);
      socket.on('close', () => connections.delete(connection));
      for (const name of streamsInPath(url)) subscribe(context, connection, name);
      socket.on('message', (data) => receive(context, connection, textOf(data)));
    },
    tick(wallMs) {
      for (const connection of connections) {
        for (const [name, stream] of connection.streams) {
          for (const message of stream.due(wallMs)) send(connection, name, message);
        }
      }
    },
  };
}

/** `usdcusdt@depth5@100ms` is `book/USDCUSDT`. */
function channelOf(stream: string): string {
  if (stream === 'userData') return 'orders';
  const [symbol = '', topic = ''] = stream.split('@');
  const kind = topic.startsWith('depth') ? 'book' : /trade/i.test(topic) ? 'trades' : 'ticker';
  return `${kind}/${symbol.toUpperCase()}`;
}

/** `/ws/a@depth/b@bookTicker` or `/stream?streams=a@depth/b@bookTicker`. */
function streamsInPath(url: URL): string[] {
  const listed = url.searchParams.get('streams') ?? url.pathname.split('/ws/')[1] ?? '';
  return listed.split('/').filter((name) => name.includes('@') || name.startsWith('!'));
}

function subscribe(context: ProtocolContext, connection: Connection, name: string): boolean {
  const stream = openMarketStream(context, name);
  if (stream === null) return false;
  if (!connection.streams.has(name)) connection.streams.set(name, stream);
  return true;
}

function receive(context: ProtocolContext, connection: Connection, text: string): void {
  let message: unknown = null;
  try {
    message = JSON.parse(text);
  } catch {
    // answered below as an invalid request
  }
  const { method, params, id } = isObject(message) ? message : {};
  const answer = (body: Record<string, unknown>): void =>
    context.sendWhenDurable(connection.socket, { ...body, ...(id === undefined ? {} : { id }) }, 'control');
  const names = Array.isArray(params) ? params.map(String) : [];
  switch (method) {
    case 'SUBSCRIBE': {
      const unknown = names.find((name) => !subscribe(context, connection, name));
      if (unknown === undefined) answer({ result: null });
      else answer({ error: { code: 2, msg: `Invalid request: unknown stream ${unknown}` } });
      return;
    }
    case 'UNSUBSCRIBE':
      for (const name of names) connection.streams.delete(name);
      answer({ result: null });
      return;
    case 'LIST_SUBSCRIPTIONS':
      answer({ result: [...connection.streams.keys()] });
      return;
    default:
      answer({ error: { code: 2, msg: 'Invalid request: method is unknown' } });
  }
}

/**
 * A key lives until it is deleted or the process ends; a second POST returns the same one. Keys follow from the
 * account's secret and their number: nobody else can tell them, and the same run makes the same ones.
 */
function listenKeyHandlers(
  { credentials }: ProtocolContext,
  connections: ReadonlySet<Connection>,
  listenKeys: Map<string, string>,
): Record<string, BinanceHandler> {
  let made = 0;
  const newKey = (account: string): string => {
    made += 1;
    const secret = credentials.find((candidate) => candidate.account === account)?.secret ?? '';
    return hmacSha256(secret, `listen key ${made}`);
  };
  const keyOf = (account: string): string | undefined => [...listenKeys].find(([, holder]) => holder === account)?.[0];
  return {
    'POST listenKey': ({ account }) => {
      const listenKey = keyOf(account) ?? newKey(account);
      listenKeys.set(listenKey, account);
      return { listenKey };
    },
    'PUT listenKey': ({ account }) => {
      const listenKey = keyOf(account);
      if (listenKey === undefined) throw new BinanceError(-1125, 'This listenKey does not exist.');
      return { listenKey };
    },
    'DELETE listenKey': ({ account }) => {
      const listenKey = keyOf(account);
      if (listenKey !== undefined) listenKeys.delete(listenKey);
      for (const connection of connections) if (connection.account === account) connection.socket.close();
      return {};
    },
  };
}
