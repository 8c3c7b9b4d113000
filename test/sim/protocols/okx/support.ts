/** OKX over real HTTP and websockets, as a client without a library sees it. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import { openListener } from '../../support/listener.ts';
import type { Closing, RunningSimulator } from '../../support/simulator.ts';
import { startTestSimulator } from '../../support/simulator.ts';

/** Spot at 0.9996 and the swap at 0.9998, known from 01:00; then 0.9990 and 0.9992, known from 02:00. */
const tapeLines: readonly string[] = [
  '2025-10-09T00:00:00Z,okx,USDC/USDT,1h,0.9995,0.9997,0.9994,0.9996,1000',
  '2025-10-09T00:00:00Z,okx,USDC/USDT:USDT,1h,0.9997,0.9999,0.9996,0.9998,2000',
  '2025-10-09T01:00:00Z,okx,USDC/USDT,1h,0.9996,0.9996,0.999,0.999,1000',
  '2025-10-09T01:00:00Z,okx,USDC/USDT:USDT,1h,0.9998,0.9998,0.9992,0.9992,2000',
];

export interface Reply {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly data: Row[];
}

export interface Okx {
  readonly simulator: RunningSimulator;
  get(path: string, query?: Readonly<Record<string, string | number>>): Promise<Reply>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** The rows of a query that must succeed. */
  list(path: string, query?: Readonly<Record<string, string | number>>): Promise<Row[]>;
  /** Sends one order and returns its own outcome. */
  order(order: Row, headers?: Readonly<Record<string, string>>): Promise<Row>;
  /** Signed as given, whatever it is. @param path with its query */
  send(method: 'GET' | 'POST', path: string, body: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
}

export interface OkxOptions {
  /** Of the venue's section of the configuration. */
  readonly venue?: Readonly<Record<string, unknown>>;
  readonly wallMs?: () => number;
}

const usual = { rateLimits: false, funding: { kind: 'constant', rate: '0.0001', intervalHours: 8 } };

export const swap = { instId: 'USDC-USDT-SWAP', tdMode: 'cross' } as const;
export const pair = { instId: 'USDC-USDT', tdMode: 'cash' } as const;

export function hmac(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64');
}

export async function startOkx(closing: Closing, options: OkxOptions = {}): Promise<Okx> {
  const wallMs = options.wallMs ?? Date.now;
  const venues = { okx: { ...usual, ...options.venue } };
  const simulator = await startTestSimulator(closing, { venues, tapeLines, wallMs });
  const send: Okx['send'] = async (method, path, body, headers = {}) => {
    const { rest, credentials } = simulator.address('okx');
    const time = new Date(wallMs()).toISOString();
    const target = `/api/v5/${path}`;
    const response = await fetch(`${rest}${target}`, {
      method,
      headers: {
        'OK-ACCESS-KEY': credentials.apiKey,
        'OK-ACCESS-PASSPHRASE': credentials.password ?? '',
        'OK-ACCESS-TIMESTAMP': time,
        'OK-ACCESS-SIGN': hmac(credentials.secret, `${time}${method}${target}${body}`),
        ...(method === 'POST' ? { 'Content-Type': 'application/json' } : {}),
        ...headers,
      },
      ...(method === 'POST' ? { body } : {}),
    });
    const answer = row(await response.json());
    return {
      status: response.status,
      code: String(answer['code']),
      message: String(answer['msg']),
      data: rows(answer['data']),
    };
  };
  const get: Okx['get'] = (path, query = {}) => {
    const words = Object.entries(query).map(([name, value]) => `${name}=${value}`);
    return send('GET', words.length === 0 ? path : `${path}?${words.join('&')}`, '');
  };
  const post: Okx['post'] = (path, body, headers) => send('POST', path, JSON.stringify(body), headers);
  return {
    simulator,
    send,
    get,
    post,
    async list(path, query) {
      const { code, message, data } = await get(path, query);
      assert.equal(code, '0', message);
      return data;
    },
    async order(order, headers) {
      const { code, message, data } = await post('trade/order', order, headers);
      const [outcome] = data;
      assert.ok(outcome !== undefined, message);
      assert.equal(code, outcome['sCode'] === '0' ? '0' : '1');
      return outcome;
    },
  };
}

export function pick(value: Row | undefined, ...names: readonly string[]): unknown[] {
  return names.map((name) => value?.[name]);
}

/** Connected when it resolves; closed with the test. */
export async function listen(closing: Closing, { simulator }: Okx, route: string): Promise<Listener> {
  return await openListener(closing, `${simulator.address('okx').ws}/ws/v5/${route}`);
}

export async function subscribe(listener: Listener, ...args: readonly Row[]): Promise<void> {
  listener.send({ op: 'subscribe', args });
  for (const argument of args) {
    const { event, arg } = await listener.next(({ event: kind }) => kind === 'subscribe' || kind === 'error');
    assert.deepEqual([event, arg], ['subscribe', argument]);
  }
}

/** A private connection that has logged in. */
export async function listenPrivately(closing: Closing, okx: Okx, wallMs: () => number = Date.now): Promise<Listener> {
  const listener = await listen(closing, okx, 'private');
  listener.send({ op: 'login', args: [loginArgument(okx, wallMs())] });
  const { event, code } = await listener.next(({ event: kind }) => kind === 'login' || kind === 'error');
  assert.deepEqual([event, code], ['login', '0']);
  return listener;
}

export function loginArgument({ simulator }: Okx, wallMs: number): Readonly<Record<string, string>> {
  const { apiKey, secret, password = '' } = simulator.address('okx').credentials;
  const timestamp = String(Math.floor(wallMs / 1000));
  return { apiKey, passphrase: password, timestamp, sign: hmac(secret, `${timestamp}GET/users/self/verify`) };
}

/** The next message of a channel. */
export async function heard(listener: Listener, channel: string, fits?: (message: Row) => boolean): Promise<Row> {
  return await listener.next(
    (message) => 'data' in message && row(message['arg'])['channel'] === channel && (fits?.(message) ?? true),
  );
}

/** The first row of the next message of a channel. */
export async function heardRow(listener: Listener, channel: string, fits?: (first: Row) => boolean): Promise<Row> {
  const message = await heard(listener, channel, ({ data }) => {
    const [first] = rows(data);
    return first !== undefined && (fits?.(first) ?? true);
  });
  const [first] = rows(message['data']);
  assert.ok(first !== undefined);
  return first;
}
