/** Binance USDⓈ-M (`/fapi`): REST routing, keys and signatures. */
import type { CreateProtocol, Credentials, ProtocolContext, RestReply, RestRequest } from '../protocol.ts';
import { header, hmacSha256, signatureMatches } from '../protocol.ts';
import { accountHandlers } from './account.ts';
import type { DeadMan } from '../dead-man.ts';
import { createDeadMan } from '../dead-man.ts';
import { BinanceError, failed, missing } from './errors.ts';
import { publicHandlers } from './market.ts';
import { orderHandlers } from './orders.ts';
import type { BinanceHandler } from './parameters.ts';
import { integerOrNull, required, requiredMarket } from './parameters.ts';
import { createBinanceStreams } from './streams.ts';

/** How far ahead of the server a request's timestamp may be. */
const aheadMs = 1000;

interface Handlers {
  readonly open: ReadonlyMap<string, BinanceHandler>;
  /** Need the key alone. */
  readonly keyed: ReadonlyMap<string, BinanceHandler>;
  readonly signed: ReadonlyMap<string, BinanceHandler>;
}

export const createBinanceUsdmProtocol: CreateProtocol = (context) => {
  const streams = createBinanceStreams(context);
  const deadMan = createDeadMan(context);
  const handlers: Handlers = {
    open: new Map(Object.entries(publicHandlers(context))),
    keyed: new Map(Object.entries(streams.handlers)),
    signed: new Map(
      Object.entries({
        ...orderHandlers(context),
        ...accountHandlers(context),
        ...countdownHandlers(context, deadMan),
      }),
    ),
  };
  const weight = createWeightCounter();
  return {
    handle(request) {
      const headers = { 'x-mbx-used-weight-1m': String(weight(request.executedAtMs)) };
      try {
        return { ...route(context, handlers, request), headers };
      } catch (error) {
        if (error instanceof BinanceError) return { ...failed(error), headers };
        throw error;
      }
    },
    rateLimited: (request, retryAfterMs) => ({
      ...failed(new BinanceError(-1003, 'Too many requests; please use the websocket for live updates.', 429)),
      headers: {
        'x-mbx-used-weight-1m': String(weight(request.executedAtMs)),
        'retry-after': String(Math.ceil(retryAfterMs / 1000)),
      },
    }),
    internalError: () =>
      failed(new BinanceError(-1000, 'An unknown error occurred while processing the request.', 500)),
    connect: (socket, path) => streams.connect(socket, path),
    tick(wallMs) {
      deadMan.tick(wallMs);
      streams.tick(wallMs);
    },
  };
};

/** Cancels the open orders of a symbol unless it is called again in time. */
function countdownHandlers(context: ProtocolContext, deadMan: DeadMan): Record<string, BinanceHandler> {
  return {
    'POST countdownCancelAll': (call) => {
      const { instrument } = requiredMarket(context, call);
      required(call, 'countdownTime');
      const countdownMs = integerOrNull(call, 'countdownTime') ?? 0;
      deadMan.arm(call.account, instrument.id, countdownMs === 0 ? null : call.wallMs + countdownMs);
      return { symbol: instrument.id, countdownTime: String(countdownMs) };
    },
  };
}

/** Requests in the present minute of wall time. */
function createWeightCounter(): (wallMs: number) => number {
  let minute = 0;
  let used = 0;
  return (wallMs) => {
    const present = Math.floor(wallMs / 60_000);
    used = present === minute ? used + 1 : 1;
    minute = present;
    return used;
  };
}

/** `/fapi/v1/order` is `order`; other versions keep theirs: `v3/account`. */
function handlerName(request: RestRequest): string | null {
  const match = /^\/fapi\/v(\d)\/([A-Za-z0-9/]+)$/.exec(request.path);
  if (match === null) return null;
  return `${request.method} ${match[1] === '1' ? '' : `v${match[1]}/`}${match[2]}`;
}

function route(context: ProtocolContext, handlers: Handlers, request: RestRequest): RestReply {
  const name = handlerName(request) ?? '';
  const handler = handlers.open.get(name) ?? handlers.keyed.get(name) ?? handlers.signed.get(name);
  if (handler === undefined) {
    throw new BinanceError(-5000, `Path ${request.path}, Method ${request.method} is invalid`, 404);
  }
  const params = parameters(request);
  let account = '';
  if (handlers.keyed.has(name)) account = credentialsOf(context, request).account;
  if (handlers.signed.has(name)) account = authenticate(context, request, params).account;
  const call = { params, account, nowMs: context.exchange.advance(), wallMs: request.executedAtMs };
  return { status: 200, body: handler(call) };
}

function parameters(request: RestRequest): Record<string, string> {
  return {
    ...Object.fromEntries(new URLSearchParams(request.rawQuery)),
    ...Object.fromEntries(new URLSearchParams(request.body)),
  };
}

/** @throws BinanceError -2014, -2015 */
function credentialsOf(context: ProtocolContext, request: RestRequest): Credentials {
  const apiKey = header(request, 'x-mbx-apikey');
  if (apiKey === '') throw new BinanceError(-2014, 'API-key format invalid.', 401);
  const credentials = context.credentials.find((candidate) => candidate.apiKey === apiKey);
  if (credentials === undefined) {
    throw new BinanceError(-2015, 'Invalid API-key, IP, or permissions for action.', 401);
  }
  return credentials;
}

/** The order of the checks: key, window, signature. @throws BinanceError -2014, -2015, -1102, -1021, -1022 */
function authenticate(
  context: ProtocolContext,
  request: RestRequest,
  params: Readonly<Record<string, string>>,
): Credentials {
  const credentials = credentialsOf(context, request);
  const { timestamp = '', recvWindow = '5000', signature = '' } = params;
  if (!/^\d{1,15}$/.test(timestamp)) throw missing('timestamp');
  if (!/^\d{1,5}(\.\d+)?$/.test(recvWindow) || Number(recvWindow) > 60_000) {
    throw new BinanceError(-1131, 'recvWindow must be less than 60000.');
  }
  if (signature === '') throw missing('signature');
  const sentAtMs = Number(timestamp);
  if (!request.ignoreExpiry && sentAtMs >= request.executedAtMs + aheadMs) {
    throw new BinanceError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.");
  }
  if (!request.ignoreExpiry && request.executedAtMs - sentAtMs > Number(recvWindow)) {
    throw new BinanceError(-1021, 'Timestamp for this request is outside of the recvWindow.');
  }
  const signed = signedText(request.rawQuery) + signedText(request.body);
  if (!signatureMatches(hmacSha256(credentials.secret, signed), signature)) {
    throw new BinanceError(-1022, 'Signature for this request is not valid.');
  }
  return credentials;
}

/** Everything but the signature, as it was sent. */
function signedText(text: string): string {
  return text
    .split('&')
    .filter((part) => !part.startsWith('signature='))
    .join('&');
}
