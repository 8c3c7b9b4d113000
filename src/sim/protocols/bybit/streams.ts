/** Bybit v5's websockets: `/v5/public/{category}` and `/v5/private`. Orders are not taken here. */
import { isObject } from '../../json.ts';
import type { Protocol, ProtocolContext } from '../protocol.ts';
import { hmacSha256, signatureMatches, textOf } from '../protocol.ts';
import { categories } from './call.ts';
import { createMemo } from '../memo.ts';
import type { Connection, Pass } from './connection.ts';
import type { Dcp } from './dcp.ts';
import { liquidationPushes } from './liquidation-topic.ts';
import { privateTopics, pushPrivate } from './private-topics.ts';
import { publicTopic, pushPublic } from './public-topics.ts';

interface Streams {
  readonly context: ProtocolContext;
  readonly dcp: Dcp;
  readonly newPass: (wallMs: number) => Pass;
}

export function createBybitStreams(context: ProtocolContext, dcp: Dcp): Pick<Protocol, 'connect' | 'tick'> {
  const connections = new Set<Connection>();
  const streams: Streams = { context, dcp, newPass: createPasses(context) };
  let opened = 0;
  context.exchange.onTransaction((transaction) => {
    for (const connection of connections) {
      pushPrivate(context, connection, transaction);
      liquidationPushes(context, connection, transaction);
    }
  });
  return {
    connect(socket, path) {
      const [route = ''] = path.split('?');
      const category = categories.find((candidate) => route === `/v5/public/${candidate}`) ?? null;
      if (category === null && route !== '/v5/private') {
        socket.close(1008, 'path not found');
        return;
      }
      opened += 1;
      const connection: Connection = {
        id: `sim-${opened}`,
        socket,
        category,
        account: null,
        publicTopics: new Map(),
        privateTopics: new Set(),
      };
      connections.add(connection);
      socket.on('close', () => {
        connections.delete(connection);
        for (const topic of connection.privateTopics) forget(streams, connection, topic);
      });
      socket.on('message', (data) => receive(streams, connection, textOf(data)));
    },
    tick(wallMs) {
      const pass = streams.newPass(wallMs);
      for (const connection of connections) {
        for (const [name, topic] of connection.publicTopics) pushPublic(context, connection, name, topic, pass);
      }
    },
  };
}

function createPasses({ exchange }: ProtocolContext): Streams['newPass'] {
  let number = 0;
  return (wallMs) => {
    number += 1;
    return {
      number,
      wallMs,
      nowMs: exchange.clock.marketMs(),
      books: createMemo(),
      differences: createMemo(),
      tickers: createMemo(),
      messages: createMemo(),
    };
  };
}

function receive(streams: Streams, connection: Connection, text: string): void {
  const { context } = streams;
  const message = parse(text);
  const { op, args, req_id: requestId } = message;
  const answer = (body: Record<string, unknown>): void => {
    const request = typeof requestId === 'string' || typeof requestId === 'number' ? { req_id: requestId } : {};
    context.sendWhenDurable(connection.socket, { ...body, conn_id: connection.id, ...request }, 'control');
  };
  const names = Array.isArray(args) ? args.map((name) => (isText(name) ? String(name) : '')) : [];
  switch (op) {
    case 'ping':
      if (connection.category === null) answer({ op: 'pong', args: [String(context.wallMs())] });
      else answer({ success: true, ret_msg: 'pong', op: 'ping' });
      return;
    case 'auth':
      answer(signIn(context, connection, names));
      return;
    case 'subscribe':
      subscribe(streams, connection, names, answer);
      return;
    case 'unsubscribe':
      for (const name of names) {
        connection.publicTopics.delete(name);
        if (connection.privateTopics.delete(name)) forget(streams, connection, name);
      }
      answer({ success: true, ret_msg: '', op: 'unsubscribe' });
      return;
    default:
      answer({ success: false, ret_msg: 'error:invalid op', request: { op: '', args: null } });
  }
}

function isText(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function parse(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** `[apiKey, expires, HMAC("GET/realtime" + expires)]` on a private connection. */
function signIn(
  context: ProtocolContext,
  connection: Connection,
  [apiKey, expires = '', signature = '']: readonly string[],
): Record<string, unknown> {
  const credentials = context.credentials.find((candidate) => candidate.apiKey === apiKey);
  const holds =
    connection.category === null &&
    credentials !== undefined &&
    credentials.permissions.has('read') &&
    /^\d{1,15}$/.test(expires) &&
    Number(expires) > context.wallMs() &&
    signatureMatches(hmacSha256(credentials.secret, `GET/realtime${expires}`), signature);
  if (!holds) return { success: false, ret_msg: 'error:USVC1111', op: 'auth', request: { op: 'auth' } };
  connection.account = credentials.account;
  return { success: true, ret_msg: '', op: 'auth' };
}

/** All of the topics or none. */
function subscribe(
  streams: Streams,
  connection: Connection,
  names: readonly string[],
  answer: (body: Record<string, unknown>) => void,
): void {
  const { context, dcp } = streams;
  const { account } = connection;
  if (connection.category === null) {
    const unknown = names.find((name) => !privateTopics.has(name));
    if (account === null) answer({ success: false, ret_msg: 'Request not authorized', op: 'subscribe' });
    else if (unknown !== undefined) answer(notFound(unknown));
    else {
      for (const name of names) {
        if (!connection.privateTopics.has(name)) dcp.connected(account, name);
        connection.privateTopics.add(name);
      }
      answer({ success: true, ret_msg: '', op: 'subscribe' });
    }
    return;
  }
  const topics = names.map((name) => ({ name, topic: publicTopic(context, connection, name) }));
  const unknown = topics.find(({ topic }) => topic === null);
  if (unknown !== undefined) {
    answer(notFound(unknown.name));
    return;
  }
  answer({ success: true, ret_msg: 'subscribe', op: 'subscribe' });
  const pass = streams.newPass(context.wallMs());
  for (const { name, topic } of topics) {
    if (topic === null || connection.publicTopics.has(name)) continue;
    connection.publicTopics.set(name, topic);
    pushPublic(context, connection, name, topic, pass);
  }
}

function notFound(topic: string): Record<string, unknown> {
  return { success: false, ret_msg: `error:handler not found,topic:${topic.slice(0, 100)}`, op: 'subscribe' };
}

function forget({ context, dcp }: Streams, { account }: Connection, topic: string): void {
  if (account !== null) dcp.gone(account, topic, context.wallMs());
}
