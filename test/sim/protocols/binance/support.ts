/** Binance spot and USDⓈ-M over real HTTP and websockets, as a client without a library sees them. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import { openListener } from '../../support/listener.ts';
import type { Closing, RunningSimulator } from '../../support/simulator.ts';
import { startTestSimulator } from '../../support/simulator.ts';

export type BinanceVenue = 'binance' | 'binanceusdm';
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** Spot at 0.9996 and the perpetual at 0.9998, known from 01:00; then 0.9999 and 0.9992, known from 02:00. */
const tapeLines: readonly string[] = [
  '2025-10-09T00:00:00Z,binance,USDC/USDT,1h,0.9995,0.9997,0.9994,0.9996,1000',
  '2025-10-09T00:00:00Z,binanceusdm,USDC/USDT:USDT,1h,0.9997,0.9999,0.9996,0.9998,2000',
  '2025-10-09T01:00:00Z,binance,USDC/USDT,1h,0.9996,0.9999,0.9996,0.9999,1000',
  '2025-10-09T01:00:00Z,binanceusdm,USDC/USDT:USDT,1h,0.9998,0.9998,0.9992,0.9992,2000',
];

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  /** 0 when it succeeded. */
  readonly code: number;
}

export interface Binance {
  readonly venue: BinanceVenue;
  readonly simulator: RunningSimulator;
  /** Signed by the first account unless keys are given. */
  signed(method: Method, path: string, params?: Parameters, keys?: Keys): Promise<Reply>;
  /** With the key alone, or with nothing. */
  plain(method: Method, path: string, params?: Parameters, apiKey?: string): Promise<Reply>;
  /** What a signed request answers; it must succeed. */
  ask(method: Method, path: string, params?: Parameters): Promise<Row>;
  list(method: Method, path: string, params?: Parameters): Promise<Row[]>;
}

export interface Keys {
  readonly apiKey: string;
  readonly secret: string;
}

export interface BinanceOptions {
  /** Of the venue's section of the configuration. */
  readonly venue?: Readonly<Record<string, unknown>>;
  readonly wallMs?: () => number;
}

export async function startBinance(
  closing: Closing,
  venue: BinanceVenue,
  options: BinanceOptions = {},
): Promise<Binance> {
  const wallMs = options.wallMs ?? Date.now;
  const usual = { rateLimits: false, funding: { kind: 'constant', rate: '0.0001', intervalHours: 8 } };
  const simulator = await startTestSimulator(closing, {
    venues: { [venue]: { ...usual, ...options.venue } },
    tapeLines: tapeLines.filter((line) => line.includes(`,${venue},`)),
    wallMs,
  });
  const { rest, credentials } = simulator.address(venue);
  const send = async (method: Method, path: string, query: string, apiKey: string): Promise<Reply> =>
    replyOf(
      await fetch(`${rest}${path}?${query}`, { method, headers: apiKey === '' ? {} : { 'X-MBX-APIKEY': apiKey } }),
    );
  const signed: Binance['signed'] = (method, path, params = {}, keys = credentials) => {
    const query = queryOf({ timestamp: wallMs(), ...params });
    return send(method, path, `${query}&signature=${hmac(keys.secret, query)}`, keys.apiKey);
  };
  const ask: Binance['signed'] = async (method, path, params) => {
    const reply = await signed(method, path, params);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply;
  };
  return {
    venue,
    simulator,
    signed,
    plain: (method, path, params = {}, apiKey = '') => send(method, path, queryOf(params), apiKey),
    ask: async (method, path, params) => row((await ask(method, path, params)).body),
    list: async (method, path, params) => rows((await ask(method, path, params)).body),
  };
}

export function hmac(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

function queryOf(params: Parameters): string {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) found.append(name, String(value));
  return found.toString();
}

async function replyOf(response: Response): Promise<Reply> {
  const body: unknown = await response.json();
  const code = response.ok ? 0 : Number(row(body)['code']);
  return { status: response.status, headers: response.headers, body, code };
}

export function pick(value: Row | undefined, ...names: readonly string[]): unknown[] {
  return names.map((name) => value?.[name]);
}

/** Connected when it resolves; closed with the test. */
export async function listen(closing: Closing, { simulator, venue }: Binance, path: string): Promise<Listener> {
  return await openListener(closing, `${simulator.address(venue).ws}${path}`);
}

export async function subscribe(listener: Listener, ...names: readonly string[]): Promise<void> {
  listener.send({ method: 'SUBSCRIBE', params: names, id: 1 });
  assert.deepEqual(await listener.next(({ id }) => id === 1), { result: null, id: 1 });
}

/** Messages of one kind. */
export function kindIs(kind: string): (message: Row) => boolean {
  return ({ e }) => e === kind;
}

/** Prices and quantities of a book, by side and price. */
export function applyLevels(book: Map<string, unknown>, side: string, levels: unknown): void {
  assert.ok(Array.isArray(levels));
  for (const level of levels) {
    assert.ok(Array.isArray(level));
    const [price, quantity] = level.map(String);
    if (Number(quantity) === 0) book.delete(`${side} ${price}`);
    else book.set(`${side} ${price}`, quantity);
  }
}
