/** ccxt keeps the promise of its last load of markets: one that failed is nobody's but its caller's. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createHttpTransport } from '../../src/venues/calls/http-transport.ts';
import { createExchange } from '../../src/venues/exchange.ts';
import { dialects } from '../../src/venues/dialects.ts';
import { clock } from './support/subjects.ts';
import type { ExactExchange, ExactMarket } from '../../src/venues/exact-exchange.ts';

const symbol = 'USDC/USDT:USDT';
const market = {
  symbol,
  id: 'USDCUSDT',
  base: 'USDC',
  quote: 'USDT',
  settle: 'USDT',
  swap: true,
  contract: true,
  precision: { amount: '1', price: '0.0001' },
  limits: {},
  info: {},
};

interface Story {
  readonly exchange: ExactExchange;
  readonly list: { loads: number; answer: () => Promise<readonly ExactMarket[]> };
}

const answers = (): Promise<readonly ExactMarket[]> => Promise.resolve([market]);
const fails = (): Promise<never> => Promise.reject(new Error('no list today'));
const hangs = (): Promise<never> => new Promise(() => undefined);

function begin(t: TestContext, venue: string, use: 'orders' | 'reads' | 'stream'): Story {
  const transport = createHttpTransport(null, clock);
  t.after(() => transport.close());
  const dialect = dialects.get(venue) ?? assert.fail(venue);
  const exchange = createExchange({ dialect, use, credentials: null, endpoint: null, transport, clock });
  const list: Story['list'] = { loads: 0, answer: answers };
  const fetchMarkets = (): Promise<readonly ExactMarket[]> => {
    list.loads += 1;
    return list.answer();
  };
  Object.assign(exchange, { fetchMarkets, fetchCurrencies: () => Promise.resolve({}) });
  return { exchange, list };
}

for (const venue of dialects.keys()) {
  for (const use of ['orders', 'reads', 'stream'] as const) {
    test(`${venue}, ${use}: a load that failed is tried again, and what is known outlives a failed or slow one`, async (t) => {
      const { exchange, list } = begin(t, venue, use);
      list.answer = fails;
      for (const time of ['first', 'second']) await assert.rejects(exchange.loadMarkets(), /no list today/, time);
      assert.equal(list.loads, 2);
      list.answer = answers;
      assert.equal((await exchange.loadMarkets())[symbol]?.id, 'USDCUSDT');
      list.answer = fails;
      await assert.rejects(exchange.loadMarkets(true), /no list today/);
      assert.equal((await exchange.loadMarkets())[symbol]?.id, 'USDCUSDT');
      list.answer = hangs;
      void exchange.loadMarkets(true);
      assert.equal((await exchange.loadMarkets())[symbol]?.id, 'USDCUSDT');
      assert.equal(list.loads, 5);
    });
  }
}

test('those that ask at once for a first list share one load', async (t) => {
  const { exchange, list } = begin(t, 'okx', 'reads');
  await Promise.all([exchange.loadMarkets(), exchange.loadMarkets()]);
  assert.equal(list.loads, 1);
});

for (const venue of ['hyperliquid', 'krakenfutures']) {
  test(`${venue} says its funding rate after a list that could not be read again`, async (t) => {
    const { exchange, list } = begin(t, venue, 'reads');
    await exchange.loadMarkets();
    list.answer = fails;
    await assert.rejects(exchange.loadMarkets(true), /no list today/);
    Object.assign(exchange, { fetchFundingRates: () => Promise.resolve({ [symbol]: { fundingRate: '0.0001' } }) });
    assert.equal((await exchange.fetchFundingRate(symbol)).fundingRate, '0.0001');
  });
}
