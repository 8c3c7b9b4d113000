/** Bybit over real HTTP and websockets, as a client without a library sees it. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import { openListener } from '../../support/listener.ts';
import type { Closing, RunningSimulator } from '../../support/simulator.ts';
import { startTestSimulator } from '../../support/simulator.ts';

/** Spot at 0.9996 and the perpetual at 0.9998, known from 01:00; then 0.9990 and 0.9992, known from 02:00. */
export const tapeLines: readonly string[] = [
  '2025-10-09T00:00:00Z,bybit,USDC/USDT,1h,0.9995,0.9997,0.9994,0.9996,1000',
  '2025-10-09T00:00:00Z,bybit,USDC/USDT:USDT,1h,0.9997,0.9999,0.9996,0.9998,2000',
  '2025-10-09T01:00:00Z,bybit,USDC/USDT,1h,0.9996,0.9996,0.999,0.999,1000',
  '2025-10-09T01:00:00Z,bybit,USDC/USDT:USDT,1h,0.9998,0.9998,0.9992,0.9992,2000',
];

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly code: number;
  readonly message: string;
  readonly result: Row;
  readonly extInfo: Row;
}

export interface Bybit {
  readonly simulator: RunningSimulator;
  get(path: string, query?: Readonly<Record<string, string | number>>): Promise<Reply>;
  post(path: string, body: unknown): Promise<Reply>;
  /** The `list` of a query that must succeed. */
  list(path: string, query?: Readonly<Record<string, string | number>>): Promise<Row[]>;
  /** Signed as given, whatever it is. */
  send(
    method: 'GET' | 'POST',
    path: string,
    payload: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Reply>;
}

export interface BybitOptions {
  /** Of the venue's section of the configuration. */
  readonly venue?: Readonly<Record<string, unknown>>;
  readonly wallMs?: () => number;
}

const usual = { rateLimits: false, funding: { kind: 'constant', rate: '0.0001', intervalHours: 8 } };

export async function startBybit(closing: Closing, options: BybitOptions = {}): Promise<Bybit> {
  const wallMs = options.wallMs ?? Date.now;
  const simulator = await startTestSimulator(closing, {
    venues: { bybit: { ...usual, ...options.venue } },
    tapeLines,
    wallMs,
  });
  const send: Bybit['send'] = async (method, path, payload, headers = {}) => {
    const { rest, credentials } = simulator.address('bybit');
    const time = String(wallMs());
    const signed = createHmac('sha256', credentials.secret).update(`${time}${credentials.apiKey}5000${payload}`);
    const response = await fetch(`${rest}${path}${method === 'GET' && payload !== '' ? `?${payload}` : ''}`, {
      method,
      headers: {
        'x-bapi-api-key': credentials.apiKey,
        'x-bapi-timestamp': time,
        'x-bapi-recv-window': '5000',
        'x-bapi-sign': signed.digest('hex'),
        ...headers,
      },
      ...(method === 'POST' ? { body: payload } : {}),
    });
    return replyOf(response);
  };
  const get: Bybit['get'] = (path, query = {}) =>
    send(
      'GET',
      path,
      Object.entries(query)
        .map(([name, value]) => `${name}=${value}`)
        .join('&'),
    );
  return {
    simulator,
    send,
    get,
    post: (path, body) => send('POST', path, JSON.stringify(body)),
    async list(path, query) {
      const { code, message, result } = await get(path, query);
      assert.equal(code, 0, message);
      return rows(result['list']);
    },
  };
}

async function replyOf(response: Response): Promise<Reply> {
  const body = row(await response.json());
  return {
    status: response.status,
    headers: response.headers,
    code: Number(body['retCode']),
    message: String(body['retMsg']),
    result: row(body['result']),
    extInfo: row(body['retExtInfo']),
  };
}

export const perpetual = { category: 'linear', symbol: 'USDCUSDT' } as const;
export const pair = { category: 'spot', symbol: 'USDCUSDT' } as const;

/** Connected when it resolves; closed with the test. */
export function listen(closing: Closing, { simulator }: Bybit, path: string): Promise<Listener> {
  return openListener(closing, `${simulator.address('bybit').ws}${path}`);
}

/** A private connection that has signed in and subscribed. */
export async function listenPrivately(
  closing: Closing,
  bybit: Bybit,
  topics: readonly string[],
  wallMs: () => number = Date.now,
): Promise<Listener> {
  const listener = await listen(closing, bybit, '/v5/private');
  const { apiKey, secret } = bybit.simulator.address('bybit').credentials;
  const expires = wallMs() + 10_000;
  const signature = createHmac('sha256', secret).update(`GET/realtime${expires}`).digest('hex');
  listener.send({ op: 'auth', args: [apiKey, expires, signature] });
  assert.equal((await listener.next(({ op }) => op === 'auth'))['success'], true);
  listener.send({ op: 'subscribe', req_id: 7, args: topics });
  assert.equal((await listener.next(({ op }) => op === 'subscribe'))['success'], true);
  return listener;
}
