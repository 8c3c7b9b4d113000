/** Bybit v5, spot and linear perpetuals in one unified account: REST routing. */
import { isObject } from '../../json.ts';
import type { CreateProtocol, ProtocolContext, RestReply, RestRequest } from '../protocol.ts';
import { accountHandlers } from './account.ts';
import { authenticate, requirePermission } from './authentication.ts';
import type { BybitCall, BybitHandler, Params } from './call.ts';
import { createDcp } from './dcp.ts';
import { BybitError, failed, ok, parameterError } from './errors.ts';
import { executionHandlers } from './executions.ts';
import { publicHandlers } from './market.ts';
import { orderQueryHandlers } from './order-queries.ts';
import { orderHandlers } from './orders.ts';
import { positionHandlers } from './positions.ts';
import type { RateLimits } from './rate-limits.ts';
import { createRateLimits, limitedReply, limitHeaders } from './rate-limits.ts';
import { createBybitStreams } from './streams.ts';
import { transactionLogHandlers } from './transaction-log.ts';

interface Routes {
  readonly context: ProtocolContext;
  readonly rateLimits: RateLimits;
  /** By `METHOD /path`. */
  readonly open: ReadonlyMap<string, BybitHandler>;
  readonly signed: ReadonlyMap<string, BybitHandler>;
}

export const createBybitProtocol: CreateProtocol = (context) => {
  const dcp = createDcp(context);
  const routes: Routes = {
    context,
    rateLimits: createRateLimits(context.enforceRateLimits),
    open: new Map(Object.entries(publicHandlers(context))),
    signed: new Map(
      Object.entries({
        ...orderHandlers(context),
        ...orderQueryHandlers(context),
        ...executionHandlers(context),
        ...positionHandlers(context),
        ...accountHandlers(context, dcp),
        ...transactionLogHandlers(context),
        ...dcp.handlers,
      }),
    ),
  };
  const streams = createBybitStreams(context, dcp);
  return {
    handle(request) {
      try {
        return route(routes, request);
      } catch (error) {
        if (error instanceof BybitError) return failed(error, request.executedAtMs);
        throw error;
      }
    },
    rateLimited: (request, retryAfterMs) =>
      limitedReply(request.executedAtMs, limitHeaders(10, 0, request.executedAtMs + retryAfterMs)),
    internalError: (request) =>
      failed(new BybitError(10016, 'System error. Please try again later.'), request.executedAtMs, 500),
    connect: (socket, path) => streams.connect(socket, path),
    tick(wallMs) {
      dcp.tick(wallMs);
      streams.tick(wallMs);
    },
  };
};

function route(routes: Routes, request: RestRequest): RestReply {
  const wallMs = request.executedAtMs;
  const refused = routes.rateLimits.refusedAddress(request.remoteAddress, wallMs);
  if (refused !== null) return refused;
  const name = `${request.method} ${request.path}`;
  const open = routes.open.get(name);
  const signed = routes.signed.get(name);
  if (open !== undefined) {
    const nobody = { account: '', apiKey: '', permissions: new Set<never>() };
    return ok(open(callOf(routes.context, request, readParameters(request), nobody)), wallMs);
  }
  if (signed === undefined) return { status: 404, body: '404 page not found' };
  return answerSigned(routes, request, name, signed);
}

function answerSigned(routes: Routes, request: RestRequest, name: string, handler: BybitHandler): RestReply {
  const wallMs = request.executedAtMs;
  const credentials = authenticate(routes.context, request);
  const parameters = readParameters(request);
  const count = Math.max(1, parameters.batch?.length ?? 1);
  const { allowed, headers } = routes.rateLimits.admit(credentials.account, name, parameters.params, count, wallMs);
  if (allowed === 0) return limitedReply(wallMs, headers);
  try {
    requirePermission(credentials, request.method);
    const call = { ...callOf(routes.context, request, parameters, credentials), batchAllowed: allowed };
    return { ...ok(handler(call), wallMs), headers };
  } catch (error) {
    if (error instanceof BybitError) return { ...failed(error, wallMs), headers };
    throw error;
  }
}

function callOf(
  context: ProtocolContext,
  request: RestRequest,
  parameters: Pick<BybitCall, 'params' | 'batch'>,
  { account, apiKey, permissions }: Pick<BybitCall, 'account' | 'apiKey' | 'permissions'>,
): BybitCall {
  const nowMs = context.exchange.advance();
  return { ...parameters, batchAllowed: 0, account, apiKey, permissions, nowMs, wallMs: request.executedAtMs };
}

function readParameters(request: RestRequest): Pick<BybitCall, 'params' | 'batch'> {
  if (request.method !== 'POST') {
    return {
      params: new Map([...new URLSearchParams(request.rawQuery)].filter(([, value]) => value !== '')),
      batch: null,
    };
  }
  const body = parseBody(request.body);
  const batch = body['request'];
  return { params: scalars(body), batch: Array.isArray(batch) ? batch.map(batchItem) : null };
}

function parseBody(body: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw parameterError('Request parameter error: the body is not JSON.');
  }
  if (!isObject(parsed)) throw parameterError('Request parameter error: the body is not an object.');
  return parsed;
}

function batchItem(item: unknown): Params {
  if (!isObject(item)) throw parameterError('Request parameter error: request must hold objects.');
  return scalars(item);
}

function scalars(fields: Readonly<Record<string, unknown>>): Params {
  const params = new Map<string, string>();
  for (const [key, value] of Object.entries(fields)) {
    const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (isScalar && value !== '') params.set(key, String(value));
  }
  return params;
}
