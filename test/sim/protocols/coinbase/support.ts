/** Coinbase Advanced Trade over real HTTP and websockets, as a client without a library sees it. */
import assert from 'node:assert/strict';
import { createHmac, sign } from 'node:crypto';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import { openListener } from '../../support/listener.ts';
import type { Closing, RunningSimulator } from '../../support/simulator.ts';
import { startTestSimulator } from '../../support/simulator.ts';

/** 0.9996, known from 01:00, then 0.9990, known from 02:00. The best prices lie a tick to either side. */
const tapeLines: readonly string[] = [
  '2025-10-09T00:00:00Z,coinbase,USDT/USD,1h,0.9995,0.9997,0.9994,0.9996,1000',
  '2025-10-09T01:00:00Z,coinbase,USDT/USD,1h,0.9996,0.9996,0.999,0.999,1000',
];

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Empty where the answer is plain text. */
  readonly body: Row;
}

export interface SignedOptions {
  readonly account?: string;
  /** In place of what the token usually claims. */
  readonly claims?: Row;
  readonly head?: Row;
  /** In place of the token. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Coinbase {
  readonly simulator: RunningSimulator;
  /** Paths below `/api/v3/brokerage` unless they begin with a slash. */
  open(path: string): Promise<Reply>;
  get(path: string, options?: SignedOptions): Promise<Reply>;
  /** A body that is text goes as it is. */
  post(path: string, body: unknown, options?: SignedOptions): Promise<Reply>;
  /** A token for websockets. */
  token(options?: SignedOptions): string;
}

export interface CoinbaseOptions {
  /** Of the venue's section of the configuration. */
  readonly venue?: Readonly<Record<string, unknown>>;
  readonly wallMs?: () => number;
}

const usual = {
  rateLimits: false,
  instruments: ['USDT/USD'],
  accounts: [{ name: 'main', takerFeeBps: '60', makerFeeBps: '40' }],
};

export async function startCoinbase(closing: Closing, options: CoinbaseOptions = {}): Promise<Coinbase> {
  const wallMs = options.wallMs ?? Date.now;
  const simulator = await startTestSimulator(closing, {
    venues: { coinbase: { ...usual, ...options.venue } },
    tapeLines,
    wallMs,
  });
  const address = simulator.address('coinbase');
  const tokenFor = (uri: string | null, { account = 'main', claims, head }: SignedOptions): string => {
    const { apiKey, secret } = address.accounts[account] ?? address.credentials;
    const seconds = Math.floor(wallMs() / 1000);
    const claimed = { iss: 'cdp', sub: apiKey, nbf: seconds, exp: seconds + 120, ...(uri === null ? {} : { uri }) };
    return signedToken(secret, { alg: 'ES256', kid: apiKey, ...head }, { ...claimed, ...claims });
  };
  async function signed(method: string, name: string, body: string | null, given: SignedOptions): Promise<Reply> {
    const target = wholePath(name);
    const uri = `${method} api.coinbase.com${target.split('?')[0]}`;
    const response = await fetch(`${address.rest}${target}`, {
      method,
      headers: given.headers ?? { authorization: `Bearer ${tokenFor(uri, given)}` },
      ...(body === null ? {} : { body }),
    });
    return await replyOf(response);
  }
  return {
    simulator,
    token: (given = {}) => tokenFor(null, given),
    open: async (path) => replyOf(await fetch(`${address.rest}${wholePath(path)}`)),
    get: (path, given = {}) => signed('GET', path, null, given),
    post: (path, body, given = {}) =>
      signed('POST', path, typeof body === 'string' ? body : JSON.stringify(body), given),
  };
}

function wholePath(path: string): string {
  return path.startsWith('/') ? path : `/api/v3/brokerage/${path}`;
}

function signedToken(secret: string, head: Row, claims: Row): string {
  const text = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(text), { key: secret, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** The older headers: an HMAC of time, method, path and body. */
export function legacyHeaders(key: string, secret: string, seconds: number, signed: string): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`${seconds}${signed}`).digest('hex');
  return { 'cb-access-key': key, 'cb-access-timestamp': String(seconds), 'cb-access-sign': signature };
}

async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const body = text.startsWith('{') ? row(JSON.parse(text)) : {};
  return { status: response.status, headers: response.headers, body };
}

/** 100 USDT, far below the market. */
export const resting = { product_id: 'USDT-USD', side: 'BUY' } as const;

export function limit(size: string, price: string, postOnly = false): Row {
  return { limit_limit_gtc: { base_size: size, limit_price: price, post_only: postOnly } };
}

let clientIds = 0;

/** A request to create an order, with a client id of its own. */
export function orderOf(configuration: Row, fields: Row = {}): Row {
  clientIds += 1;
  return { ...resting, client_order_id: `order-${clientIds}`, order_configuration: configuration, ...fields };
}

/** The id of an order that is created. */
export async function placed(coinbase: Coinbase, configuration: Row, fields: Row = {}): Promise<string> {
  const { status, body } = await coinbase.post('orders', orderOf(configuration, fields));
  assert.deepEqual([status, body['success']], [200, true], JSON.stringify(body));
  return String(row(body['success_response'])['order_id']);
}

export async function found(coinbase: Coinbase, id: string): Promise<Row> {
  return row((await coinbase.get(`orders/historical/${id}`)).body['order']);
}

/** `[available, hold]` of a currency. */
export async function wallet(coinbase: Coinbase, currency: string): Promise<unknown[]> {
  const { body } = await coinbase.get('accounts');
  const { available_balance: available, hold } = row(
    rows(body['accounts']).find((own) => own['currency'] === currency),
  );
  return [row(available)['value'], row(hold)['value']];
}

export async function listen(closing: Closing, { simulator }: Coinbase): Promise<Listener> {
  return await openListener(closing, simulator.address('coinbase').ws);
}
