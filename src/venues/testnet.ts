/**
 * An instance at the exchange's testnet, and only there: besides ccxt's own switch every address that is really used is
 * held against the testnet's, so that an address which ccxt's switch forgets fails instead of reaching production.
 */
import { VenueError } from '../ports/venue.ts';
import { NotSent } from './calls/http-transport.ts';
import type { ExactExchange } from './exact-exchange.ts';

/** OKX has one host for both; this header tells them apart, and ccxt's switch sets it. */
const simulatedTrading = 'x-simulated-trading';

/** @throws VenueError `bad_request` where ccxt knows no testnet: nothing may fall back to the real exchange. */
export function useTestnet(exchange: ExactExchange): void {
  // Where there is none ccxt says so only at the first request.
  if (typeof exchange.urls.test !== 'object' || exchange.urls.test === null) {
    throw new VenueError('bad_request', `${exchange.id} has no testnet that ccxt knows of`);
  }
  const production = hostsIn(exchange.urls.api, exchange.hostname);
  exchange.setSandboxMode(true);
  // ccxt would rather have binance's "demo trading"; the futures testnet has its own keys and is what is meant here.
  exchange.options['disableFuturesSandboxWarning'] = true;
  const testnet = hostsIn(exchange.urls.api, exchange.hostname);

  const refusal = (address: string, headers: Readonly<Record<string, unknown>>): string | null => {
    const { host } = new URL(address);
    if (!testnet.has(host)) return `${host} is not an address of the testnet of ${exchange.id}`;
    const isMarked = headers[simulatedTrading] === '1';
    return production.has(host) && !isMarked ? `${host} without ${simulatedTrading} is the real ${exchange.id}` : null;
  };
  for (const host of testnet) {
    const reason = refusal(`https://${host}`, exchange.headers);
    if (reason !== null) throw new VenueError('bad_request', reason);
  }

  const send = exchange.fetchImplementation;
  exchange.fetchImplementation = (address, options) => {
    const reason = refusal(address, options.headers ?? {});
    if (reason !== null) throw new NotSent(reason);
    return send(address, options);
  };
  const client = exchange.client.bind(exchange);
  exchange.client = (address) => {
    // Websockets have no such header: their host alone must tell.
    const reason = refusal(address, {});
    if (reason !== null) throw new VenueError('bad_request', reason);
    return client(address);
  };
}

function hostsIn(addresses: unknown, hostname: string | undefined): Set<string> {
  if (typeof addresses === 'string') {
    const address = addresses.replaceAll('{hostname}', hostname ?? '');
    return new Set(/^(https?|wss?):/.test(address) ? [new URL(address).host] : []);
  }
  if (typeof addresses !== 'object' || addresses === null) return new Set();
  return new Set(Object.values(addresses).flatMap((one) => [...hostsIn(one, hostname)]));
}
