/** OKX's websockets, `/ws/v5/public`, `/ws/v5/private` and `/ws/v5/business`: subscriptions, logins and orders. */
import { isObject } from '../../json.ts';
import type { Protocol } from '../protocol.ts';
import { textOf } from '../protocol.ts';
import { createFixedWindows } from '../rate-limit.ts';
import type { ChannelSource } from './channels.ts';
import { createSubscription } from './channels.ts';
import type { ChannelArgument, Connection } from './connection.ts';
import { routes } from './connection.ts';
import { OkxError } from './errors.ts';
import { credentialsOf } from './login.ts';
import type { RateLimits } from './rate-limits.ts';
import { orderOperations, runOrders } from './socket-orders.ts';

export interface Streams extends ChannelSource {
  readonly limits: RateLimits;
}

type Message = Readonly<Record<string, unknown>>;

const policyViolation = 1008;
const noDataReceived = 4004;
/** Silence in both directions after which a connection is closed. */
const idleMs = 30_000;
const requestsPerHour = { limit: 480, windowMs: 3_600_000 };
const longestMessage = 65_536;
const argumentFields = ['channel', 'instType', 'instFamily', 'instId', 'ccy', 'extraParams'] as const;
const longestField = 200;

export function createOkxStreams(streams: Streams): Pick<Protocol, 'connect' | 'tick'> {
  const connections = new Set<Connection>();
  let opened = 0;
  streams.context.exchange.onTransaction((transaction) => {
    for (const { subscriptions } of connections) {
      for (const subscription of subscriptions.values()) subscription.tell?.(transaction);
    }
  });
  return {
    connect(socket, path) {
      const [address = ''] = path.split('?');
      const route = routes.find((candidate) => address === `/ws/v5/${candidate}`);
      if (route === undefined) {
        socket.close(policyViolation, 'path not found');
        return;
      }
      opened += 1;
      const connection: Connection = {
        id: opened.toString(16).padStart(8, '0'),
        socket,
        route,
        credentials: null,
        subscriptions: new Map(),
        requests: createFixedWindows(requestsPerHour),
        isActive: true,
        quietSinceMs: 0,
      };
      connections.add(connection);
      socket.on('close', () => connections.delete(connection));
      socket.on('message', (data) => receive(streams, connection, textOf(data)));
    },
    tick(wallMs) {
      if (connections.size === 0) return;
      const nowMs = streams.context.exchange.advance();
      for (const connection of connections) {
        for (const subscription of connection.subscriptions.values()) subscription.push(nowMs, wallMs);
        closeIfIdle(connection, wallMs);
      }
    },
  };
}

function closeIfIdle(connection: Connection, wallMs: number): void {
  if (connection.isActive) {
    connection.isActive = false;
    connection.quietSinceMs = wallMs;
  } else if (wallMs - connection.quietSinceMs > idleMs) {
    connection.socket.close(noDataReceived, 'No data received in 30s.');
  }
}

function send({ context }: Streams, connection: Connection, message: unknown, channel = 'control'): void {
  connection.isActive = true;
  context.sendWhenDurable(connection.socket, message, channel);
}

function receive(streams: Streams, connection: Connection, text: string): void {
  connection.isActive = true;
  if (text === 'ping') {
    send(streams, connection, 'pong');
    return;
  }
  const message = parse(text);
  const { op, id } = message;
  const requestId = typeof id === 'string' || typeof id === 'number' ? { id: String(id) } : {};
  const takesOrders = connection.route === 'private' && typeof op === 'string';
  const operation = takesOrders ? orderOperations.get(op) : undefined;
  try {
    if (operation !== undefined) {
      const { args, expTime } = message;
      const body = runOrders(streams.context, streams.limits, connection, { operation, args, expTime });
      send(streams, connection, { ...requestId, op, ...body });
    } else if (op === 'login' || op === 'subscribe' || op === 'unsubscribe') {
      manage(streams, connection, op, message['args'], requestId);
    } else {
      throw new OkxError('60012', `Illegal request: ${text.slice(0, longestMessage)}`);
    }
  } catch (error) {
    if (!(error instanceof OkxError)) throw error;
    if (operation === undefined) refuse(streams, connection, error, requestId);
    else send(streams, connection, { ...requestId, op, code: error.code, msg: error.message, data: [] });
  }
}

function refuse(streams: Streams, connection: Connection, { code, message }: OkxError, requestId: Message): void {
  send(streams, connection, { event: 'error', ...requestId, code, msg: message, connId: connection.id });
}

function parse(text: string): Message {
  if (text.length > longestMessage) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** Each argument is answered for itself. @throws OkxError when the whole request is wrong */
function manage(
  streams: Streams,
  connection: Connection,
  op: 'login' | 'subscribe' | 'unsubscribe',
  args: unknown,
  requestId: Message,
): void {
  const { context } = streams;
  const wallMs = context.wallMs();
  if (connection.requests.take('', 1, wallMs) > 0 && context.enforceRateLimits) {
    throw new OkxError('60014', 'Requests too frequent');
  }
  if (op === 'login') {
    if (connection.credentials !== null) throw new OkxError('60010', 'Already logged in');
    connection.credentials = credentialsOf(context.credentials, args, wallMs);
    send(streams, connection, { event: 'login', ...requestId, code: '0', msg: '', connId: connection.id });
    return;
  }
  const given: unknown[] = Array.isArray(args) ? args : [];
  if (given.length === 0 || !given.every(isObject)) throw new OkxError('60013', 'Invalid args');
  for (const argument of given.map(argumentOf)) {
    try {
      if (op === 'subscribe') subscribe(streams, connection, argument, requestId);
      else unsubscribe(streams, connection, argument, requestId);
    } catch (error) {
      if (!(error instanceof OkxError)) throw error;
      refuse(streams, connection, error, requestId);
    }
  }
}

function argumentOf(given: Message): ChannelArgument {
  const argument: Record<string, string> = {};
  for (const name of argumentFields) {
    const value = given[name];
    if (typeof value === 'string' && value.length <= longestField) argument[name] = value;
  }
  return argument;
}

/** Settings do not name a subscription. */
function keyOf(argument: ChannelArgument): string {
  return JSON.stringify(argumentFields.map((name) => (name === 'extraParams' ? null : (argument[name] ?? null))));
}

/** Subscribing again begins again, with a snapshot. */
function subscribe(streams: Streams, connection: Connection, argument: ChannelArgument, requestId: Message): void {
  const subscription = createSubscription(streams, connection, argument, (message, channel) =>
    send(streams, connection, message, channel),
  );
  connection.subscriptions.set(keyOf(argument), subscription);
  send(streams, connection, { event: 'subscribe', ...requestId, arg: argument, connId: connection.id });
  const { exchange } = streams.context;
  subscription.push(exchange.advance(), exchange.clock.wallMs());
}

function unsubscribe(streams: Streams, connection: Connection, argument: ChannelArgument, requestId: Message): void {
  connection.subscriptions.delete(keyOf(argument));
  send(streams, connection, { event: 'unsubscribe', ...requestId, arg: argument, connId: connection.id });
}
