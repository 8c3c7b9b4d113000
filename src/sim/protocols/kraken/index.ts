/** Kraken spot: REST routing, and the websocket protocol's second version at `/v2`. */
import { createDeadMan } from '../dead-man.ts';
import type { CreateProtocol, ProtocolContext, RestReply, RestRequest } from '../protocol.ts';
import { accountEndpoints } from './account.ts';
import type { Authenticate } from './authentication.ts';
import { createAuthenticate } from './authentication.ts';
import type { PrivateEndpoint, PublicHandler } from './call.ts';
import { KrakenError, failed, ok, permissionDenied } from './errors.ts';
import { historyEndpoints } from './history.ts';
import { pairNamed } from './instruments.ts';
import type { KrakenLimits } from './limits.ts';
import { createKrakenLimits } from './limits.ts';
import { publicHandlers } from './market.ts';
import { orderEndpoints } from './orders.ts';
import { formParameters, textOrNull } from './parameters.ts';
import { createKrakenStreams } from './streams.ts';
import { createTokens } from './tokens.ts';

interface Router {
  readonly context: ProtocolContext;
  readonly authenticate: Authenticate;
  readonly limits: KrakenLimits;
  readonly open: ReadonlyMap<string, PublicHandler>;
  readonly signed: ReadonlyMap<string, PrivateEndpoint>;
}

/** Public endpoints that are counted by address and pair instead of by address. */
const countedByPair = new Set(['Trades', 'OHLC', 'Depth']);
/** Endpoints of the trading engine, with its own counter and error. */
const engineEndpoints = new Set(['AddOrder', 'AddOrderBatch', 'CancelOrder', 'CancelOrderBatch']);

export const createKrakenProtocol: CreateProtocol = (context) => {
  const limits = createKrakenLimits(context.enforceRateLimits);
  const deadMan = createDeadMan(context);
  const tokens = createTokens();
  const streams = createKrakenStreams(context, tokens);
  const router: Router = {
    context,
    limits,
    authenticate: createAuthenticate(context.credentials),
    open: new Map(Object.entries(publicHandlers(context))),
    signed: new Map(
      Object.entries({
        ...orderEndpoints({ context, limits, deadMan }),
        ...historyEndpoints(context),
        ...accountEndpoints(context, tokens),
      }),
    ),
  };
  return {
    handle(request) {
      try {
        return route(router, request);
      } catch (error) {
        if (error instanceof KrakenError) return failed(error.message);
        throw error;
      }
    },
    rateLimited: ({ path }) => failed(rateLimitText(path)),
    internalError: () => failed('EGeneral:Internal error', 500),
    connect: (socket, path) => streams.connect(socket, path),
    tick(wallMs) {
      deadMan.tick(wallMs);
      streams.tick(wallMs);
    },
  };
};

function route(router: Router, request: RestRequest): RestReply {
  const [, version, scope, ...rest] = request.path.split('/');
  const name = rest.join('/');
  if (version === '0' && scope === 'public') return routePublic(router, name, request);
  if (version === '0' && scope === 'private' && request.method === 'POST') return routePrivate(router, name, request);
  throw new KrakenError('EGeneral:Unknown method');
}

function routePublic(router: Router, name: string, request: RestRequest): RestReply {
  const handler = router.open.get(name);
  if (handler === undefined) throw new KrakenError('EGeneral:Unknown method');
  const params = formParameters(request.method === 'POST' ? request.body : request.rawQuery);
  const wallMs = request.executedAtMs;
  const pair = countedByPair.has(name) ? (pairNamed(textOrNull(params, 'pair') ?? '')?.instrument.id ?? '') : '';
  router.limits.takePublic(request.remoteAddress, pair, wallMs);
  const nowMs = router.context.exchange.advance();
  return ok(handler({ params, nowMs, wallMs, ignoreExpiry: request.ignoreExpiry }));
}

function routePrivate(router: Router, name: string, request: RestRequest): RestReply {
  const endpoint = router.signed.get(name);
  if (endpoint === undefined) throw new KrakenError('EGeneral:Unknown method');
  const { credentials, params, nonce } = router.authenticate(request);
  const wallMs = request.executedAtMs;
  if (endpoint.permission !== null && !credentials.permissions.has(endpoint.permission)) throw permissionDenied();
  router.limits.takeCall(credentials.apiKey, endpoint.cost, wallMs);
  const nowMs = router.context.exchange.advance();
  const { account } = credentials;
  return ok(
    endpoint.handle({ params, nowMs, wallMs, ignoreExpiry: request.ignoreExpiry, account, credentials, nonce }),
  );
}

function rateLimitText(path: string): string {
  if (path.startsWith('/0/public/')) return 'EGeneral:Too many requests';
  return engineEndpoints.has(path.split('/').at(-1) ?? '') ? 'EOrder:Rate limit exceeded' : 'EAPI:Rate limit exceeded';
}
