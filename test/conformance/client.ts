/** ccxt as it comes, on a simulated exchange: only where its requests and websockets go is another. */
import http from 'node:http';
import type { Exchange } from 'ccxt';
import { pro } from 'ccxt';
import type { CcxtCredentials, VenueAddress } from '../../src/sim/simulator.ts';
import type { Closing } from '../sim/support/simulator.ts';

export type Client = Exchange;

const clients: Readonly<Record<string, new (settings: Record<string, unknown>) => Client>> = {
  binance: pro.binance,
  binanceusdm: pro.binanceusdm,
  bybit: pro.bybit,
  okx: pro.okx,
  kraken: pro.kraken,
  krakenfutures: pro.krakenfutures,
  coinbase: pro.coinbase,
};

/** Closed with the test or suite. */
export function openClient(
  closing: Closing,
  venue: string,
  address: VenueAddress,
  credentials: CcxtCredentials = address.credentials,
): Client {
  const Venue = clients[venue];
  if (Venue === undefined) throw new Error(`ccxt has no ${venue}`);
  const client = new Venue({
    ...credentials,
    enableRateLimit: false,
    httpAgent: new http.Agent(),
    fetchImplementation: (url: string, init: RequestInit) => fetch(url.replace(/^https:\/\/[^/]+/, address.rest), init),
  });
  Object.assign(client.urls, { api: redirected(client.urls['api'], address.ws) });
  // Timers by which ccxt renews listen keys must not keep a finished test file alive.
  client.delay = (timeoutMs: number, method: (...args: unknown[]) => void, ...args: unknown[]) =>
    setTimeout(() => void client.spawn(method, ...args), timeoutMs).unref();
  closing.after(() => client.close());
  return client;
}

/** `wss://host/path` becomes the simulator's address with the same path. */
function redirected(value: unknown, base: string): unknown {
  if (typeof value === 'string') return value.replace(/^wss:\/\/[^/]+/, base);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redirected(inner, base)]));
}
