/** Websockets: prices, books and trades in public; orders, trades, balances and positions in private. */
import assert from 'node:assert/strict';
import { patiently, watchedUntil } from '../patience.ts';
import type { Check, Scene } from '../scene.ts';
import { amountOf, fetched, idOf, limit } from '../scene.ts';

const pause = (): Promise<'again'> => new Promise((resolve) => setTimeout(() => resolve('again'), 100));

/** A subscription is not acknowledged to the caller: orders are sent until one of them is seen. */
async function whileTrading<T>(scene: Scene, what: string, watched: Promise<T>): Promise<T> {
  // It is heard of below; an order that fails before must not leave it unheard.
  watched.catch(() => undefined);
  return await patiently(what, async ({ until }) => {
    for (let side: 'buy' | 'sell' = 'sell'; ; side = side === 'sell' ? 'buy' : 'sell') {
      await limit(scene, side, side === 'sell' ? 0.99 : 1.01, { timeInForce: 'IOC' });
      const first = await until(Promise.race([watched, pause()]));
      if (first !== 'again') return await watched;
    }
  });
}

export const streamChecks: readonly Check[] = [
  {
    name: 'streams the ticker',
    needs: ['watchTicker'],
    async run({ client, market }) {
      const ticker = await watchedUntil('the ticker', () => client.watchTicker(market.symbol));
      assert.ok((ticker.last ?? 0) > 0);
    },
  },
  {
    name: 'streams the best prices',
    needs: ['watchBidsAsks'],
    async run({ client, market }) {
      const watch = (): ReturnType<typeof client.watchBidsAsks> => client.watchBidsAsks([market.symbol]);
      const { [market.symbol]: best } = await watchedUntil('the best prices', watch);
      assert.ok(best?.bid !== undefined && best.ask !== undefined && best.bid < best.ask);
    },
  },
  {
    name: 'streams the book that REST shows, through changes',
    needs: ['watchOrderBook'],
    async run(scene) {
      const { client, market } = scene;
      const watch = (): ReturnType<typeof client.watchOrderBook> => client.watchOrderBook(market.symbol);
      await watchedUntil('the book', watch);
      const order = await limit(scene, 'buy', 0.95);
      const price = (await fetched(scene, order)).price ?? NaN;
      const holdsOrder = (book: { readonly bids: Iterable<readonly unknown[]> }): boolean =>
        [...book.bids].some((level) => level[0] === price);
      const book = await watchedUntil('the order in the book', watch, holdsOrder);
      const told = [...book.bids].slice(0, 5).map((level) => [...level].slice(0, 2));
      const rest = await client.fetchOrderBook(market.symbol, 10);
      assert.deepEqual(
        told,
        rest.bids.slice(0, 5).map((level) => [...level].slice(0, 2)),
      );
      await client.cancelOrder(idOf(order), market.symbol);
      await watchedUntil('the book without the order', watch, (seen) => !holdsOrder(seen));
    },
  },
  {
    name: 'streams public trades',
    needs: ['watchTrades'],
    async run(scene) {
      const trades = await whileTrading(scene, 'public trades', scene.client.watchTrades(scene.market.symbol));
      assert.ok(trades.some((trade) => trade.amount === amountOf(scene, scene.market.amount)));
    },
  },
  {
    name: 'streams the orders of the account',
    needs: ['watchOrders'],
    async run(scene) {
      const { client, market } = scene;
      const watched = (async () => {
        for (;;) {
          const done = (await client.watchOrders(market.symbol)).find(({ status }) => status === 'closed');
          if (done !== undefined) return done;
        }
      })();
      const order = await whileTrading(scene, 'the orders', watched);
      assert.equal((await fetched(scene, order)).status, 'closed');
    },
  },
  {
    name: 'streams the trades of the account',
    needs: ['watchMyTrades'],
    async run(scene) {
      const [trade] = await whileTrading(scene, 'the trades', scene.client.watchMyTrades(scene.market.symbol));
      assert.equal(trade?.amount, amountOf(scene, scene.market.amount));
      assert.ok(trade?.order !== undefined && trade.order !== '');
    },
  },
  {
    name: 'streams balances',
    needs: ['watchBalance'],
    async run(scene) {
      const balance = await whileTrading(scene, 'balances', scene.client.watchBalance());
      assert.ok(Object.keys(scene.expected.balances).some((currency) => (balance[currency]?.total ?? 0) > 0));
    },
  },
  {
    name: 'streams positions',
    perpetual: true,
    needs: ['watchPositions'],
    async run(scene) {
      const positions = await whileTrading(scene, 'positions', scene.client.watchPositions([scene.market.symbol]));
      assert.ok(positions.some(({ symbol }) => symbol === scene.market.symbol));
    },
  },
];
