/** Order books live: streamed, proved alive over REST when quiet, and reconnected when the socket dies. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { Quote } from '../../src/domain/quote.ts';
import type { MarketData } from '../../src/ports/venue.ts';
import { createMarketData } from '../../src/venues/markets/market-data.ts';
import { backoffMs } from '../../src/venues/markets/order-book-stream.ts';
import { quoteOfBook } from '../../src/venues/markets/quote-of-book.ts';
import { startFakeBinanceusdm } from './support/fake-binanceusdm.ts';
import { bybitOk, startFakeBybit } from './support/fake-bybit.ts';
import { startFakeBybitStream, type FakeStream } from './support/fake-bybit-stream.ts';
import { breakages, type FakeVenue } from './support/fake-venue.ts';

const pair = { venue: 'bybit', symbol: 'USDC/USDT' };
const bookPath = '/v5/market/orderbook';
const quietLog = { info: () => undefined, warn: () => undefined };

interface Feed {
  readonly market: MarketData;
  readonly rest: FakeVenue;
  readonly stream: FakeStream;
  /** The next quote that satisfies the condition, from those not yet looked at. */
  next(condition: (quote: Quote) => boolean): Promise<Quote>;
  stop(): Promise<void>;
}

async function startFeed(t: TestContext): Promise<Feed> {
  const rest = await startFakeBybit();
  const stream = await startFakeBybitStream();
  const market = createMarketData({
    endpoints: { bybit: { rest: rest.address, ws: stream.address } },
    clock: { nowMs: () => Date.now() },
    log: quietLog,
  });
  const quotes: Quote[] = [];
  const waiting = { wake: (): void => undefined };
  const abort = new AbortController();
  const watching = market.watch(
    [pair],
    (quote) => {
      quotes.push(quote);
      waiting.wake();
    },
    abort.signal,
  );
  const stop = async (): Promise<void> => {
    abort.abort();
    await watching;
  };
  t.after(async () => {
    await stop();
    await market.close();
    await stream.close();
    await rest.close();
  });
  return {
    market,
    rest,
    stream,
    stop,
    async next(condition) {
      for (;;) {
        for (let quote = quotes.shift(); quote !== undefined; quote = quotes.shift())
          if (condition(quote)) return quote;
        await new Promise<void>((resolve) => (waiting.wake = resolve));
      }
    },
  };
}

const bestAsk = (quote: Quote): string | undefined => quote.asks[0]?.price;

suite('a stream', { concurrency: 4 }, () => {
  test('brings each book in exact text, best level first', async (t) => {
    const feed = await startFeed(t);
    feed.stream.onSubscribe = () =>
      feed.stream.send(
        [
          ['0.9998', '5'],
          ['0.9999', '10.50'],
        ],
        [
          ['1.0010', '0.07'],
          ['1.0007', '1234567.89'],
        ],
      );
    const quote = await feed.next((found) => bestAsk(found) === '1.0007');
    assert.deepEqual(quote.bids, [
      { price: '0.9999', quantityBase: '10.5' },
      { price: '0.9998', quantityBase: '5' },
    ]);
    assert.deepEqual(quote.asks, [
      { price: '1.0007', quantityBase: '1234567.89' },
      { price: '1.001', quantityBase: '0.07' },
    ]);
    assert.deepEqual([quote.venue, quote.symbol], ['bybit', 'USDC/USDT']);
    assert.ok(Math.abs(Date.now() - quote.aliveAtMs) < 5_000);
  });

  test('that is quiet is proved alive over REST, again and again', async (t) => {
    const feed = await startFeed(t);
    feed.stream.onSubscribe = () => feed.stream.send([['0.9999', '1']], [['1.0007', '1']]);
    await feed.next((quote) => bestAsk(quote) === '1.0007');
    const first = await feed.next((quote) => bestAsk(quote) === '1.0001');
    const second = await feed.next((quote) => bestAsk(quote) === '1.0001');
    assert.ok(second.aliveAtMs > first.aliveAtMs);
    assert.ok(feed.rest.to('GET', bookPath).length >= 2);
  });

  test('that stays silent is replaced', async (t) => {
    const feed = await startFeed(t);
    feed.stream.onSubscribe = () => feed.stream.send([['0.9999', '1']], [['1.0007', '1']]);
    await feed.next((quote) => bestAsk(quote) === '1.0007');
    await feed.next((quote) => bestAsk(quote) === '1.0007');
    assert.equal(feed.stream.connections(), 2);
  });

  test('that the venue closes is opened again', async (t) => {
    const feed = await startFeed(t);
    let price = 1.0007;
    feed.stream.onSubscribe = () => feed.stream.send([['0.9999', '1']], [[price.toFixed(4), '1']]);
    await feed.next((quote) => bestAsk(quote) === '1.0007');
    price = 1.0008;
    feed.stream.drop();
    await feed.next((quote) => bestAsk(quote) === '1.0008');
    assert.equal(feed.stream.connections(), 2);
  });

  test('without any socket lives on REST', async (t) => {
    const feed = await startFeed(t);
    await feed.stream.close();
    await feed.next((quote) => bestAsk(quote) === '1.0001');
  });

  test('drops a crossed and an empty book', async (t) => {
    const feed = await startFeed(t);
    feed.stream.onSubscribe = () => {
      feed.stream.send([['1.0009', '1']], [['1.0008', '1']]);
      feed.stream.send([], [['1.0006', '1']]);
      feed.stream.send([['0.9999', '1']], [['1.0007', '1']]);
    };
    const first = await feed.next((quote) => bestAsk(quote) !== '1.0001');
    assert.equal(bestAsk(first), '1.0007');
  });

  test('ends when told to', async (t) => {
    const feed = await startFeed(t);
    await feed.next(() => true);
    await feed.stop();
  });
});

