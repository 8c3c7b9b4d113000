/** Kraken Futures over real HTTP and websockets, as a client without a library sees it. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import { openListener } from '../../support/listener.ts';
import type { Closing, RunningSimulator } from '../../support/simulator.ts';
import { startTestSimulator } from '../../support/simulator.ts';

/** 0.9998, known from 01:00, then 0.9992, known from 02:00. The best prices lie a tick to either side. */
const tapeLines: readonly string[] = [
  '2025-10-09T00:00:00Z,krakenfutures,USDC/USD:USD,1h,0.9997,0.9999,0.9996,0.9998,2000',
  '2025-10-09T01:00:00Z,krakenfutures,USDC/USD:USD,1h,0.9998,0.9998,0.9992,0.9992,2000',
];

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** '' on success. */
  readonly error: string;
  readonly body: Row;
}

export type Fields = Readonly<Record<string, string | number | boolean>>;

export interface SignedOptions {
  readonly account?: string;
  readonly nonce?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface KrakenFutures {
  readonly simulator: RunningSimulator;
  /** Paths below `/derivatives/api/v3` unless they begin with a slash. */
  open(path: string, query?: Fields): Promise<Reply>;
  get(path: string, query?: Fields, options?: SignedOptions): Promise<Reply>;
  post(path: string, fields?: Fields, options?: SignedOptions): Promise<Reply>;
  put(path: string, fields: Fields): Promise<Reply>;
  /** What became of an order request that was served. */
  send(fields: Fields): Promise<Row>;
}

export interface KrakenFuturesOptions {
  /** Of the venue's section of the configuration. */
  readonly venue?: Readonly<Record<string, unknown>>;
  readonly wallMs?: () => number;
}

const usual = {
  rateLimits: false,
  instruments: ['USDC/USD:USD'],
  funding: { kind: 'constant', rate: '0.0001', intervalHours: 1 },
};

export async function startKrakenFutures(closing: Closing, options: KrakenFuturesOptions = {}): Promise<KrakenFutures> {
  const simulator = await startTestSimulator(closing, {
    venues: { krakenfutures: { ...usual, ...options.venue } },
    tapeLines,
    ...(options.wallMs === undefined ? {} : { wallMs: options.wallMs }),
  });
  const address = simulator.address('krakenfutures');
  let lastNonce = 1_000_000;
  async function signed(method: string, name: string, fields: Fields, options: SignedOptions = {}): Promise<Reply> {
    lastNonce += 1;
    const nonce = options.nonce ?? String(lastNonce);
    const form = formOf(fields);
    const path = wholePath(name);
    const { apiKey, secret } = address.accounts[options.account ?? 'main'] ?? address.credentials;
    const inBody = method !== 'GET';
    const response = await fetch(`${address.rest}${path}${inBody || form === '' ? '' : `?${form}`}`, {
      method,
      headers: {
        apikey: apiKey,
        nonce,
        authent: signatureOf(secret, form + nonce + path.replace(/^\/derivatives/, '')),
        ...(inBody ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...options.headers,
      },
      ...(inBody ? { body: form } : {}),
    });
    return await replyOf(response);
  }
  const post: KrakenFutures['post'] = (path, fields = {}, given) => signed('POST', path, fields, given);
  return {
    simulator,
    post,
    open: async (path, query = {}) => replyOf(await fetch(`${address.rest}${wholePath(path)}?${formOf(query)}`)),
    get: (path, query = {}, given) => signed('GET', path, query, given),
    put: (path, fields) => signed('PUT', path, fields),
    async send(fields) {
      const { error, body } = await post('sendorder', fields);
      assert.equal(error, '');
      return row(body['sendStatus']);
    },
  };
}

function wholePath(path: string): string {
  return path.startsWith('/') ? path : `/derivatives/api/v3/${path}`;
}

function formOf(fields: Fields): string {
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]);
  return new URLSearchParams(pairs).toString();
}

function signatureOf(secret: string, text: string): string {
  const digest = createHash('sha256').update(text).digest();
  return createHmac('sha512', Buffer.from(secret, 'base64')).update(digest).digest('base64');
}

async function replyOf(response: Response): Promise<Reply> {
  const body = row(await response.json());
  const { error = '' } = body;
  assert.ok(typeof error === 'string');
  return { status: response.status, headers: response.headers, error, body };
}

/** 100 contracts of a USDC each, far below the market. */
export const resting = { symbol: 'PF_USDCUSD', side: 'buy', orderType: 'lmt', size: 100, limitPrice: 0.9 } as const;
/** 1,000 at the best bid. */
export const taking = { ...resting, side: 'sell', orderType: 'ioc', size: 1000, limitPrice: 0.99 } as const;

/** The id of an order that is placed. */
export async function placed(exchange: KrakenFutures, fields: Fields = {}): Promise<string> {
  const { status, order_id: id } = await exchange.send({ ...resting, ...fields });
  assert.equal(status, 'placed');
  return String(id);
}

export async function openIds(exchange: KrakenFutures, account = 'main'): Promise<unknown[]> {
  const { body } = await exchange.get('openorders', {}, { account });
  return rows(body['openOrders']).map((order) => order['order_id']);
}

export async function listen(closing: Closing, { simulator }: KrakenFutures): Promise<Listener> {
  const listener = await openListener(closing, `${simulator.address('krakenfutures').ws}/ws/v1`);
  assert.deepEqual(await listener.next(({ event }) => event === 'info'), { event: 'info', version: 1 });
  return listener;
}

/** The fields that a subscription to a private feed needs, for one account's key. */
export async function answerChallenge(
  { simulator }: KrakenFutures,
  listener: Listener,
  account = 'main',
): Promise<Row> {
  const address = simulator.address('krakenfutures');
  const { apiKey, secret } = address.accounts[account] ?? address.credentials;
  listener.send({ event: 'challenge', api_key: apiKey });
  const { message } = await listener.next(({ event }) => event === 'challenge');
  const challenge = String(message);
  return { api_key: apiKey, original_challenge: challenge, signed_challenge: signatureOf(secret, challenge) };
}
