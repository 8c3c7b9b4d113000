/** OKX v5: REST routing, signatures and limits, beside its websockets. */
import type { CreateProtocol, Credentials, RestReply, RestRequest } from '../protocol.ts';
import { header } from '../protocol.ts';
import { createDeadMan } from '../dead-man.ts';
import { accountHandlers } from './account.ts';
import { authenticate, requirePermission } from './authentication.ts';
import type { OkxCall, OkxHandler, OkxParameters } from './call.ts';
import { parametersOf } from './call.ts';
import { failed, OkxError, parameterError, tooManyRequests } from './errors.ts';
import { createLedgers } from './ledger.ts';
import { publicHandlers } from './market.ts';
import { checkLimits, createRateLimits } from './rate-limits.ts';
import { createOkxStreams } from './streams.ts';
import { tradingHandlers } from './trading.ts';

const prefix = '/api/v5/';

export const createOkxProtocol: CreateProtocol = (context) => {
  const ledgers = createLedgers();
  for (const account of context.exchange.state.accounts.values()) ledgers.of(account);
  const deadMan = createDeadMan(context);
  context.exchange.onTransaction(() => ledgers.update());
  const open = new Map(Object.entries(publicHandlers(context)));
  const signed = new Map(
    Object.entries({
      ...tradingHandlers({ context, ledgers, deadMan }),
      ...accountHandlers(context, ledgers),
    }),
  );
  const limits = createRateLimits();
  const streams = createOkxStreams({ context, ledgers, limits });
  const serve = (request: RestRequest): RestReply => {
    const { open: isOpen, handler, name } = route(open, signed, request);
    const credentials = isOpen ? null : authenticate(context.credentials, request);
    if (credentials !== null) requirePermission(credentials, request.method === 'POST' ? 'trade' : 'read');
    const call = callOf(request, credentials, context.exchange.advance());
    if (context.enforceRateLimits) {
      const { account, wallMs, params, items } = call;
      const counted = request.method === 'POST' ? items : [params];
      checkLimits(limits, name, { items: counted, account, address: request.remoteAddress, wallMs });
    }
    return { status: 200, body: handler(call) };
  };
  return {
    handle(request) {
      try {
        return serve(request);
      } catch (error) {
        if (error instanceof OkxError) return failed(error);
        throw error;
      }
    },
    rateLimited: () => failed(tooManyRequests),
    internalError: () => failed(new OkxError('50026', 'System error. Try again later', { status: 500 })),
    connect: (socket, path) => streams.connect(socket, path),
    tick(wallMs) {
      deadMan.tick(wallMs);
      streams.tick(wallMs);
    },
  };
};

/** @throws OkxError 404, 50115 */
function route(
  open: ReadonlyMap<string, OkxHandler>,
  signed: ReadonlyMap<string, OkxHandler>,
  { method, path }: RestRequest,
): { readonly open: boolean; readonly handler: OkxHandler; readonly name: string } {
  const endpoint = path.startsWith(prefix) ? path.slice(prefix.length) : '';
  const name = `${method} ${endpoint}`;
  const handler = open.get(name) ?? signed.get(name);
  if (handler !== undefined) return { open: open.has(name), handler, name };
  const other = `${method === 'GET' ? 'POST' : 'GET'} ${endpoint}`;
  if (open.has(other) || signed.has(other)) throw new OkxError('50115', 'Invalid request method.', { status: 405 });
  throw new OkxError('404', 'Not Found', { status: 404 });
}

function callOf(request: RestRequest, credentials: Credentials | null, nowMs: number): OkxCall {
  const items = request.method === 'POST' ? bodyItems(request) : [];
  return {
    params: request.method === 'POST' ? (items[0] ?? new Map()) : queryParameters(request.rawQuery),
    items,
    account: credentials?.account ?? '',
    permissions: credentials?.permissions ?? new Set(),
    nowMs,
    wallMs: request.executedAtMs,
    expiresAtMs: request.ignoreExpiry ? null : expiryOf(request),
  };
}

function queryParameters(rawQuery: string): OkxParameters {
  return new Map([...new URLSearchParams(rawQuery)].filter(([, value]) => value !== ''));
}

/** One object, or a list of them for batches. @throws OkxError 50006, 50000, 50002 */
function bodyItems(request: RestRequest): OkxParameters[] {
  const type = header(request, 'content-type');
  if (!/application\/json/i.test(type)) {
    throw new OkxError('50006', 'Invalid Content-Type. Please use "application/JSON".', { status: 400 });
  }
  if (request.body === '') throw new OkxError('50000', 'Body for POST request cannot be empty.', { status: 400 });
  const syntaxError = (): OkxError => new OkxError('50002', 'JSON syntax error', { status: 400 });
  let parsed: unknown;
  try {
    parsed = JSON.parse(request.body);
  } catch {
    throw syntaxError();
  }
  const isBatch = /\/(batch-orders|cancel-batch-orders)$/.test(request.path);
  const items: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  if (isBatch !== Array.isArray(parsed) || items.length === 0) throw syntaxError();
  return items.map(parametersOf);
}

/** The header of order requests that says until when they may be executed, wall time. @throws OkxError 51000 */
function expiryOf(request: RestRequest): number | null {
  const text = header(request, 'exptime');
  if (text === '') return null;
  if (!/^\d{13}$/.test(text)) throw parameterError('expTime');
  return Number(text);
}
