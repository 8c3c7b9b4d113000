/** Websockets: prices, books and trades in public; orders, trades, balances and positions in private. */
import assert from 'node:assert/strict';
import type { Row } from '../../sim/support/json.ts';
import { row } from '../../sim/support/json.ts';
import { patiently, watchedUntil } from '../../sim/support/patience.ts';
import type { Check, Scene } from '../scene.ts';
import { amountOf, fetched, idOf, limit, priceAt } from '../scene.ts';

const pause = (): Promise<'again'> => new Promise((resolve) => setTimeout(() => resolve('again'), 100));

/** A subscription is not acknowledged to the caller: orders are sent until one of them is seen. */
async function whileTrading<T>(scene: Scene, what: string, watched: Promise<T>): Promise<T> {
  let side: 'buy' | 'sell' = 'buy';
  return await repeatedly(watched, what, async () => {
    side = side === 'sell' ? 'buy' : 'sell';
    await limit(scene, side, side === 'sell' ? 0.99 : 1.01, { timeInForce: 'IOC' });
  });
}

/** Acts until what is watched has come. */
async function repeatedly<T>(watched: Promise<T>, what: string, act: () => Promise<void>): Promise<T> {
  // It is heard of below; an act that fails before must not leave it unheard.
  watched.catch(() => undefined);
  return await patiently(what, async ({ until }) => {
    for (;;) {
      await act();
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
      // Near the best price: streamed books are cut to a few levels.
      const price = priceAt(scene, 0.9998);
      const resting = (book: { readonly bids: Iterable<readonly unknown[]> }): number =>
        Number([...book.bids].find((level) => level[0] === price)?.[1] ?? 0);
      const before = resting(await watchedUntil('the book', watch));
      // Watched from before the change: some exchanges tell of it once, and ccxt tells nobody who comes later.
      const shown = watchedUntil('the order in the book', watch, (seen) => resting(seen) > before);
      const [order, book] = await Promise.all([limit(scene, 'buy', 0.9998), shown]);
      const told = [...book.bids].slice(0, 5).map((level) => [...level].slice(0, 2));
      const rest = await client.fetchOrderBook(market.symbol, 10);
      assert.deepEqual(
        told,
        rest.bids.slice(0, 5).map((level) => [...level].slice(0, 2)),
      );
      const gone = watchedUntil('the book without the order', watch, (seen) => resting(seen) === before);
      await Promise.all([client.cancelOrder(idOf(order), market.symbol), gone]);
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
    name: 'streams an order that rests, and its end',
    needs: ['watchOrders'],
    async run(scene) {
      const { client, market } = scene;
      const rested = new Set<string>();
      const watched = watchedUntil(
        'the end of an order',
        () => client.watchOrders(market.symbol),
        (orders) => {
          // Where ccxt is not told that a resting order is open, it says nothing of its status.
          for (const order of orders) if ((order.status ?? 'open') === 'open') rested.add(idOf(order));
          return orders.some((order) => order.status === 'canceled' && rested.has(idOf(order)));
        },
      );
      await repeatedly(watched, 'orders', async () => {
        const order = await limit(scene, 'buy', 0.9);
        await pause();
        await client.cancelOrder(idOf(order), market.symbol);
      });
    },
  },
  {
    name: 'streams the orders of the account',
    needs: ['watchOrders'],
    feature: 'watchOrders.taken',
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
      const { client, expected } = scene;
      const wallet = (balances: unknown): Row => {
        const { streamedWallet } = expected;
        return streamedWallet === undefined ? row(balances) : row(row(balances)[streamedWallet] ?? {});
      };
      const watched = watchedUntil(
        'balances',
        () => client.watchBalance(),
        (balances) => {
          const held = wallet(balances);
          return Object.keys(expected.balances).some((currency) => Number(row(held[currency] ?? {})['total'] ?? 0) > 0);
        },
      );
      await whileTrading(scene, 'balances', watched);
    },
  },
  {
    name: 'streams positions',
    perpetual: true,
    needs: ['watchPositions'],
    async run(scene) {
      const { client, market } = scene;
      // An exchange may first tell that there is none.
      const watched = watchedUntil(
        'positions',
        () => client.watchPositions([market.symbol]),
        (positions) => positions.some(({ symbol }) => symbol === market.symbol),
      );
      await whileTrading(scene, 'positions', watched);
    },
  },
];