suite('an order book', () => {
  const origin = { venue: 'v', symbol: 's', contractSize: '10' };

  test('of contracts is in base units', () => {
    const quote = quoteOfBook(origin, { bids: [[0.9999, 3]], asks: [[1.0001, 0.5]] }, 1);
    assert.deepEqual([quote?.bids[0]?.quantityBase, quote?.asks[0]?.quantityBase], ['30', '5']);
  });

  test('keeps text exact: floats as they are written shortest, text without padding, very small numbers', () => {
    const bids = [
      [0.1 + 0.2, '10.50'],
      ['0.30', 1e-7],
      [2e-7, 0.1],
    ];
    const quote = quoteOfBook({ ...origin, contractSize: '1' }, { bids, asks: [[1, 123456789.12345678]] }, 1);
    assert.deepEqual(quote?.bids, [
      { price: '0.30000000000000004', quantityBase: '10.5' },
      { price: '0.3', quantityBase: '0.0000001' },
      { price: '0.0000002', quantityBase: '0.1' },
    ]);
    assert.deepEqual(quote.asks, [{ price: '1', quantityBase: '123456789.12345678' }]);
  });

  test('keeps a bounded number of levels, and none that is empty', () => {
    const bids = Array.from({ length: 500 }, (_, index) => [1 - index / 1_000, index === 1 ? 0 : 1]);
    const quote = quoteOfBook(origin, { bids, asks: [[1.1, 1]] }, 1);
    assert.equal(quote?.bids.length, 20);
    assert.equal(quote?.bids[1]?.price, '0.998');
  });

  const nonsense = [
    { name: 'crossed', bids: [[2, 1]], asks: [[1, 1]] },
    { name: 'locked', bids: [[1, 1]], asks: [[1, 1]] },
    { name: 'without bids', bids: [], asks: [[1, 1]] },
    { name: 'not a number', bids: [[Number.NaN, 1]], asks: [[1, 1]] },
    { name: 'of a negative price', bids: [[-1, 1]], asks: [[1, 1]] },
    { name: 'of a negative size', bids: [[0.9, -1]], asks: [[1, 1]] },
    { name: 'of a price of zero', bids: [[0, 1]], asks: [[1, 1]] },
  ];
  for (const { name, bids, asks } of nonsense) {
    test(`${name} is no quote`, () => assert.equal(quoteOfBook(origin, { bids, asks }, 1), null));
  }
});

test('reconnecting backs off with jitter, five seconds at most', () => {
  assert.equal(
    backoffMs(1, () => 0),
    250,
  );
  assert.equal(
    backoffMs(1, () => 1),
    500,
  );
  assert.equal(
    backoffMs(3, () => 1),
    2_000,
  );
  assert.equal(
    backoffMs(30, () => 1),
    5_000,
  );
  assert.equal(
    backoffMs(30, () => 0.5),
    2_625,
  );
});

