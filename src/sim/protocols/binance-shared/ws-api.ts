/**
 * The websocket API: requests as `{id, method, params}`, answered by the endpoints of REST, and user streams on the
 * same connection. Parameters are signed sorted by name.
 */
import type { WebSocket } from 'ws';
import { isObject } from '../../json.ts';
import type { Credentials, ProtocolContext } from '../protocol.ts';
import { textOf } from '../protocol.ts';
import { checkSignature, credentialsOf, signedParametersText } from './authentication.ts';
import type { Endpoint, Endpoints, Parameters } from './call.ts';
import { BinanceError, invalid, rejectedKey } from './errors.ts';
import type { Limits } from './limits.ts';
import { evaluated } from './rest.ts';
import type { UserEvent, UserStreams } from './user-streams.ts';

export interface WsApiOptions {
  readonly context: ProtocolContext;
  readonly endpoints: Endpoints;
  /** Methods by name, and the endpoint that answers each. */
  readonly methods: Readonly<Record<string, string>>;
  readonly limits: Limits;
  /** Null: the API has no user streams. */
  readonly userStreams: UserStreams | null;
}

export interface WsApi {
  connect(socket: WebSocket): void;
}

interface Session {
  readonly socket: WebSocket;
  readonly subscriptions: Map<number, { readonly account: string; readonly stop: () => void }>;
  subscribed: number;
}

/** Addresses are not known of sockets: all of them count as one. */
const address = 'websocket api';
const subscriptionWeight = 2;

export function createWsApi(options: WsApiOptions): WsApi {
  const endpoints = new Map(Object.entries(options.endpoints));
  const methods = new Map(Object.entries(options.methods).map(([name, key]) => [name, endpoints.get(key)]));
  return {
    connect(socket) {
      const session: Session = { socket, subscriptions: new Map(), subscribed: 0 };
      socket.on('close', () => {
        for (const { stop } of session.subscriptions.values()) stop();
      });
      socket.on('message', (data) => {
        const reply = answer(options, methods, session, textOf(data));
        options.context.sendWhenDurable(socket, reply, 'control');
      });
    },
  };
}

type Methods = ReadonlyMap<string, Endpoint | undefined>;

function answer(options: WsApiOptions, methods: Methods, session: Session, text: string): Record<string, unknown> {
  const message = parsed(text);
  const id = message?.['id'];
  const shownId = typeof id === 'string' ? id.slice(0, 36) : typeof id === 'number' ? id : null;
  const wallMs = options.context.wallMs();
  try {
    if (message === null) throw new BinanceError(-1135, 'Invalid JSON Request');
    const params = parametersIn(message['params']);
    const result = obey(options, methods, session, String(message['method']), params, wallMs);
    const isTold = params.get('returnRateLimits') !== 'false';
    const limits = isTold ? { rateLimits: [options.limits.weightCount(address, wallMs)] } : {};
    return { id: shownId, status: 200, result, ...limits };
  } catch (error) {
    if (!(error instanceof BinanceError)) {
      return {
        id: shownId,
        status: 500,
        error: { code: -1000, msg: 'An unknown error occurred while processing the request.' },
      };
    }
    return { id: shownId, status: error.status, error: { code: error.code, msg: error.message } };
  }
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Text, numbers and booleans, each as it was written; lists as in REST, as JSON. @throws BinanceError -1130 */
function parametersIn(value: unknown): Parameters {
  if (value === undefined || value === null) return new Map();
  if (!isObject(value)) throw invalid('params');
  const found = new Map<string, string>();
  for (const [name, given] of Object.entries(value)) {
    if (typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean') {
      found.set(name, String(given));
    } else if (Array.isArray(given)) found.set(name, JSON.stringify(given));
    else throw invalid(name);
  }
  return found;
}

function obey(
  options: WsApiOptions,
  methods: Methods,
  session: Session,
  method: string,
  params: Parameters,
  wallMs: number,
): unknown {
  const { context, limits, userStreams } = options;
  if (userStreams !== null && isSubscriptionMethod(method)) {
    limits.takeWeight(address, subscriptionWeight, wallMs);
    if (method === 'userDataStream.subscribe.signature') return subscribe(options, session, params, wallMs);
    if (method === 'userDataStream.unsubscribe') return unsubscribe(options, session, params);
    return [...session.subscriptions.keys()].map((subscriptionId) => ({ subscriptionId }));
  }
  const endpoint = methods.get(method);
  if (endpoint === undefined) throw new BinanceError(-1020, 'This operation is not supported.');
  limits.takeWeight(address, evaluated(endpoint.weight, params), wallMs);
  const credentials = credentialsFor(context, endpoint.access, params, wallMs);
  const account = credentials?.account ?? '';
  const orders = evaluated(endpoint.orders ?? 0, params);
  limits.checkOrders(account, orders, wallMs);
  const result = endpoint.handle({ params, account, credentials, nowMs: context.exchange.advance(), wallMs });
  limits.countOrders(account, orders, wallMs);
  return result;
}

function isSubscriptionMethod(method: string): boolean {
  const methods = ['userDataStream.subscribe.signature', 'userDataStream.unsubscribe', 'session.subscriptions'];
  return methods.includes(method);
}

function credentialsFor(
  context: ProtocolContext,
  access: Endpoint['access'],
  params: Parameters,
  wallMs: number,
): Credentials | null {
  if (access === 'public') return null;
  const credentials = credentialsOf(context, params.get('apiKey') ?? '');
  if (access === 'key') return credentials;
  const text = signedParametersText(params);
  checkSignature(credentials, { text, params, executedAtMs: wallMs, ignoreExpiry: false });
  if (!credentials.permissions.has(access)) throw rejectedKey();
  return credentials;
}

function subscribe(options: WsApiOptions, session: Session, params: Parameters, wallMs: number): unknown {
  const { context, userStreams } = options;
  const account = credentialsFor(context, 'read', params, wallMs)?.account ?? '';
  if ([...session.subscriptions.values()].some((subscription) => subscription.account === account)) {
    throw new BinanceError(-2035, 'User Data Stream subscription already active.');
  }
  const subscriptionId = session.subscribed;
  session.subscribed += 1;
  const hear = ({ body, channel }: UserEvent): void =>
    context.sendWhenDurable(session.socket, { subscriptionId, event: body }, channel);
  session.subscriptions.set(subscriptionId, { account, stop: userStreams?.listen({ account, hear }) ?? (() => {}) });
  return { subscriptionId };
}

/** One subscription, or all of them. Each is told that it ends. */
function unsubscribe({ context }: WsApiOptions, session: Session, params: Parameters): unknown {
  const named = params.get('subscriptionId');
  if (session.subscriptions.size === 0) {
    throw new BinanceError(-2036, 'User Data Stream subscription not active.');
  }
  for (const [subscriptionId, { stop }] of session.subscriptions) {
    if (named !== undefined && String(subscriptionId) !== named) continue;
    stop();
    session.subscriptions.delete(subscriptionId);
    const event = { e: 'eventStreamTerminated', E: context.wallMs() };
    context.sendWhenDurable(session.socket, { subscriptionId, event }, 'control');
  }
  return {};
}
