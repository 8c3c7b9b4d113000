/** Orders of every type, found and cancelled by either id, and their trades. */
import assert from 'node:assert/strict';
import type { Check, Scene } from '../scene.ts';
import {
  amountOf,
  balancesAreTrue,
  doneOrders,
  fetched,
  idOf,
  limit,
  myTrades,
  named,
  newClientOrderId,
  priceAt,
  tradeFigures,
  trueTrades,
} from '../scene.ts';

/** Fee, price and quantity of each fill are the simulator's own. */
async function tradesAreTrue(scene: Scene, orderId: string): Promise<void> {
  const trades = await scene.client.fetchMyTrades(scene.market.symbol);
  const mine = trades.filter((trade) => trade.order === orderId).map((trade) => tradeFigures(scene, trade));
  const sorted = (rows: [number, number, number, unknown][]): unknown[] =>
    rows.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  assert.deepEqual(sorted(mine), sorted(await trueTrades(scene, orderId)));
  assert.ok(mine.length > 0, 'no trades');
}

export const orderChecks: readonly Check[] = [
  {
    name: 'rests a limit order, finds it by id and among the open ones, and cancels it',
    needs: ['createOrder', 'fetchOrder', 'fetchOpenOrders', 'cancelOrder'],
    async run(scene) {
      const { client, market } = scene;
      const order = await limit(scene, 'buy', 0.9);
      const found = await fetched(scene, order);
      assert.deepEqual([found.id, found.status, found.filled], [order.id, 'open', 0]);
      assert.equal((found.amount ?? 0) * (market.contractSize ?? 1), market.amount);
      const open = await client.fetchOpenOrders(market.symbol);
      assert.deepEqual(
        open.map(({ id }) => id),
        [order.id],
      );
      await client.cancelOrder(idOf(order), market.symbol);
      assert.equal((await fetched(scene, order)).status, 'canceled');
      assert.deepEqual(await client.fetchOpenOrders(market.symbol), []);
    },
  },
  {
    name: 'finds an order by its client id',
    async run(scene) {
      const { client, market, expected } = scene;
      const clientOrderId = newClientOrderId();
      const order = await limit(scene, 'buy', 0.9, { [expected.clientOrderId.create]: clientOrderId });
      const { fetch: way } = expected.clientOrderId;
      const found =
        way.search === true
          ? (await client.fetchOpenOrders(market.symbol)).find((open) => open.clientOrderId === clientOrderId)
          : await client.fetchOrder('', market.symbol, named(way, clientOrderId));
      assert.deepEqual([found?.id, found?.clientOrderId], [order.id, clientOrderId]);
      await client.cancelOrder(idOf(order), market.symbol);
    },
  },
  {
    name: 'cancels an order by its client id',
    async run(scene) {
      const { client, market, expected } = scene;
      const clientOrderId = newClientOrderId();
      const order = await limit(scene, 'buy', 0.9, { [expected.clientOrderId.create]: clientOrderId });
      const { cancel: way } = expected.clientOrderId;
      if (way.lacks === undefined) await client.cancelOrder('', market.symbol, named(way, clientOrderId));
      else await client.cancelOrder(idOf(order), market.symbol);
      assert.equal((await fetched(scene, order)).status, 'canceled');
    },
  },
  {
    name: 'fills an immediate-or-cancel order over several levels, with its trades and fees',
    needs: ['fetchMyTrades'],
    async run(scene) {
      const order = await limit(scene, 'sell', 0.99, { timeInForce: 'IOC' }, scene.market.large);
      const found = await fetched(scene, order);
      assert.deepEqual([found.status, found.remaining], ['closed', 0]);
      assert.equal((found.filled ?? 0) * (scene.market.contractSize ?? 1), scene.market.large);
      await tradesAreTrue(scene, idOf(order));
      assert.ok((await myTrades(scene, order)).every((trade) => trade.takerOrMaker === 'taker'));
    },
  },
  {
    name: 'ends an immediate-or-cancel order that finds nobody',
    async run(scene) {
      const order = await limit(scene, 'buy', 0.9, { timeInForce: 'IOC' }).catch((error: unknown) => {
        // Some exchanges refuse it instead of recording it.
        assert.match(String(error), /would|immediate/i);
        return null;
      });
      if (order === null) return;
      const { status, filled } = await fetched(scene, order);
      assert.ok(status === 'canceled' || status === 'expired', String(status));
      assert.equal(filled, 0);
    },
  },
  {
    name: 'fills a fill-or-kill order whole, or not at all',
    feature: 'fillOrKill',
    async run(scene) {
      const whole = await limit(scene, 'buy', 1.01, { timeInForce: 'FOK' });
      assert.equal((await fetched(scene, whole)).status, 'closed');
      const killed = await limit(scene, 'buy', 0.9, { timeInForce: 'FOK' }).catch(() => null);
      if (killed === null) return;
      const { status, filled } = await fetched(scene, killed);
      assert.ok(status !== 'open' && filled === 0, JSON.stringify({ status, filled }));
    },
  },
  {
    name: 'rests a post-only order, and never lets one take',
    async run(scene) {
      const { client, market } = scene;
      const resting = await limit(scene, 'buy', 0.9, { postOnly: true });
      assert.equal((await fetched(scene, resting)).status, 'open');
      await client.cancelOrder(idOf(resting), market.symbol);
      const crossing = await limit(scene, 'buy', 1.01, { postOnly: true }).catch(() => null);
      if (crossing === null) return;
      const { status, filled } = await fetched(scene, crossing);
      assert.ok(status !== 'open' && filled === 0, JSON.stringify({ status, filled }));
    },
  },
  {
    name: 'fills market orders of both sides',
    async run(scene) {
      const { client, market } = scene;
      for (const side of ['buy', 'sell'] as const) {
        const order = await client.createOrder(
          market.symbol,
          'market',
          side,
          amountOf(scene, market.amount),
          // Some exchanges take a market buy as an amount of quote, which ccxt works out from a price.
          side === 'buy' ? priceAt(scene, 1) : undefined,
        );
        const { status, filled } = await fetched(scene, order);
        assert.equal(status, 'closed', side);
        // A buy that is priced may be sent as an amount of quote.
        assert.ok(Math.abs((filled ?? 0) * (market.contractSize ?? 1) - market.amount) <= market.amount / 100, side);
        await tradesAreTrue(scene, idOf(order));
      }
    },
  },
  {
    name: 'lists what is done',
    async run(scene) {
      const filled = await limit(scene, 'sell', 0.99, { timeInForce: 'IOC' });
      const cancelled = await limit(scene, 'buy', 0.9);
      await scene.client.cancelOrder(idOf(cancelled), scene.market.symbol);
      const done = new Map((await doneOrders(scene)).map((order) => [order.id, order.status]));
      assert.deepEqual([done.get(filled.id), done.get(cancelled.id)], ['closed', 'canceled']);
    },
  },
  {
    name: 'lists all orders',
    needs: ['fetchOrders'],
    async run(scene) {
      const order = await limit(scene, 'buy', 0.9);
      const orders = await scene.client.fetchOrders(scene.market.symbol);
      assert.equal(orders.find(({ id }) => id === order.id)?.status, 'open');
      await scene.client.cancelOrder(idOf(order), scene.market.symbol);
    },
  },
  {
    name: 'keeps the books: balances are what the trades say',
    run: balancesAreTrue,
  },
];
