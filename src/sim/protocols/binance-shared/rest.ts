/** Requests into replies: routing, limits, keys, headers. The endpoints themselves are each venue's. */
import type { Protocol, ProtocolContext, RestReply, RestRequest } from '../protocol.ts';
import { apiKeyOf, checkSignature, credentialsOf, signedRequestText } from './authentication.ts';
import type { BinanceCall, Endpoint, Endpoints, Parameters } from './call.ts';
import { BinanceError, failed, rejectedKey, tooManyRequests } from './errors.ts';
import type { Limits } from './limits.ts';
import { parametersOf } from './parameters.ts';

export interface RestOptions {
  readonly context: ProtocolContext;
  readonly endpoints: Endpoints;
  readonly limits: Limits;
  /** Of `/sapi`, which counts apart. */
  readonly walletLimits: Limits;
  readonly weightPerMinute: number;
  readonly unknownPath: (request: RestRequest) => BinanceError;
}

export type Rest = Pick<Protocol, 'handle' | 'rateLimited' | 'internalError'>;

export function createRest(options: RestOptions): Rest {
  const endpoints = new Map(Object.entries(options.endpoints));
  const limitsOf = ({ path }: RestRequest): Limits =>
    path.startsWith('/sapi/') ? options.walletLimits : options.limits;
  const headersOf = (request: RestRequest): Record<string, string> =>
    limitsOf(request).weightHeaders(request.remoteAddress, request.executedAtMs);
  return {
    handle(request) {
      const endpoint = endpoints.get(`${request.method} ${request.path}`);
      try {
        const reply = serve(options.context, limitsOf(request), endpoint, request, options.unknownPath);
        return { ...reply, headers: { ...headersOf(request), ...reply.headers } };
      } catch (error) {
        if (!(error instanceof BinanceError)) throw error;
        const reply = failed(error);
        return { ...reply, headers: { ...headersOf(request), ...reply.headers } };
      }
    },
    rateLimited(request, retryAfterMs) {
      const reply = failed(tooManyRequests(options.weightPerMinute, retryAfterMs));
      return { ...reply, headers: { ...headersOf(request), ...reply.headers } };
    },
    internalError: () =>
      failed(new BinanceError(-1000, 'An unknown error occurred while processing the request.', 500)),
  };
}

function serve(
  context: ProtocolContext,
  limits: Limits,
  endpoint: Endpoint | undefined,
  request: RestRequest,
  unknownPath: RestOptions['unknownPath'],
): RestReply {
  const { executedAtMs, remoteAddress } = request;
  if (endpoint === undefined) {
    limits.takeWeight(remoteAddress, 1, executedAtMs);
    throw unknownPath(request);
  }
  const params = parametersOf(request);
  limits.takeWeight(remoteAddress, evaluated(endpoint.weight, params), executedAtMs);
  const call = callOf(context, endpoint, request, params);
  const orders = evaluated(endpoint.orders ?? 0, params);
  limits.checkOrders(call.account, orders, executedAtMs);
  const body = endpoint.handle(call);
  if (orders === 0) return { status: 200, body };
  limits.countOrders(call.account, orders, executedAtMs);
  return { status: 200, body, headers: limits.orderHeaders(call.account, executedAtMs) };
}

export function evaluated(stated: number | ((params: Parameters) => number), params: Parameters): number {
  return typeof stated === 'number' ? stated : stated(params);
}

/** Who asks, if the endpoint wants to know. @throws BinanceError */
function callOf(context: ProtocolContext, endpoint: Endpoint, request: RestRequest, params: Parameters): BinanceCall {
  const { executedAtMs, ignoreExpiry } = request;
  const credentials = endpoint.access === 'public' ? null : credentialsOf(context, apiKeyOf(request));
  if (credentials !== null && (endpoint.access === 'read' || endpoint.access === 'trade')) {
    checkSignature(credentials, { text: signedRequestText(request), params, executedAtMs, ignoreExpiry });
    if (!credentials.permissions.has(endpoint.access)) throw rejectedKey();
  }
  return {
    params,
    account: credentials?.account ?? '',
    credentials,
    nowMs: context.exchange.advance(),
    wallMs: executedAtMs,
  };
}
