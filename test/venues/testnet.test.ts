/** Mode sandbox: every address that is used is the testnet's, and one that is not is refused before it is reached. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { createCcxtVenue } from '../../src/venues/ccxt-venue.ts';
import { createExchange } from '../../src/venues/exchange.ts';
import { createMarketData } from '../../src/venues/markets/market-data.ts';
import { venueDialect } from '../../src/venues/registry.ts';
import { startTestSimulator } from '../sim/support/simulator.ts';
import { startRecordingProxy } from './support/recording-proxy.ts';
import type { ExactExchange } from '../../src/venues/exact-exchange.ts';

const clock = { nowMs: () => Date.now() };
const log = { info: () => undefined, warn: () => undefined };

const testnets = [
  { venue: 'binance', symbol: 'USDC/USDT', host: 'testnet.binance.vision', sockets: /testnet\.binance\.vision$/ },
  {
    venue: 'binanceusdm',
    symbol: 'USDC/USDT:USDT',
    host: 'testnet.binancefuture.com',
    sockets: /^fstream\.binancefuture\.com$/,
  },
  { venue: 'bybit', symbol: 'USDC/USDT:USDT', host: 'api-testnet.bybit.com', sockets: /^stream-testnet\.bybit\.com$/ },
  { venue: 'okx', symbol: 'USDC/USDT:USDT', host: 'www.okx.com', sockets: /^wspap\.okx\.com:8443$/ },
  { venue: 'krakenfutures', symbol: 'USDC/USD:USD', host: 'demo-futures.kraken.com', sockets: /^demo-futures\.kraken/ },
] as const;

/** The whole port, at a simulated exchange that stands for the testnet, by addresses that are the testnet's. */
async function useEverything(t: TestContext, venue: string, symbol: string) {
  const simulator = await startTestSimulator(t, { venues: { [venue]: {} } });
  await simulator.control('POST', `/venues/${venue}/prices`, { symbol, centre: '1' });
  const { rest, ws, credentials } = simulator.address(venue);
  const proxy = await startRecordingProxy(rest);
  t.after(() => proxy.close());
  const endpoint = { rest: proxy.address, ws };
  const shared = { clock, sandbox: true };
  const account = await createCcxtVenue({ ...shared, account: 'main', venue, credentials, endpoint });
  t.after(() => account.close());
  const market = createMarketData({ ...shared, endpoints: { [venue]: endpoint }, log });
  t.after(() => market.close());

  const isPerpetual = symbol.includes(':');
  if (isPerpetual) await account.prepare([symbol], '3');
  const clientOrderId = '0123456789abcdef0123456789ab';
  const outcome = await account.submit({
    clientOrderId: account.capabilities.clientOrderIdForm === 'hex' ? `${clientOrderId}cdef` : clientOrderId,
    symbol,
    side: 'buy',
    quantityBase: '100',
    reduceOnly: false,
    sendByMs: Date.now() + 60_000,
    timeInForce: 'ioc',
    limitPrice: '1.01',
  });
  assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome));
  const sinceMs = Date.now() - 3_600_000;
  await account.reading([symbol]);
  await account.fillsSince(symbol, sinceMs);
  await account.permissions();
  await market.orderBook(venue, symbol);
  await market.recentTrades(venue, symbol);
  if (isPerpetual) {
    await account.fundingPaymentsSince(symbol, sinceMs);
    await market.perpetual(venue, symbol);
    await market.fundingRatesSince(venue, symbol, sinceMs);
  }
  return proxy.meant;
}

suite('at the testnet', { concurrency: 2 }, () => {
  for (const { venue, symbol, host } of testnets) {
    test(`${venue} is asked and traded at ${host} alone`, async (t) => {
      const meant = await useEverything(t, venue, symbol);
      assert.deepEqual([...new Set(meant.map((one) => one.host))], [host]);
      assert.ok(meant.length >= 8, `${meant.length} requests`);
      // OKX has one host for both: each request must be marked.
      const unmarked = meant.filter(({ isMarked }) => !isMarked);
      assert.deepEqual(
        unmarked.filter(() => venue === 'okx').map(({ path }) => path),
        [],
      );
    });
  }
});

/** Whose requests end here: what was let through. */
function sandboxed(venue: string, use: 'orders' | 'stream' = 'orders'): { exchange: ExactExchange; sent: string[] } {
  const sent: string[] = [];
  const transport = {
    fetchImplementation(address: string) {
      sent.push(address);
      return Promise.reject(new Error('not answered'));
    },
    close: () => undefined,
  };
  const dialect = venueDialect(venue);
  const exchange = createExchange({ dialect, use, credentials: null, endpoint: null, transport, clock, sandbox: true });
  return { exchange, sent };
}

/** Every text in a tree of addresses. */
function addressesIn(tree: unknown): string[] {
  if (typeof tree === 'string') return [tree];
  return typeof tree === 'object' && tree !== null ? Object.values(tree).flatMap(addressesIn) : [];
}

suite('an address of production', () => {
  for (const { venue, sockets } of testnets) {
    test(`is no websocket of ${venue}`, () => {
      const { exchange } = sandboxed(venue, 'stream');
      const streams = addressesIn(exchange.urls.api).filter((address) => address.startsWith('wss'));
      assert.ok(streams.length > 0);
      const hosts = streams.map((address) => new URL(address.replaceAll('{hostname}', 'bybit.com')).host);
      assert.ok(
        hosts.some((one) => sockets.test(one)),
        hosts.join(' '),
      );
      const production = addressesIn(
        new Object({ a: 'wss://stream.bybit.com/v5/public/spot', b: 'wss://ws.okx.com:8443' }),
      );
      for (const address of production) {
        assert.throws(() => exchange.client(address), {
          kind: 'bad_request',
          message: /is not an address of the testnet/,
        });
      }
    });
  }

  test('that slips in among the addresses is refused, and nothing is sent', async () => {
    const { exchange, sent } = sandboxed('bybit');
    exchange.urls.api = { public: 'https://api.bybit.com', private: 'https://api.bybit.com' };
    await assert.rejects(exchange.fetchTime(), /api\.bybit\.com is not an address of the testnet of bybit/);
    assert.deepEqual(sent, []);
  });

  test('is what okx is without its mark, and refused', async () => {
    const { exchange, sent } = sandboxed('okx');
    await assert.rejects(exchange.fetchTime(), /not answered/);
    assert.deepEqual(sent, ['https://www.okx.com/api/v5/public/time']);
    Object.assign(exchange, { headers: {} });
    await assert.rejects(exchange.fetchTime(), /without x-simulated-trading is the real okx/);
    assert.equal(sent.length, 1);
  });

  for (const venue of ['kraken', 'coinbase']) {
    test(`is all that ${venue} has, so it is refused`, () => {
      assert.throws(() => sandboxed(venue), { kind: 'bad_request', message: /no testnet/ });
    });
  }
});
