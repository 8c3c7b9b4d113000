/** ccxt's websocket client on both simulated exchanges: books that agree with REST, and account events. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { OrderBook } from 'ccxt';
import { NetworkError } from 'ccxt';
import { WebSocket } from 'ws';
import { row } from './support/json.ts';
import type { Client, RunningSimulator } from './support/simulator.ts';
import { closers, connectClient, startTestSimulator, symbols } from './support/simulator.ts';

for (const venue of ['bybit', 'binanceusdm'] as const) {
  describe(`ccxt.pro ${venue}`, () => {
    const symbol = symbols[venue];
    const suite = closers();
    let simulator: RunningSimulator;
    let client: Client;
    before(async () => {
      simulator = await startTestSimulator(suite);
      client = connectClient(suite, simulator.address(venue), venue);
      await client.loadMarkets();
    });
    after(() => suite.closeAll());

    /** Watches until the book satisfies a condition: the test's timeout ends a wait that never does. */
    async function bookWhere(holds: (book: OrderBook) => boolean): Promise<OrderBook> {
      for (;;) {
        const book = await client.watchOrderBook(symbol);
        if (holds(book)) return book;
      }
    }

    it('streams the book that REST shows, again and again while nothing changes', async () => {
      const rest = await client.fetchOrderBook(symbol);
      for (let round = 0; round < 3; round += 1) {
        const streamed = await client.watchOrderBook(symbol);
        assert.deepEqual(Array.from(streamed.bids), rest.bids);
        assert.deepEqual(Array.from(streamed.asks), rest.asks);
      }
    });

    it('streams what an order takes from the book, what rests in it, and the next close', async () => {
      await client.createOrder(symbol, 'market', 'buy', 1000);
      const taken = await bookWhere((book) => book.asks[0]?.[1] === 49_000);
      assert.equal(taken.bids[0]?.[1], 50_000);
      await client.createOrder(symbol, 'limit', 'buy', 77, 0.9);
      const resting = await bookWhere((book) => book.bids.some(([price]) => price === 0.9));
      assert.deepEqual(resting.bids.at(-1), [0.9, 77]);
      simulator.passMarket(3_600_000);
      const best = venue === 'bybit' ? [0.99895, 50_000] : [0.9979995, 50_000];
      const moved = await bookWhere((book) => book.bids[0]?.[0] === best[0]);
      assert.deepEqual(Array.from(moved.bids), (await client.fetchOrderBook(symbol)).bids);
      assert.deepEqual(Array.from(moved.asks), (await client.fetchOrderBook(symbol)).asks);
    });

    it('streams the best prices', async () => {
      const { [symbol]: best } = await client.watchBidsAsks([symbol]);
      assert.ok(best?.bid !== undefined && best.ask !== undefined && best.bid < best.ask);
    });

    it('streams orders and trades of the account', async () => {
      const orders = client.watchOrders(symbol);
      const trades = client.watchMyTrades(symbol);
      const settled = Promise.all([orders, trades]);
      const sent = await sellUntil(client, symbol, settled);
      const [[order], [trade]] = await settled;
      assert.deepEqual([order?.status, order?.filled], ['closed', 10]);
      assert.deepEqual([trade?.amount, trade?.side], [10, 'sell']);
      // One subscription may have been in time for an order that the other missed.
      for (const id of [order?.id, trade?.order]) assert.ok(sent.includes(String(id)), `${id} of ${sent.join(', ')}`);
      assert.ok((trade?.fee?.cost ?? 0) > 0);
    });

    it('closes its sockets when the venue goes down, and takes new ones when it is up', async () => {
      const failing = client.watchOrderBook(symbol);
      const down = simulator.control('POST', '/faults', { venue, kind: 'venue_down' });
      await assert.rejects(async () => {
        await failing;
        for (;;) await client.watchOrderBook(symbol);
      }, NetworkError);
      await down;
      await simulator.control('DELETE', '/faults');
      assert.equal((await client.watchOrderBook(symbol)).bids.length > 0, true);
    });
  });
}

const pause = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('again'), 100));

/** A subscription is not acknowledged to the caller: orders are sent until one of them is seen. Their ids. */
async function sellUntil(client: Client, symbol: string, settled: Promise<unknown>): Promise<string[]> {
  const sent: string[] = [];
  do {
    const { id } = await client.createOrder(symbol, 'limit', 'sell', 10, 0.9, { timeInForce: 'IOC' });
    sent.push(String(id));
  } while ((await Promise.race([settled, pause()])) === 'again');
  return sent;
}

describe('binance depth differences', () => {
  it('start where the one before ended, and the first overlaps the REST snapshot', async (t) => {
    const simulator = await startTestSimulator(t);
    const { rest, ws } = simulator.address('binanceusdm');
    const socket = new WebSocket(`${ws}/public/ws/usdcusdt@depth@100ms`);
    t.after(() => socket.terminate());
    const messages: { U: number; u: number; pu: number }[] = [];
    const enough = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const { U, u, pu } = row(JSON.parse(data.toString('utf8')));
        messages.push({ U: Number(U), u: Number(u), pu: Number(pu) });
        if (messages.length === 4) resolve();
      });
    });
    await new Promise((resolve) => socket.once('open', resolve));
    const snapshot = row(await (await fetch(`${rest}/fapi/v1/depth?symbol=USDCUSDT`)).json());
    const snapshotId = Number(snapshot['lastUpdateId']);
    await enough;
    for (const [index, message] of messages.entries()) {
      assert.ok(message.U <= message.u);
      assert.equal(message.U, message.pu + 1);
      if (index > 0) assert.equal(message.pu, messages[index - 1]?.u);
    }
    assert.ok(messages.some((message) => message.pu <= snapshotId && snapshotId <= message.u));
  });
});
