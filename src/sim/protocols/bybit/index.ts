/** Bybit v5, spot: REST routing and signatures. */
import type { CreateProtocol, Credentials, ProtocolContext, RestReply, RestRequest } from '../protocol.ts';
import { isObject } from '../../json.ts';
import { header, hmacSha256, signatureMatches } from '../protocol.ts';
import { accountHandlers } from './account.ts';
import { BybitError, failed, ok, parameterError } from './errors.ts';
import { publicHandlers } from './market.ts';
import { orderHandlers } from './orders.ts';
import { createBybitStreams } from './streams.ts';

export interface BybitCall {
  readonly params: Readonly<Record<string, string | undefined>>;
  /** '' on public endpoints. */
  readonly account: string;
  readonly apiKey: string;
  /** Market time. */
  readonly nowMs: number;
  readonly wallMs: number;
}

/** Returns the `result` of the envelope. @throws BybitError */
export type BybitHandler = (call: BybitCall) => unknown;

/** How far ahead of the server a request's timestamp may be. */
const aheadMs = 1000;

export const createBybitProtocol: CreateProtocol = (context) => {
  const openHandlers = new Map(Object.entries(publicHandlers(context)));
  const signedHandlers = new Map(Object.entries({ ...orderHandlers(context), ...accountHandlers(context) }));
  const streams = createBybitStreams(context);
  return {
    handle(request) {
      try {
        return route(context, openHandlers, signedHandlers, request);
      } catch (error) {
        if (error instanceof BybitError) return failed(error, request.executedAtMs);
        throw error;
      }
    },
    rateLimited: (request) =>
      failed(new BybitError(10006, 'Too many visits. Exceeded the API Rate Limit.'), request.executedAtMs),
    internalError: (request) => failed(new BybitError(10016, 'Server error.'), request.executedAtMs),
    connect: (socket, path) => streams.connect(socket, path),
    tick: (wallMs) => streams.tick(wallMs),
  };
};

function route(
  context: ProtocolContext,
  openHandlers: ReadonlyMap<string, BybitHandler>,
  signedHandlers: ReadonlyMap<string, BybitHandler>,
  request: RestRequest,
): RestReply {
  const name = `${request.method} ${request.path}`;
  const open = openHandlers.get(name);
  const signed = signedHandlers.get(name);
  const wallMs = request.executedAtMs;
  if (open === undefined && signed === undefined) return { status: 404, body: '404 page not found' };
  const credentials = signed === undefined ? null : authenticate(context, request);
  const call: BybitCall = {
    params: request.method === 'POST' ? bodyParams(request.body) : queryParams(request.rawQuery),
    account: credentials?.account ?? '',
    apiKey: credentials?.apiKey ?? '',
    nowMs: context.exchange.advance(),
    wallMs,
  };
  return ok((signed ?? open)?.(call), wallMs);
}

/** The order of the checks: key, window, signature. @throws BybitError 10003, 10002, 10004 */
function authenticate(context: ProtocolContext, request: RestRequest): Credentials {
  const apiKey = header(request, 'x-bapi-api-key');
  const timestamp = header(request, 'x-bapi-timestamp');
  const receiveWindow = header(request, 'x-bapi-recv-window') || '5000';
  const credentials = context.credentials.find((candidate) => candidate.apiKey === apiKey);
  if (credentials === undefined) throw new BybitError(10003, 'API key is invalid.');
  if (!/^\d{1,15}$/.test(timestamp) || !/^\d{1,6}$/.test(receiveWindow)) {
    throw parameterError('invalid timestamp or recv_window');
  }
  const sentAtMs = Number(timestamp);
  const late = request.executedAtMs - sentAtMs > Number(receiveWindow);
  if (!request.ignoreExpiry && (late || sentAtMs - request.executedAtMs >= aheadMs)) {
    throw new BybitError(
      10002,
      `invalid request, please check your server timestamp or recv_window param. req_timestamp[${timestamp}],server_timestamp[${request.executedAtMs}],recv_window[${receiveWindow}]`,
    );
  }
  const payload = request.method === 'POST' ? request.body : request.rawQuery;
  const expected = hmacSha256(credentials.secret, timestamp + apiKey + receiveWindow + payload);
  if (!signatureMatches(expected, header(request, 'x-bapi-sign'))) {
    throw new BybitError(10004, 'error sign! please check your signature generation algorithm.');
  }
  return credentials;
}

/** An empty value counts as not sent. */
function queryParams(rawQuery: string): Record<string, string> {
  return Object.fromEntries([...new URLSearchParams(rawQuery)].filter(([, value]) => value !== ''));
}

function bodyParams(body: string): Record<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw parameterError('Request parameter error: the body is not JSON.');
  }
  if (!isObject(parsed)) throw parameterError('Request parameter error: the body is not an object.');
  const params: Record<string, string> = {};
  for (const [key, value] of Object.entries(parsed)) {
    const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (isScalar && value !== '') params[key] = String(value);
  }
  return params;
}
