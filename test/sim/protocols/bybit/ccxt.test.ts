/** ccxt, as it is installed, on the pair and the perpetual of one unified account. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Order } from 'ccxt';
import { BadRequest, InsufficientFunds, InvalidOrder, MarginModeAlreadySet, NoChange, OrderNotFound } from 'ccxt';
import type { Client } from '../../support/simulator.ts';
import { closers, connectClient, tapeStartMs } from '../../support/simulator.ts';
import type { Bybit } from './support.ts';
import { startBybit } from './support.ts';

const perpetual = 'USDC/USDT:USDT';
const pair = 'USDC/USDT';
const hourMs = 3_600_000;
const everyCategory = { options: { fetchMarkets: { types: ['spot', 'linear', 'inverse', 'option'] } } };

describe('ccxt bybit, a perpetual', () => {
  const suite = closers();
  let bybit: Bybit;
  let client: Client;
  before(async () => {
    bybit = await startBybit(suite);
    client = connectClient(suite, bybit.simulator.address('bybit'), 'bybit', everyCategory);
    await client.loadMarkets();
  });
  after(() => suite.closeAll());

  const byClientId = (clientOrderId: string): Promise<Order> =>
    client.fetchOrder('', perpetual, { orderLinkId: clientOrderId, acknowledged: true });

  it('has the filters of the exchange beside those of the pair of the same name', () => {
    const { id, precision, limits, contractSize } = client.market(perpetual);
    assert.deepEqual([id, precision.price, precision.amount, contractSize], ['USDCUSDT', 0.0001, 0.1, 1]);
    assert.deepEqual([limits.amount?.min, limits.cost?.min, limits.leverage?.max], [0.1, 5, 50]);
    assert.deepEqual([client.market(pair).id, client.market(pair).precision.amount], ['USDCUSDT', 0.01]);
    assert.deepEqual(client.symbols, [pair, perpetual]);
  });

  it('has tickers, books, candles and open interest', async () => {
    const ticker = await client.fetchTicker(perpetual);
    assert.deepEqual([ticker.bid, ticker.last, ticker.markPrice, ticker.indexPrice], [0.99975, 0.9998, 0.9998, 0.9996]);
    assert.equal((await client.fetchTicker(pair)).bid, 0.99955);
    assert.deepEqual((await client.fetchOrderBook(perpetual, 5)).asks[0], [0.99985, 50000]);
    const [candle] = await client.fetchOHLCV(perpetual, '1h');
    assert.deepEqual(candle, [tapeStartMs - hourMs, 0.9997, 0.9999, 0.9996, 0.9998, 2000]);
    const [mark] = await client.fetchOHLCV(perpetual, '1h', undefined, undefined, { price: 'mark' });
    assert.equal(mark?.[4], 0.9998);
    assert.equal((await client.fetchOpenInterest(perpetual)).openInterestAmount, 0);
  });

  it('tells funding rates past and coming', async () => {
    const rate = await client.fetchFundingRate(perpetual);
    assert.deepEqual(
      [rate.fundingRate, rate.fundingDatetime, rate.interval],
      [0.0001, '2025-10-09T08:00:00.000Z', '8h'],
    );
    const history = await client.fetchFundingRateHistory(perpetual, Date.UTC(2025, 9, 8));
    assert.deepEqual(
      history.map(({ datetime }) => datetime?.slice(0, 13)),
      ['2025-10-08T00', '2025-10-08T08', '2025-10-08T16', '2025-10-09T00'],
    );
  });

  it('states fees and tiers, and what is set already', async () => {
    const { maker, taker } = await client.fetchTradingFee(perpetual);
    assert.deepEqual([maker, taker, (await client.fetchTradingFee(pair)).taker], [0.0001, 0.0006, 0.001]);
    assert.deepEqual(Object.keys(await client.fetchTradingFees()), [perpetual]);
    const { [perpetual]: tiers } = await client.fetchLeverageTiers([perpetual]);
    const edges = tiers?.map((tier) => [tier.minNotional, tier.maxLeverage, tier.maintenanceMarginRate]);
    assert.deepEqual(edges?.slice(0, 2), [
      [0, 50, 0.01],
      [50000, 25, 0.02],
    ]);
    await client.setLeverage(5, perpetual);
    await assert.rejects(
      client.setLeverage(5, perpetual),
      (error) => error instanceof BadRequest && /110043/.test(error.message),
    );
    await assert.rejects(client.setMarginMode('cross', perpetual), MarginModeAlreadySet);
    await assert.rejects(client.setPositionMode(false, perpetual), NoChange);
    assert.equal((await client.fetchLeverage(perpetual)).longLeverage, 5);
  });

  it('rests an order with its margin, finds it by client id, and cancels it', async () => {
    await client.createOrder(perpetual, 'limit', 'buy', 100, 0.9, { clientOrderId: 'rest-1' });
    assert.equal((await client.fetchBalance())['USDT']?.used, 18);
    assert.equal((await byClientId('rest-1')).status, 'open');
    const [open] = await client.fetchOpenOrders(perpetual);
    assert.deepEqual([open?.symbol, open?.clientOrderId], [perpetual, 'rest-1']);
    assert.deepEqual(await client.fetchOpenOrders(pair), []);
    await client.cancelOrder('', perpetual, { orderLinkId: 'rest-1' });
    assert.equal((await byClientId('rest-1')).status, 'canceled');
    await assert.rejects(client.cancelOrder('', perpetual, { orderLinkId: 'rest-1' }), OrderNotFound);
  });

  it('refuses in its own codes', async () => {
    const create = (amount: number, price: number, params = {}): Promise<Order> =>
      client.createOrder(perpetual, 'limit', 'buy', amount, price, params);
    await assert.rejects(create(2_000_000, 0.9), InsufficientFunds);
    await assert.rejects(create(1, 0.9), /110094/);
    await assert.rejects(create(100, 0.9, { clientOrderId: 'rest-1' }), /110072/);
    await assert.rejects(create(100, 0.9, { reduceOnly: true }), InvalidOrder);
    await assert.rejects(create(100, 0.9, { hedged: true }), /position idx not match/);
    await create(100, 1.1, { postOnly: true, clientOrderId: 'maker-1' });
    const killed = await byClientId('maker-1');
    assert.deepEqual([killed.status, killed.info['rejectReason']], ['canceled', 'EC_PostOnlyWillTakeLiquidity']);
    await create(300_000, 1, { timeInForce: 'FOK', clientOrderId: 'whole-1' });
    assert.equal((await byClientId('whole-1')).status, 'canceled');
  });

  it('opens a short, earns funding, and closes it', async () => {
    await client.createOrder(perpetual, 'limit', 'sell', 1000, 0.99, { timeInForce: 'IOC', clientOrderId: 'open-1' });
    const [position] = await client.fetchPositions([perpetual]);
    assert.deepEqual(
      [position?.side, position?.contracts, position?.entryPrice, position?.unrealizedPnl, position?.leverage],
      ['short', 1000, 0.99975, -0.05, 5],
    );
    assert.equal((await client.fetchPositions()).length, 1);
    bybit.simulator.passMarket(8 * hourMs);
    // What was received is negative here: ccxt hands on the exchange's sign.
    const [payment] = await client.fetchFundingHistory(perpetual);
    assert.deepEqual([payment?.amount, payment?.datetime], [-0.09992, '2025-10-09T08:00:00.000Z']);
    await client.createOrder(perpetual, 'market', 'buy', 1500, undefined, { reduceOnly: true });
    assert.equal((await client.fetchPositions([perpetual]))[0]?.contracts, 0);
    const trades = await client.fetchMyTrades(perpetual);
    assert.deepEqual(
      trades.map((trade) => [trade.side, trade.amount, trade.price, trade.fee?.cost, trade.fee?.currency]),
      [
        ['sell', 1000, 0.99975, 0.59985, 'USDT'],
        ['buy', 1000, 0.99925, 0.59955, 'USDT'],
      ],
    );
    assert.deepEqual(await client.fetchMyTrades(pair), []);
    // 100,000 + 0.5 + 0.09992 − 0.59985 − 0.59955
    assert.equal((await client.fetchBalance())['USDT']?.total, 99999.40052);
    const ledger = await client.fetchLedger('USDT');
    assert.deepEqual(
      ledger.map(({ info }) => info['type']),
      ['TRADE', 'SETTLEMENT', 'TRADE'],
    );
  });

  it('places and cancels several at once, each with its own answer', async () => {
    const order = { symbol: perpetual, type: 'limit', side: 'buy', amount: 100, price: 0.9 } as const;
    const placed = await client.createOrders([order, { ...order, amount: 1 }, { ...order, params: {} }]);
    assert.deepEqual(
      placed.map(({ id, status }) => [id !== undefined && id !== '', status]),
      [
        [true, undefined],
        [false, 'rejected'],
        [true, undefined],
      ],
    );
    const cancelled = await client.cancelOrders([placed[0]?.id ?? ''], perpetual);
    assert.equal(cancelled[0]?.id, placed[0]?.id);
    assert.equal((await client.cancelAllOrders(perpetual)).length, 1);
    assert.deepEqual(await client.fetchOpenOrders(perpetual), []);
  });
});

describe('ccxt.pro bybit, a perpetual', () => {
  const suite = closers();
  let bybit: Bybit;
  let client: Client;
  before(async () => {
    bybit = await startBybit(suite);
    client = connectClient(suite, bybit.simulator.address('bybit'), 'bybit', everyCategory);
    await client.loadMarkets();
  });
  after(() => suite.closeAll());

  it('streams tickers, best prices, books and trades', async () => {
    const ticker = await client.watchTicker(perpetual);
    assert.deepEqual([ticker.symbol, ticker.bid, ticker.markPrice], [perpetual, 0.99975, 0.9998]);
    const { [perpetual]: best } = await client.watchBidsAsks([perpetual]);
    assert.deepEqual([best?.bid, best?.ask], [0.99975, 0.99985]);
    assert.deepEqual((await client.watchOrderBook(perpetual)).bids[0], [0.99975, 50000]);
    assert.deepEqual((await client.watchOrderBook(pair)).bids[0], [0.99955, 50000]);
    const trades = client.watchTrades(perpetual);
    await sellUntil(client, trades);
    const [trade] = await trades;
    assert.deepEqual([trade?.symbol, trade?.side, trade?.amount], [perpetual, 'sell', 10]);
    bybit.simulator.passMarket(hourMs);
    for (;;) if ((await client.watchTicker(perpetual)).markPrice === 0.9992) break;
  });

  it("streams the account's orders, trades, balance and positions", async () => {
    await client.watchPositions([perpetual]);
    const all = Promise.all([
      client.watchOrders(perpetual),
      client.watchMyTrades(perpetual),
      client.watchBalance(),
      client.watchPositions([perpetual]),
    ]);
    const sent = await sellUntil(client, all);
    const [[order], [trade], balance, [position]] = await all;
    assert.deepEqual([order?.symbol, order?.status, order?.filled], [perpetual, 'closed', 10]);
    assert.deepEqual([trade?.symbol, trade?.fee?.currency], [perpetual, 'USDT']);
    // One subscription may have been in time for an order that the other missed.
    for (const id of [order?.id, trade?.order]) assert.ok(sent.includes(String(id)), `${id} of ${sent.join(', ')}`);
    assert.ok((balance['USDT']?.total ?? 100_000) < 100_000);
    assert.deepEqual([position?.symbol, position?.side], [perpetual, 'short']);
  });
});

const pause = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('again'), 50));

/** A subscription is not acknowledged to the caller: orders are sent until one of them is seen. Their ids. */
async function sellUntil(client: Client, settled: Promise<unknown>): Promise<string[]> {
  const sent: string[] = [];
  do {
    const { id } = await client.createOrder(perpetual, 'limit', 'sell', 10, 0.9, { timeInForce: 'IOC' });
    sent.push(String(id));
  } while ((await Promise.race([settled, pause()])) === 'again');
  return sent;
}
