/** ccxt, as it is installed, against both simulated exchanges: every call that a trading service makes. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Order } from 'ccxt';
import { pro, InsufficientFunds, InvalidNonce, MarginModeAlreadySet, OrderNotFound } from 'ccxt';
import type { Client, RunningSimulator, VenueId } from './support/simulator.ts';
import {
  clientSettings,
  closers,
  connectClient,
  startTestSimulator,
  symbols,
  tapeStartMs,
} from './support/simulator.ts';

function byId(left: string | undefined, right: string | undefined): number {
  return Number(BigInt(left ?? '0') - BigInt(right ?? '0'));
}

function idOf(order: Order): string {
  assert.ok(order.id !== undefined, 'an order without an id');
  return order.id;
}

for (const venue of ['bybit', 'binanceusdm'] as const) {
  describe(`ccxt ${venue}`, () => {
    const symbol = symbols[venue];
    const isSpot = venue === 'bybit';
    const suite = closers();
    let simulator: RunningSimulator;
    let client: Client;
    before(async () => {
      simulator = await startTestSimulator(suite);
      client = connectClient(suite, simulator.address(venue), venue);
      await client.loadMarkets();
    });
    after(() => suite.closeAll());
    const fetched = (order: Order): Promise<Order> => client.fetchOrder(idOf(order), symbol, { acknowledged: true });

    it('loads the market with its filters', () => {
      const market = client.market(symbol);
      assert.equal(market.id, 'USDCUSDT');
      assert.deepEqual([market.precision.price, market.precision.amount], isSpot ? [0.0001, 0.01] : [0.000001, 1]);
      assert.deepEqual([market.limits.amount?.min, market.limits.cost?.min], isSpot ? [1, 1] : [1, 5]);
      assert.equal(market.contractSize, isSpot ? undefined : 1);
    });

    it('tells wall time, and books in market time around the known close', async () => {
      assert.ok(Math.abs(((await client.fetchTime()) ?? 0) - Date.now()) < 5000);
      const book = await client.fetchOrderBook(symbol, 5);
      assert.deepEqual(book.bids[0], isSpot ? [0.99955, 50000] : [0.9991085, 50000]);
      assert.deepEqual(book.asks[0], isSpot ? [0.99965, 50000] : [0.9991095, 50000]);
      assert.equal(book.bids.length, 5);
      assert.equal(book.timestamp, tapeStartMs);
    });

    it('has a ticker of the last day', async () => {
      const ticker = await client.fetchTicker(symbol);
      assert.deepEqual(
        [ticker.last, ticker.open, ticker.high, ticker.low, ticker.baseVolume],
        isSpot ? [0.9996, 0.9995, 0.9997, 0.9994, 1000] : [0.999109, 0.999, 0.9992, 0.9989, 2000],
      );
      assert.equal(ticker.bid, isSpot ? 0.99955 : undefined);
    });

    it('rests an order, holds for it, finds it three ways, and cancels it', async () => {
      const order = await client.createOrder(symbol, 'limit', 'buy', 100, 0.9, { clientOrderId: 'rest-1' });
      const balance = await client.fetchBalance();
      assert.equal(balance['USDT']?.used, isSpot ? 90 : 4.5);
      const byClientId = isSpot ? { orderLinkId: 'rest-1', acknowledged: true } : { origClientOrderId: 'rest-1' };
      const found = await client.fetchOrder('', symbol, byClientId);
      assert.deepEqual([found.id, found.clientOrderId, found.status], [order.id, 'rest-1', 'open']);
      assert.equal(found.timestamp, tapeStartMs);
      assert.deepEqual(
        (await client.fetchOpenOrders(symbol)).map((open) => open.id),
        [order.id],
      );
      await assert.rejects(
        client.createOrder(symbol, 'limit', 'buy', 100, 0.9, { clientOrderId: 'rest-1' }),
        isSpot ? /170141/ : /-4116/,
      );
      await client.cancelOrder(idOf(order), symbol);
      assert.equal((await fetched(order)).status, 'canceled');
      await assert.rejects(client.cancelOrder(idOf(order), symbol), OrderNotFound);
      assert.equal((await client.fetchBalance())['USDT']?.used, 0);
    });

    it('fills an IOC order, with its trades, fees and balances', async () => {
      const order = await client.createOrder(symbol, 'limit', 'sell', 60_000, 0.99, {
        clientOrderId: 'ioc-1',
        timeInForce: 'IOC',
      });
      const filled = await fetched(order);
      assert.deepEqual([filled.status, filled.filled, filled.remaining], ['closed', 60_000, 0]);
      const trades = await client.fetchMyTrades(symbol, tapeStartMs);
      const mine = trades.filter((trade) => trade.order === order.id);
      assert.deepEqual(
        mine.map((trade) => [trade.amount, trade.price, trade.fee?.cost, trade.fee?.currency, trade.takerOrMaker]),
        isSpot
          ? [
              [50_000, 0.99955, 49.9775, 'USDT', 'taker'],
              [10_000, 0.99945, 9.9945, 'USDT', 'taker'],
            ]
          : [
              [50_000, 0.9991085, 24.9777125, 'USDT', 'taker'],
              [10_000, 0.9991075, 4.9955375, 'USDT', 'taker'],
            ],
      );
      const { USDT } = await client.fetchBalance();
      // 60,000 sold less fees of 59.972; or a wallet less 29.97325 and the spread and one tick lost on the position
      assert.equal(USDT?.total, isSpot ? 159_912.028 : 99_969.98675);
    });

    it('expires what an IOC order cannot fill, and fills a market order', async () => {
      const unfilled = await client.createOrder(symbol, 'limit', 'buy', 10, 0.9, { timeInForce: 'IOC' });
      const { status, filled } = await fetched(unfilled);
      assert.deepEqual([status, filled], [isSpot ? 'canceled' : 'expired', 0]);
      const market = await client.createOrder(symbol, 'market', 'buy', 100);
      assert.equal((await fetched(market)).filled, 100);
      const done = await client.fetchClosedOrders(symbol);
      assert.ok(done.some((order) => order.id === market.id));
    });

    it('pages through trades', async () => {
      for (let index = 0; index < 3; index += 1) await client.createOrder(symbol, 'market', 'buy', 10);
      const all = await client.fetchMyTrades(symbol);
      const seen: (string | undefined)[] = [];
      let params: Record<string, unknown> = isSpot ? {} : { fromId: '0' };
      for (;;) {
        const page = await client.fetchMyTrades(symbol, undefined, 2, params);
        if (page.length === 0) break;
        const last = page.at(-1);
        seen.push(...page.map((trade) => trade.id));
        const cursor: unknown = page.find((trade) => 'nextPageCursor' in trade.info)?.info['nextPageCursor'];
        if (isSpot && cursor === undefined) break;
        params = isSpot ? { cursor } : { fromId: String(Number(last?.id) + 1) };
      }
      assert.deepEqual([...new Set(seen)].sort(byId), all.map((trade) => trade.id).sort(byId));
      assert.equal(seen.length, all.length);
    });

    const create = (amount: number, price: number, params = {}): Promise<Order> =>
      client.createOrder(symbol, 'limit', 'buy', amount, price, params);

    it("refuses in the venue's codes, which ccxt maps to its classes", async () => {
      await assert.rejects(create(9_000_000, 0.9), InsufficientFunds);
      await assert.rejects(create(1, 0.5), isSpot ? /170140/ : /-4164/);
      await assert.rejects(
        create(100, 1.1, { postOnly: true }).then(fetchedIsCancelled),
        isSpot ? /cancelled/ : /-5022/,
      );
      if (!isSpot) await assert.rejects(create(10, 0.9, { reduceOnly: false, positionSide: 'LONG' }), /-4061/);
    });

    async function fetchedIsCancelled(order: Order): Promise<never> {
      const { status } = await fetched(order);
      throw new Error(status === 'canceled' ? 'cancelled' : `unexpected ${status}`);
    }

    it('checks key, window and signature', async () => {
      const stranger = (overrides: Record<string, unknown>): Client =>
        connectClient(suite, simulator.address(venue), venue, overrides);
      await assert.rejects(stranger({ secret: 'wrong' }).fetchBalance(), isSpot ? /10004/ : /-1022/);
      await assert.rejects(stranger({ apiKey: 'wrong' }).fetchBalance(), isSpot ? /10003/ : /-2015/);
      const late = connectClient(suite, simulator.address(venue), venue);
      late.nonce = () => Date.now() - 15_000;
      await assert.rejects(late.fetchBalance(), InvalidNonce);
      const early = connectClient(suite, simulator.address(venue), venue);
      early.nonce = () => Date.now() + 3000;
      await assert.rejects(early.fetchBalance(), InvalidNonce);
    });

    it("states the account's fees", async () => {
      const fee = await client.fetchTradingFee(symbol);
      assert.deepEqual([fee.maker, fee.taker], isSpot ? [0.001, 0.001] : [0.0002, 0.0005]);
    });
  });
}

describe('ccxt binanceusdm, a position', () => {
  const symbol = symbols.binanceusdm;
  const suite = closers();
  let simulator: RunningSimulator;
  let client: Client;
  before(async () => {
    simulator = await startTestSimulator(suite);
    client = connectClient(suite, simulator.address('binanceusdm'), 'binanceusdm');
    await client.loadMarkets();
  });

  after(() => suite.closeAll());

  it('is opened with leverage and cross margin, and shows entry, profit and liquidation price', async () => {
    await client.setLeverage(3, symbol);
    await assert.rejects(client.setMarginMode('cross', symbol), MarginModeAlreadySet);
    await client.createOrder(symbol, 'limit', 'sell', 1000, 0.99, { timeInForce: 'IOC' });
    const [position] = await client.fetchPositions([symbol]);
    assert.deepEqual(
      [position?.side, position?.contracts, position?.entryPrice, position?.markPrice, position?.unrealizedPnl],
      ['short', 1000, 0.9991085, 0.999109, -0.0005],
    );
    // Wallet 99,999.50044575 after the fee, second tier: (99,999.50044575 + 999.1085 + 500) / 1,020, rounded up
    assert.equal(position?.liquidationPrice, 99.50844015);
    assert.equal((await client.fetchBalance())['USDT']?.used, 333.03633334);
  });

  it('earns funding at the settlement, and tells rates past and coming', async () => {
    simulator.passMarket(7 * 3_600_000);
    const rate = await client.fetchFundingRate(symbol);
    assert.deepEqual([rate.fundingRate, rate.fundingDatetime], [0.0001, '2025-10-09T16:00:00.000Z']);
    const [payment] = await client.fetchFundingHistory(symbol, tapeStartMs);
    // 1000 · 0.998 · 0.0001
    assert.deepEqual([payment?.amount, payment?.datetime, payment?.code], [0.0998, '2025-10-09T08:00:00.000Z', 'USDT']);
    const history = await client.fetchFundingRateHistory(symbol, Date.UTC(2025, 9, 8));
    assert.deepEqual(
      history.map((row) => [row.datetime, row.fundingRate]),
      ['08T00', '08T08', '08T16', '09T00', '09T08'].map((time) => [`2025-10-${time}:00:00.000Z`, 0.0001]),
    );
  });

  it('closes reduce-only, and the wallet has moved by its income records exactly', async () => {
    await client.createOrder(symbol, 'limit', 'buy', 1000, 1.01, { timeInForce: 'IOC', reduceOnly: true });
    await assert.rejects(
      client.createOrder(symbol, 'limit', 'buy', 1000, 1.01, { timeInForce: 'IOC', reduceOnly: true }),
      /-2022/,
    );
    assert.deepEqual(await client.fetchPositions([symbol]), []);
    // −0.49955425 fee, +0.0998 funding, 1000 · (0.9991085 − 0.9980005) = +1.108, −0.49900025 fee
    assert.equal((await client.fetchBalance())['USDT']?.total, 100_000.2092455);
  });
});

describe("binance's dead-man timer", () => {
  it('cancels the open orders of the symbol when it is not renewed', async (t) => {
    const simulator = await startTestSimulator(t);
    const client = new pro.binanceusdm(clientSettings(simulator.address('binanceusdm'), 'binanceusdm'));
    t.after(() => client.close());
    await client.loadMarkets();
    const symbol = symbols.binanceusdm;
    await client.createOrder(symbol, 'limit', 'buy', 10, 0.9, { clientOrderId: 'held' });
    await client.fapiPrivatePostCountdownCancelAll({ symbol: 'USDCUSDT', countdownTime: 1 });
    while ((await client.fetchOpenOrders(symbol)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const order = await client.fetchOrder('', symbol, { origClientOrderId: 'held' });
    assert.equal(order.status, 'canceled');
  });
});

describe('requests that no client should send', () => {
  const cases: readonly [VenueId, string, string, string, RegExp][] = [
    ['bybit', 'GET', '/v5/market/orderbook?category=spot&symbol=NOPE', '', /"retCode":10001/],
    ['bybit', 'GET', '/v5/market/tickers', '', /"retCode":10001/],
    ['bybit', 'GET', '/v5/market/orderbook?category=spot&symbol=USDCUSDT&limit=x', '', /"retCode":10001/],
    ['bybit', 'POST', '/v5/order/create', '{', /"retCode":10003/],
    ['bybit', 'GET', '/v5/nothing', '', /404/],
    ['binanceusdm', 'GET', '/fapi/v1/depth', '', /"code":-1102/],
    ['binanceusdm', 'GET', '/fapi/v1/depth?symbol=NOPE', '', /"code":-1121/],
    ['binanceusdm', 'GET', '/fapi/v1/depth?symbol=USDCUSDT&limit=-1', '', /"code":-1100/],
    ['binanceusdm', 'POST', '/fapi/v1/order', 'symbol=%%%', /"code":-2014/],
    ['binanceusdm', 'GET', '/fapi/v9/nothing', '', /"code":-5000/],
  ];
  it("are answered in the venue's envelope", async (t) => {
    const simulator = await startTestSimulator(t);
    for (const [venue, method, path, body, expected] of cases) {
      const response = await fetch(`${simulator.address(venue).rest}${path}`, {
        method,
        ...(body === '' ? {} : { body }),
      });
      assert.match(await response.text(), expected, `${method} ${path}`);
    }
  });
});
