/** One client of binance's spot and USDⓈ-M markets, whose symbols have one id: the recipe of docs/simulated-exchanges.md. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';
import { pro } from 'ccxt';
import type { VenueAddress } from '../../../../src/sim/simulator.ts';
import { patiently } from '../../support/patience.ts';
import { closers, startTestSimulator } from '../../support/simulator.ts';

const account = { apiKey: 'k', secret: 's' };
const accounts = [{ name: 'main', ...account }];
const spot = 'USDC/USDT';
const perpetual = 'USDC/USDT:USDT';

describe('one binance client of both markets, one key at both', () => {
  const suite = closers();
  let client: InstanceType<typeof pro.binance>;
  before(async () => {
    const simulator = await startTestSimulator(suite, {
      venues: { binance: { accounts }, binanceusdm: { accounts } },
      tapeLines: [
        '2025-10-09T00:00:00Z,binance,USDC/USDT,1h,0.9995,0.9997,0.9994,0.9996,1000',
        '2025-10-09T00:00:00Z,binanceusdm,USDC/USDT:USDT,1h,0.9997,0.9999,0.9996,0.9998,2000',
      ],
    });
    client = clientOf(simulator.address('binance'), simulator.address('binanceusdm'));
    suite.after(() => client.close());
    await client.loadMarkets();
  });
  after(() => suite.closeAll());

  it('loads both markets without an option', () => {
    assert.deepEqual(client.symbols, [spot, perpetual]);
  });

  it('streams the order book of each', async () => {
    const [ofSpot, ofPerpetual] = [await client.watchOrderBook(spot), await client.watchOrderBook(perpetual)];
    assert.deepEqual(ofSpot.bids[0], [0.99959, 50_000]);
    assert.deepEqual(ofPerpetual.bids[0], [0.9997995, 50_000]);
  });

  it('streams a position that is there', async () => {
    await client.createOrder(perpetual, 'market', 'buy', 10);
    const [position] = await patiently('the position', ({ until }) => until(client.watchPositions([perpetual])));
    assert.deepEqual([position?.symbol, position?.side, position?.contracts], [perpetual, 'long', 10]);
  });

  it('streams the orders of each', async () => {
    for (const symbol of [spot, perpetual]) {
      const [heard] = await whileBuying(symbol, client.watchOrders(symbol));
      assert.equal(heard?.symbol, symbol);
    }
  });

  /** A subscription is not acknowledged to the caller: orders are sent until what is watched is heard of. */
  async function whileBuying<T>(symbol: string, watched: Promise<T>): Promise<T> {
    return await patiently(symbol, async ({ until }) => {
      for (;;) {
        await client.createOrder(symbol, 'limit', 'buy', 10, 1.01, { timeInForce: 'IOC' });
        const first = await until(Promise.race([watched, pause()]));
        if (first !== 'again') return first;
      }
    });
  }
});

const pause = (): Promise<'again'> => new Promise((resolve) => setTimeout(() => resolve('again'), 100));

/** As the document has it. */
function clientOf(binance: VenueAddress, binanceusdm: VenueAddress): InstanceType<typeof pro.binance> {
  const at = (url: string): VenueAddress => (/fapi|fstream/.test(url) ? binanceusdm : binance);
  const client = new pro.binance({
    ...account,
    enableRateLimit: false,
    httpAgent: new http.Agent(),
    fetchImplementation: (url: string, init: RequestInit) => fetch(url.replace(/^https:..[^/]+/, at(url).rest), init),
  });
  const urls = JSON.stringify(client.urls['api']).replace(
    /wss:..([^/"]+)/g,
    (url, host: string) => at(url).ws + (host.startsWith('stream') ? '/stream' : ''),
  );
  Object.assign(client.urls, { api: JSON.parse(urls) as unknown });
  // The timer by which ccxt renews a listen key must not keep a finished test file alive.
  client.delay = (timeoutMs: number, method: (...args: unknown[]) => void, ...args: unknown[]) =>
    setTimeout(() => void client.spawn(method, ...args), timeoutMs).unref();
  return client;
}
