/** Public data: markets with their filters, time, prices, books, trades, candles. */
import assert from 'node:assert/strict';
import { midPrice } from '../cases.ts';
import type { Check } from '../scene.ts';
import { limit, trueTrades, truth, tuples } from '../scene.ts';

export const marketChecks: readonly Check[] = [
  {
    name: 'loads the market with its tick, step, minimum and contract size',
    async run({ client, market }) {
      const found = client.market(market.symbol);
      assert.equal(found.active, true);
      const stated = [market.tick, market.step, market.minimum, market.contractSize];
      const told = [found.precision.price, found.precision.amount, found.limits.amount?.min, found.contractSize];
      assert.deepEqual(
        told.map((value, index) => (stated[index] === undefined ? undefined : value)),
        stated,
      );
    },
  },
  {
    name: 'tells its time',
    needs: ['fetchTime'],
    async run({ client }) {
      assert.ok(Math.abs(((await client.fetchTime()) ?? 0) - Date.now()) < 5000);
    },
  },
  {
    name: 'has a ticker',
    needs: ['fetchTicker'],
    async run({ client, market, expected }) {
      const ticker = await client.fetchTicker(market.symbol);
      assert.equal(ticker.last, Number(midPrice));
      if (expected.lacks['ticker.bid'] !== undefined) return;
      assert.ok((ticker.bid ?? 9) < Number(midPrice) && (ticker.ask ?? 0) > Number(midPrice), 'bid and ask');
    },
  },
  {
    name: 'has tickers of all markets',
    needs: ['fetchTickers'],
    async run({ client, market }) {
      const tickers = await client.fetchTickers([market.symbol]);
      assert.equal(tickers[market.symbol]?.last, Number(midPrice));
    },
  },
  {
    name: 'shows the order book that it has',
    needs: ['fetchOrderBook'],
    async run(scene) {
      const book = await scene.client.fetchOrderBook(scene.market.symbol, 5);
      const prices = (await truth(scene, 'prices')).find((entry) => entry['symbol'] === scene.market.symbol);
      const held = (levels: unknown): unknown[] => tuples(levels).map((level) => level.map(Number));
      const size = scene.market.contractSize ?? 1;
      const told = (levels: readonly (readonly (number | undefined)[])[]): number[][] =>
        levels.map(([price = NaN, amount = NaN]) => [price, amount * size]);
      assert.deepEqual(told(book.bids.slice(0, 5)), held(prices?.['bids']).slice(0, 5));
      assert.deepEqual(told(book.asks.slice(0, 5)), held(prices?.['asks']).slice(0, 5));
    },
  },
  {
    name: 'shows what was traded',
    needs: ['fetchTrades'],
    async run(scene) {
      const order = await limit(scene, 'sell', 0.99, { timeInForce: 'IOC' });
      const [mine] = await trueTrades(scene, order.id ?? '');
      const trades = await scene.client.fetchTrades(scene.market.symbol);
      const size = scene.market.contractSize ?? 1;
      assert.ok(
        trades.some(
          ({ price, amount, side }) => price === mine?.[0] && (amount ?? 0) * size === mine?.[1] && side === 'sell',
        ),
        JSON.stringify({ trades, mine }),
      );
    },
  },
  {
    name: 'has hourly candles',
    needs: ['fetchOHLCV'],
    async run({ client, market }) {
      const candles = await client.fetchOHLCV(market.symbol, '1h', Date.UTC(2025, 9, 9));
      assert.deepEqual(candles[0], [Date.UTC(2025, 9, 9), 0.9995, 0.9998, 0.9994, Number(midPrice), candles[0]?.[5]]);
    },
  },
];
