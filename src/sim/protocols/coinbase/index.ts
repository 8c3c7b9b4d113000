/** Coinbase Advanced Trade (`/api/v3/brokerage`) with the parts of v2 that clients still need: REST routing. */
import type { CreateProtocol, Credentials, ProtocolContext, RestReply, RestRequest } from '../protocol.ts';
import type { FoundRoute } from '../router.ts';
import { createRouter } from '../router.ts';
import { accountRoutes } from './account.ts';
import type { Authenticator } from './auth.ts';
import { createAuthenticator } from './auth.ts';
import type { Route } from './call.ts';
import { CoinbaseError, permissionDenied, v2Error, v3Error } from './errors.ts';
import { historyRoutes } from './history.ts';
import type { Limits } from './limits.ts';
import { createLimits, tooManyRequests } from './limits.ts';
import { marketRoutes } from './market.ts';
import { orderRoutes } from './orders.ts';
import { createCoinbaseStreams } from './streams.ts';
import { v2Routes } from './v2.ts';

interface Service {
  readonly context: ProtocolContext;
  readonly find: (method: string, path: string) => FoundRoute<Route> | null;
  readonly authenticator: Authenticator;
  readonly limits: Limits;
}

export const createCoinbaseProtocol: CreateProtocol = (context) => {
  const routes = [marketRoutes, accountRoutes, orderRoutes, historyRoutes, v2Routes].flatMap((make) => make(context));
  const authenticator = createAuthenticator(context.credentials);
  const service: Service = { context, find: createRouter(routes), authenticator, limits: createLimits() };
  const streams = createCoinbaseStreams(context, authenticator);
  return {
    handle(request) {
      try {
        return serve(service, request);
      } catch (error) {
        if (error instanceof CoinbaseError) return error.reply;
        throw error;
      }
    },
    rateLimited: (_request, retryAfterMs) => tooManyRequests(retryAfterMs),
    internalError: (request) => internalError(request).reply,
    connect: (socket) => streams.connect(socket),
    tick: (wallMs) => streams.tick(wallMs),
  };
};

/** The order of the checks: path, key, limit, permission. */
function serve({ context, find, authenticator, limits }: Service, request: RestRequest): RestReply {
  const found = find(request.method, request.path);
  if (found === null) throw unknownPath(request);
  const { route, path } = found;
  const holder = route.needs === null ? null : authenticator.rest(request);
  const waitMs = limits.take(request, holder);
  if (waitMs > 0 && context.enforceRateLimits) return tooManyRequests(waitMs);
  requirePermission(route, holder);
  const nowMs = context.exchange.advance();
  const query = new URLSearchParams(request.rawQuery);
  const body = route.handle({
    query,
    body: request.body,
    path,
    credentials: holder,
    nowMs,
    wallMs: request.executedAtMs,
  });
  return { status: 200, body };
}

function requirePermission({ needs }: Route, holder: Credentials | null): void {
  if (needs !== null && holder !== null && !holder.permissions.has(needs)) throw permissionDenied();
}

function isV2(request: RestRequest): boolean {
  return request.path.startsWith('/v2/');
}

function unknownPath(request: RestRequest): CoinbaseError {
  return isV2(request) ? v2Error(404, 'not_found', 'Not found') : v3Error(404, 'NOT_FOUND', 'Not Found');
}

function internalError(request: RestRequest): CoinbaseError {
  if (isV2(request)) return v2Error(500, 'internal_server_error', 'An error has occurred.');
  return v3Error(500, 'INTERNAL', 'Internal server error');
}
