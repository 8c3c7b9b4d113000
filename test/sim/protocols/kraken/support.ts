/** Kraken's spot exchange over real HTTP and websockets, as a client without a library sees it. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import type { Row } from '../../support/json.ts';
import { row } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import { openListener } from '../../support/listener.ts';
import type { Closing, RunningSimulator } from '../../support/simulator.ts';
import { startTestSimulator } from '../../support/simulator.ts';

/** 0.9996, known from 01:00, then 0.9990, known from 02:00. The best prices lie a tick to either side. */
const tapeLines: readonly string[] = [
  '2025-10-09T00:00:00Z,kraken,USDC/USD,1h,0.9995,0.9997,0.9994,0.9996,1000',
  '2025-10-09T01:00:00Z,kraken,USDC/USD,1h,0.9996,0.9996,0.999,0.999,1000',
];

export interface Reply {
  /** The only one, or '' on success. */
  readonly error: string;
  /** Empty on failure. */
  readonly result: Row;
}

export type Fields = Readonly<Record<string, string | number | boolean>>;

export interface SignedOptions {
  readonly account?: string;
  readonly nonce?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the form of the fields. */
  readonly body?: string;
}

export interface Kraken {
  readonly simulator: RunningSimulator;
  open(name: string, query?: Fields): Promise<Reply>;
  signed(name: string, fields?: Fields, options?: SignedOptions): Promise<Reply>;
  /** The result of a signed request that must succeed. */
  done(name: string, fields?: Fields): Promise<Row>;
}

export interface KrakenOptions {
  /** Of the venue's section of the configuration. */
  readonly venue?: Readonly<Record<string, unknown>>;
  readonly wallMs?: () => number;
}

const usual = { rateLimits: false, instruments: ['USDC/USD'] };

export async function startKraken(closing: Closing, options: KrakenOptions = {}): Promise<Kraken> {
  const simulator = await startTestSimulator(closing, {
    venues: { kraken: { ...usual, ...options.venue } },
    tapeLines,
    ...(options.wallMs === undefined ? {} : { wallMs: options.wallMs }),
  });
  const address = simulator.address('kraken');
  let lastNonce = 1_000_000;
  const signed: Kraken['signed'] = async (name, fields = {}, { account = 'main', nonce, headers, body } = {}) => {
    lastNonce += 1;
    const stamp = nonce ?? String(lastNonce);
    const form = body ?? formOf({ nonce: stamp, ...fields });
    const { apiKey, secret } = address.accounts[account] ?? address.credentials;
    const path = `/0/private/${name}`;
    const response = await fetch(`${address.rest}${path}`, {
      method: 'POST',
      headers: {
        'content-type': form.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded',
        'api-key': apiKey,
        'api-sign': signatureOf(secret, path, stamp, form),
        ...headers,
      },
      body: form,
    });
    return replyOf(response);
  };
  return {
    simulator,
    signed,
    open: async (name, query = {}) => replyOf(await fetch(`${address.rest}/0/public/${name}?${formOf(query)}`)),
    async done(name, fields) {
      const { error, result } = await signed(name, fields);
      assert.equal(error, '', name);
      return result;
    },
  };
}

function formOf(fields: Fields): string {
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]);
  return new URLSearchParams(pairs).toString();
}

function signatureOf(secret: string, path: string, nonce: string, body: string): string {
  const digest = createHash('sha256').update(`${nonce}${body}`).digest();
  return createHmac('sha512', Buffer.from(secret, 'base64')).update(path).update(digest).digest('base64');
}

/** Every answer is a 200 with the envelope, whatever it says. */
async function replyOf(response: Response): Promise<Reply> {
  assert.equal(response.status, 200);
  const body = row(await response.json());
  const errors = body['error'];
  assert.ok(Array.isArray(errors) && errors.length <= 1);
  return { error: String(errors[0] ?? ''), result: row(body['result'] ?? {}) };
}

/** 100 USDC, far below the market. */
export const resting = { pair: 'USDCUSD', type: 'buy', ordertype: 'limit', volume: '100', price: '0.9' } as const;

export async function placed(kraken: Kraken, fields: Fields = {}): Promise<string> {
  const { txid } = await kraken.done('AddOrder', { ...resting, ...fields });
  assert.ok(Array.isArray(txid) && typeof txid[0] === 'string');
  return txid[0];
}

export async function listen(closing: Closing, { simulator }: Kraken): Promise<Listener> {
  return await openListener(closing, `${simulator.address('kraken').ws}/v2`);
}

/** Subscribed when it resolves. */
export async function subscribe(listener: Listener, params: Row): Promise<Row> {
  listener.send({ method: 'subscribe', params, req_id: 7 });
  const answer = await listener.next(({ method }) => method === 'subscribe');
  assert.deepEqual([answer['success'], answer['req_id'], answer['error']], [true, 7, undefined]);
  return row(answer['result']);
}
