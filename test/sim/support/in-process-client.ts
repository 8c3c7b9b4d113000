/** ccxt as it comes on the simulated exchanges of this process, and prices for everything that they list. */
import type { Exchange as Client } from 'ccxt';
import ccxt from 'ccxt';
import { seededRandom } from '../../../src/sim/faults/faults.ts';
import { profileOf } from '../../../src/sim/protocols/registry.ts';
import type { InProcess } from './in-process.ts';

export function inProcessClient(simulated: InProcess, venue: string, keys: object): Client {
  const make: unknown = Reflect.get(ccxt, venue);
  if (typeof make !== 'function') throw new Error(`ccxt has no ${venue}`);
  const client: unknown = Reflect.construct(make, [
    {
      ...keys,
      enableRateLimit: false,
      async fetchImplementation(address: string, init: RequestInit) {
        const { pathname, search } = new URL(address);
        const reply = await simulated.request(venue, {
          method: init.method ?? 'GET',
          path: pathname,
          rawQuery: search.slice(1),
          headers: Object.fromEntries(new Headers(init.headers)),
          body: typeof init.body === 'string' ? init.body : '',
          remoteAddress: '127.0.0.1',
        });
        if (reply === null) throw new TypeError('fetch failed');
        return new Response(String(reply.body), { status: reply.status, headers: reply.headers ?? {} });
      },
    },
  ]);
  if (!(client instanceof ccxt.Exchange)) throw new Error(`ccxt's ${venue} is no exchange`);
  client.has['fetchCurrencies'] = false;
  // Everything that a client signs and shows of the time comes from here.
  client.milliseconds = () => simulated.wallMs();
  client.seconds = () => Math.floor(simulated.wallMs() / 1000);
  return client;
}

const hours = 40;

/** Closes that wander around 1, of everything that is listed. */
export function wanderingTape(venues: readonly string[]): string[] {
  const random = seededRandom(5);
  return venues.flatMap((venue) =>
    (profileOf(venue)?.instruments ?? [])
      .filter(({ listedByDefault }) => listedByDefault)
      .flatMap(({ symbol }) =>
        Array.from({ length: hours }, (_, hour) => {
          const time = new Date(Date.UTC(2025, 9, 9, hour)).toISOString();
          const close = (1 + Math.floor(random() * 21 - 10) / 10_000).toFixed(4);
          return `${time},${venue},${symbol},1h,${close},${close},${close},${close},1000`;
        }),
      ),
  );
}
