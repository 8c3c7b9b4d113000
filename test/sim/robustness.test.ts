/** Whatever a client sends, a simulated exchange answers in its own envelope and goes on. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';
import * as fc from 'fast-check';
import { WebSocket } from 'ws';
import { isObject } from '../../src/sim/json.ts';
import { venueNames } from '../../src/sim/protocols/registry.ts';
import {
  hostileBody,
  hostileHeaders,
  hostileMessage,
  hostileNumber,
  hostileParams,
  hostilePath,
} from './support/hostile-values.ts';
import { inProcessClient, wanderingTape } from './support/in-process-client.ts';
import { startInProcess } from './support/in-process.ts';
import { row } from './support/json.ts';
import type { Endpoint, RequestSource, SignedRequest } from './support/signed-requests.ts';
import { requestSource } from './support/signed-requests.ts';
import type { RunningSimulator } from './support/simulator.ts';
import { closers, startTestSimulator } from './support/simulator.ts';

const codeAndMessage = (code: 'number' | 'string', names: readonly [string, string]) => (text: string) => {
  const body = jsonOf(text);
  return isObject(body) && typeof body[names[0]] === code && typeof body[names[1]] === 'string';
};

/** Whether the text of a refusal is in the venue's form. A venue that is missing here is held to JSON alone. */
const envelopes: Readonly<Record<string, (text: string) => boolean>> = {
  bybit: codeAndMessage('number', ['retCode', 'retMsg']),
  binance: codeAndMessage('number', ['code', 'msg']),
  binanceusdm: codeAndMessage('number', ['code', 'msg']),
  okx: codeAndMessage('string', ['code', 'msg']),
  kraken(text) {
    const body = jsonOf(text);
    return isObject(body) && Array.isArray(body['error']);
  },
  krakenfutures(text) {
    const body = jsonOf(text);
    return isObject(body) && 'result' in body;
  },
  /** Its gateway refuses keys in plain text. */
  coinbase(text) {
    const body = text === 'Unauthorized\n' || text === 'Unauthorized' ? { error: text } : jsonOf(text);
    return isObject(body) && (typeof body['error'] === 'string' || 'errors' in body);
  },
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const usualOrder = { type: 'limit', side: 'buy', amount: 20, price: 0.999, params: {} } as const;

interface Reply {
  readonly status: number;
  readonly text: string;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });

function send(
  base: string,
  request: Omit<SignedRequest, 'body'> & { body: string | Uint8Array | null },
): Promise<Reply> {
  const { hostname, port } = new URL(base);
  const { target, method, body } = request;
  // Node's client frames no body of a GET or DELETE by itself: what is left would be read as the next request.
  const headers = body === null ? request.headers : { ...request.headers, 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const outgoing = http.request({ agent, hostname, port, path: target, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    outgoing.on('error', reject);
    outgoing.end(body ?? undefined);
  });
}

/** A path that does not exist may be answered by the web server in front: as a page. */
function assertAnswered(venue: string, { status, text }: Reply, what: string): void {
  const shown = `${what}: ${status} ${text.slice(0, 200)}`;
  assert.ok(status >= 200 && status < 500, shown);
  if (status === 404 || status === 405 || status === 413) return;
  const isExpected = status < 400 ? undefined : envelopes[venue];
  assert.ok(isExpected === undefined ? jsonOf(text) !== undefined : isExpected(text), shown);
}

/** Those that are answered in another way than a path that does not exist. */
async function knownEndpoints(source: RequestSource, base: string): Promise<Endpoint[]> {
  const shapeOf = async (request: SignedRequest): Promise<string> => {
    const { status, text } = await send(base, request);
    return `${status} ${text.replaceAll(request.target.split('?')[0] ?? '', '').replaceAll(/\d+/g, '0')}`;
  };
  const unknown = new Map<string, string>();
  const known: Endpoint[] = [];
  for (const endpoint of source.endpoints) {
    const signed = source.sign(endpoint, {});
    const key = `${endpoint.method} ${String(endpoint.section)}`;
    if (!unknown.has(key)) {
      const nothing = source.sign({ ...endpoint, path: 'v5/no/such/path' }, {});
      unknown.set(key, nothing === null ? '' : await shapeOf(nothing));
    }
    if (signed === null || (await shapeOf(signed)) !== unknown.get(key)) known.push(endpoint);
  }
  return known;
}

for (const venue of venueNames) {
  describe(`${venue} under nonsense`, () => {
    const suite = closers();
    const mistakes: unknown[] = [];
    let simulator: RunningSimulator;
    let source: RequestSource;
    let known: Endpoint[];
    let base: string;
    before(async () => {
      simulator = await startTestSimulator(suite, {
        venues: { [venue]: { rateLimits: false } },
        log: (level, message, fields) => void (level === 'error' && mistakes.push({ message, ...fields })),
      });
      const address = simulator.address(venue);
      base = address.rest;
      source = requestSource(venue, address.credentials);
      known = await knownEndpoints(source, base);
    });
    after(() => suite.closeAll());
    const noMistakes = (): void => assert.deepEqual(mistakes.splice(0), []);

    it('knows some of what ccxt calls', () => {
      assert.ok(known.length >= 5, known.map(({ path }) => path).join(' '));
      noMistakes();
    });

    it('answers signed requests with parameters of any kind', async () => {
      const request = fc.nat().chain((choice) => {
        const endpoint = known[choice % known.length];
        assert.ok(endpoint !== undefined);
        const filled = Object.fromEntries([...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, 'x']));
        return hostileParams.map((params) => ({ endpoint, params: { ...filled, ...params } }));
      });
      await fc.assert(
        fc.asyncProperty(request, async ({ endpoint, params }) => {
          const signed = source.sign(endpoint, params);
          if (signed === null || signed.target.length > 12_000) return;
          assertAnswered(venue, await send(base, signed), `${endpoint.method} ${signed.target} ${signed.body ?? ''}`);
          noMistakes();
        }),
        { numRuns: 600 },
      );
    });

    it('answers orders of which some parameters are nonsense', async () => {
      const own: unknown[] = [];
      const simulated = startInProcess({
        venues: [venue],
        tapeLines: wanderingTape([venue]),
        seed: 1,
        log: (level, message, fields) => void (level === 'error' && own.push({ message, ...fields })),
      });
      const client = inProcessClient(simulated, venue, simulated.credentials[0]?.[0] ?? {});
      const symbols = Object.keys(await client.loadMarkets());
      let placed = 0;
      const order = fc.record({
        symbol: fc.constantFrom(...symbols),
        type: fc.constantFrom('limit', 'market'),
        side: fc.constantFrom('buy', 'sell'),
        amount: fc.oneof(fc.constantFrom(20, 150), hostileNumber),
        price: fc.oneof(fc.constantFrom(0.999, 1.001), hostileNumber),
        params: hostileParams,
      });
      await fc.assert(
        fc.asyncProperty(order, async ({ symbol, type, side, amount, price, params }) => {
          const before = simulated.replies.length;
          // What ccxt itself refuses to send, or to read, is not the exchange's affair.
          await client.createOrder(symbol, type, side, amount, price, params).then(
            () => (placed += 1),
            () => undefined,
          );
          await simulated.pass(1000);
          assert.deepEqual(own.splice(0), []);
          for (const line of simulated.replies.slice(before)) {
            const reply = row(JSON.parse(line.slice(line.indexOf('{'))));
            assertAnswered(venue, { status: Number(reply['status']), text: String(reply['body']) }, line.slice(0, 80));
          }
        }),
        { numRuns: 400, examples: [[{ ...usualOrder, symbol: symbols[0] ?? '' }]] },
      );
      assert.ok(placed > 0);
    });

    it('answers unsigned requests with bodies and headers of any kind', async () => {
      const target = fc.oneof(
        hostilePath,
        fc.nat().map((choice) => {
          const endpoint = known[choice % known.length];
          return (endpoint === undefined ? null : source.sign(endpoint, {})?.target) ?? '/';
        }),
      );
      const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS');
      await fc.assert(
        fc.asyncProperty(target, method, hostileHeaders, hostileBody, async (path, verb, headers, body) => {
          const reply = await send(base, { target: path, method: verb, headers, body });
          assertAnswered(venue, reply, `${verb} ${path}`);
          noMistakes();
        }),
        { numRuns: 300 },
      );
    });

    it('takes any websocket message on any path', async () => {
      const path = fc.oneof(
        fc.constantFrom('/', '/v5/public/spot', '/v5/private', '/ws', '/public/ws', '/stream', '/private/ws', '/v2'),
        fc.constantFrom('/ws/usdcusdt@depth', '/stream?streams=usdcusdt@depth/x', '/ws/v5/public', '/ws/v5/private'),
        hostilePath,
      );
      const messages = fc.array(hostileMessage, { minLength: 1, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(path, messages, async (target, frames) => {
          await talk(simulator.address(venue).ws + target, frames);
          noMistakes();
        }),
        { numRuns: 120 },
      );
    });

    it('closes a connection that sends broken text or too much, and serves the next', async () => {
      const address = `${simulator.address(venue).ws}/`;
      const broken = await open(address);
      const closed = new Promise((resolve) => broken.once('close', resolve));
      broken.send(Buffer.from([0xff, 0xfe, 0xfd]), { binary: false });
      await closed;
      const large = await open(address);
      const closedToo = new Promise((resolve) => large.once('close', resolve));
      large.send('x'.repeat(1_000_001));
      await closedToo;
      (await open(address)).terminate();
      noMistakes();
    });
  });
}

after(() => agent.destroy());

async function open(address: string): Promise<WebSocket> {
  const socket = new WebSocket(address);
  socket.on('error', () => socket.terminate());
  await new Promise((resolve) => {
    socket.once('open', resolve);
    socket.once('close', resolve);
  });
  return socket;
}

/** Sends everything, and waits until it has been looked at: a ping comes back, or the venue closes the connection. */
async function talk(address: string, frames: readonly (string | Uint8Array)[]): Promise<void> {
  const socket = await open(address);
  const done = new Promise((resolve) => {
    socket.once('pong', resolve);
    socket.once('close', resolve);
  });
  for (const frame of frames) socket.send(frame, () => undefined);
  if (socket.readyState === WebSocket.OPEN) socket.ping();
  if (socket.readyState !== WebSocket.CLOSED) await done;
  socket.terminate();
}
