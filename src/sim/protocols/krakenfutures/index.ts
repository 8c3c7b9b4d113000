/** Kraken Futures (`/derivatives/api/v3` with its history and chart services): REST routing. */
import type { CreateProtocol, Credentials, ProtocolContext, RestReply, RestRequest } from '../protocol.ts';

import { createDeadMan } from '../dead-man.ts';
import type { FoundRoute } from '../router.ts';
import { createRouter } from '../router.ts';
import { accountRoutes } from './account.ts';
import { apiKeyRoutes } from './api-key.ts';
import type { Authenticator } from './auth.ts';
import { createAuthenticator } from './auth.ts';
import type { Route } from './call.ts';
import { isoTime } from './call.ts';
import { failed, KrakenFuturesError } from './errors.ts';
import { historyRoutes } from './history.ts';
import type { Limits } from './limits.ts';
import { createLimits, tooManyRequests } from './limits.ts';
import { marketRoutes } from './market.ts';
import { orderRoutes } from './orders.ts';
import { createRecentOrders } from './recent-orders.ts';
import { createKrakenFuturesStreams } from './streams.ts';

interface Service {
  readonly context: ProtocolContext;
  readonly find: (method: string, path: string) => FoundRoute<Route> | null;
  readonly authenticator: Authenticator;
  readonly limits: Limits;
}

export const createKrakenFuturesProtocol: CreateProtocol = (context) => {
  const deadMan = createDeadMan(context);
  const authenticator = createAuthenticator(context.credentials);
  const streams = createKrakenFuturesStreams(context, authenticator);
  const routes = [
    ...marketRoutes(context),
    ...accountRoutes(context),
    ...orderRoutes(context, deadMan, createRecentOrders(context.exchange)),
    ...historyRoutes(context),
    ...apiKeyRoutes(),
  ];
  const service: Service = { context, find: createRouter(routes), authenticator, limits: createLimits() };
  return {
    handle(request) {
      try {
        return serve(service, request);
      } catch (error) {
        if (error instanceof KrakenFuturesError) return failed(error, request.executedAtMs);
        throw error;
      }
    },
    rateLimited: (request, retryAfterMs) => tooManyRequests(retryAfterMs, request.executedAtMs),
    internalError: (request) => failed(new KrakenFuturesError('Server Error', '', 500), request.executedAtMs),
    connect: (socket) => streams.connect(socket),
    tick(wallMs) {
      deadMan.tick(wallMs);
      streams.tick(wallMs);
    },
  };
};

/** The order of the checks: path, key and signature, permission, limit. */
function serve({ context, find, authenticator, limits }: Service, request: RestRequest): RestReply {
  const found = find(request.method, request.path);
  if (found === null) throw new KrakenFuturesError('notFound', '', 404);
  const { route, path } = found;
  const wallMs = request.executedAtMs;
  const holder = route.needs === null ? null : authenticator.rest(request);
  requirePermission(route, holder);
  const asked = { params: paramsOf(request), body: request.body };
  const waitMs = holder === null ? 0 : limits.take(holder.account, request.path, route.cost?.(asked) ?? 0, wallMs);
  if (waitMs > 0 && context.enforceRateLimits) return tooManyRequests(waitMs, wallMs);
  const nowMs = context.exchange.advance();
  const { ignoreExpiry } = request;
  const reply = route.handle({ ...asked, path, credentials: holder, nowMs, wallMs, ignoreExpiry });
  const body = route.isBare === true ? reply : { result: 'success', ...reply, serverTime: isoTime(wallMs) };
  return { status: 200, body };
}

/** A key that may not is answered like one that is not known. */
function requirePermission({ needs }: Route, holder: Credentials | null): void {
  if (needs === null || needs === 'any' || holder === null) return;
  if (!holder.permissions.has(needs)) throw new KrakenFuturesError('authenticationError');
}

/** Of the query, and of a form in the body. */
function paramsOf({ rawQuery, body, headers }: RestRequest): URLSearchParams {
  const params = new URLSearchParams(rawQuery);
  const type = String(headers['content-type'] ?? '');
  if (type !== '' && !type.startsWith('application/x-www-form-urlencoded')) return params;
  for (const [name, value] of new URLSearchParams(body)) params.append(name, value);
  return params;
}
