/**
 * The one way from ccxt to the network, for real and simulated exchanges alike: ccxt's `fetchImplementation`.
 *
 * A request is written only once its connection stands, so that "nothing was written" is known, not guessed;
 * an order is checked against its `sendByMs` in that very moment. The body is read to its end before ccxt sees
 * the reply, so that deadlines cover it. Nothing is ever sent twice.
 */
import http from 'node:http';
import https from 'node:https';
import { gunzipSync } from 'node:zlib';
import { currentCall, type CallContext } from './call-context.ts';
import type { Clock } from '../../ports/clock.ts';

/** Nothing of the request left this process. */
export class NotSent extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NotSent';
  }
}

interface FetchOptions {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FetchReply {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  text(): Promise<string>;
}

export interface HttpTransport {
  readonly fetchImplementation: (url: string, options: FetchOptions) => Promise<FetchReply>;
  close(): void;
}

const largestBodyBytes = 64 * 1024 * 1024;
const idleConnectionMs = 60_000;

/** `restOrigin` replaces the origin of every address, for a simulated exchange; null leaves them alone. */
export function createHttpTransport(restOrigin: string | null, clock: Clock): HttpTransport {
  const options = { keepAlive: true, timeout: idleConnectionMs, scheduling: 'lifo' } as const;
  const plain = new http.Agent(options);
  const secure = new https.Agent(options);

  async function fetchImplementation(address: string, fetchOptions: FetchOptions): Promise<FetchReply> {
    const wanted = new URL(address);
    const target = restOrigin === null ? wanted : new URL(wanted.pathname + wanted.search, restOrigin);
    const call = currentCall();
    const headers = {
      ...fetchOptions.headers,
      ...(fetchOptions.method === 'GET' ? {} : call?.headers),
      'accept-encoding': 'gzip',
      ...(restOrigin === null ? {} : { 'x-sim-host': wanted.host }),
    };
    const signals = [fetchOptions.signal, call?.signal].filter((signal) => signal !== undefined);
    const request = (target.protocol === 'https:' ? https : http).request(target, {
      method: fetchOptions.method,
      headers,
      agent: target.protocol === 'https:' ? secure : plain,
      signal: AbortSignal.any(signals),
    });
    const response = await exchange(request, fetchOptions, call, clock);
    const body = await readBody(response);
    const reply = asReply(response, body);
    if (call !== undefined) {
      call.lastReply = { status: reply.status, headers: Object.fromEntries(reply.headers), body: parsed(body) };
    }
    return reply;
  }

  return {
    fetchImplementation,
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** Writes the request once its connection stands and waits for the reply's headers. */
function exchange(
  request: http.ClientRequest,
  options: FetchOptions,
  call: CallContext | undefined,
  clock: Clock,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    let written = false;
    const write = (): void => {
      if (written || request.destroyed) return;
      const refusal = refusalAtTheWire(options.method, call, clock);
      if (refusal !== null) {
        reject(refusal);
        request.destroy();
        return;
      }
      written = true;
      if (call !== undefined && options.method !== 'GET') call.writesHandedOver += 1;
      request.end(options.body);
    };
    request.on('response', resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      reject(written ? error : new NotSent(`not connected: ${error.code ?? error.name}`));
    });
    request.on('socket', (socket) => {
      if (!socket.connecting) write();
      else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', write);
    });
  });
}

/** The last check before an order leaves, after it was signed. */
function refusalAtTheWire(method: string, call: CallContext | undefined, clock: Clock): NotSent | null {
  if (call === undefined || call.sendByMs === null || method === 'GET') return null;
  if (call.writesHandedOver > 0) return new NotSent('one order is sent once: a second request was refused');
  const lateMs = clock.nowMs() - call.sendByMs;
  return lateMs > 0 ? new NotSent(`its time to leave passed ${lateMs} ms ago`) : null;
}

async function readBody(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestBodyBytes) throw new Error(`a reply larger than ${largestBodyBytes} bytes`);
    chunks.push(chunk);
  }
  const whole = Buffer.concat(chunks);
  return (response.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole).toString('utf8');
}

function asReply(response: http.IncomingMessage, body: string): FetchReply {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    headers,
    text: () => Promise.resolve(body),
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