async function market(t: TestContext): Promise<{ fake: FakeVenue; market: MarketData }> {
  const fake = await startFakeBinanceusdm();
  const data = createMarketData({
    endpoints: { binanceusdm: { rest: fake.address, ws: '' } },
    clock: { nowMs: () => Date.now() },
    log: quietLog,
  });
  t.after(async () => {
    await data.close();
    await fake.close();
  });
  return { fake, market: data };
}

suite('public data of binanceusdm', () => {
  const perpetual = 'USDC/USDT:USDT';
  const gridMs = 4 * 3_600_000;
  const nextFundingTime = (Math.floor(Date.now() / gridMs) + 1) * gridMs;

  function premium(fake: FakeVenue, fundingInfo: unknown): void {
    fake.route('GET', '/fapi/v1/premiumIndex', () => ({
      symbol: 'USDCUSDT',
      markPrice: '1.0',
      indexPrice: '1.0',
      lastFundingRate: '-0.00005000',
      nextFundingTime,
      time: 1,
    }));
    fake.route('GET', '/fapi/v1/fundingInfo', () => fundingInfo);
  }

  test('a funding rate with the interval that the venue states apart', async (t) => {
    const { fake, market: data } = await market(t);
    premium(fake, [{ symbol: 'USDCUSDT', fundingIntervalHours: 4, adjustedFundingRateCap: '0.02' }]);
    const rate = await data.fundingRate('binanceusdm', perpetual);
    assert.deepEqual(rate, {
      symbol: perpetual,
      rate: '-0.00005',
      nextSettlementAtMs: nextFundingTime,
      intervalHours: 4,
    });
    await data.fundingRate('binanceusdm', perpetual);
    assert.equal(fake.to('GET', '/fapi/v1/fundingInfo').length, 1, 'the interval is kept');
  });

  test('eight hours where the venue lists no interval', async (t) => {
    const { fake, market: data } = await market(t);
    premium(fake, []);
    assert.equal((await data.fundingRate('binanceusdm', perpetual)).intervalHours, 8);
  });

  test('settled rates, oldest first', async (t) => {
    const { fake, market: data } = await market(t);
    const sinceMs = Date.now() - 86_400_000;
    fake.route('GET', '/fapi/v1/fundingRate', () => [
      { symbol: 'USDCUSDT', fundingTime: sinceMs + 2, fundingRate: '0.00010000', markPrice: '1' },
      { symbol: 'USDCUSDT', fundingTime: sinceMs + 1, fundingRate: '-0.0002', markPrice: '1' },
    ]);
    assert.deepEqual(await data.fundingRatesSince('binanceusdm', perpetual, sinceMs), [
      { symbol: perpetual, rate: '-0.0002', settledAtMs: sinceMs + 1 },
      { symbol: perpetual, rate: '0.0001', settledAtMs: sinceMs + 2 },
    ]);
  });

  test('a book over REST', async (t) => {
    const { market: data } = await market(t);
    const quote = await data.orderBook('binanceusdm', perpetual);
    assert.deepEqual([quote.bids[0]?.price, quote.asks[0]?.price], ['0.9999', '1.0001']);
  });

  test('a venue without an address is refused by name', async (t) => {
    const { market: data } = await market(t);
    await assert.rejects(data.orderBook('bybit', 'USDC/USDT'), {
      kind: 'bad_request',
      message: /simulated are: binanceusdm/,
    });
  });

  test('a failed connection is tried again by the next question', async (t) => {
    const { fake, market: data } = await market(t);
    fake.breakEndpoint('GET', '/fapi/v1/exchangeInfo', breakages.text(503, ''));
    await assert.rejects(data.orderBook('binanceusdm', perpetual), { kind: 'unavailable' });
    fake.breakEndpoint('GET', '/fapi/v1/exchangeInfo', null);
    await data.orderBook('binanceusdm', perpetual);
  });
});

test('a spot pair has no funding', async (t) => {
  const feed = await startFeed(t);
  await assert.rejects(feed.market.fundingRate('bybit', 'USDC/USDT'), { kind: 'bad_symbol', message: /no funding/ });
});

test('an empty book over REST is malformed', async (t) => {
  const feed = await startFeed(t);
  feed.rest.route('GET', bookPath, () => bybitOk({ s: 'USDCUSDT', b: [], a: [], ts: 1, u: 1, seq: 1 }));
  await assert.rejects(feed.market.orderBook('bybit', 'USDC/USDT'), { kind: 'malformed_reply' });
});
