/** Request weights and order counts of binance's markets, with their headers, refusals and bans. Wall time stands still. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { row, rows } from '../../support/json.ts';
import type { Closing } from '../../support/simulator.ts';
import type { Binance, BinanceVenue, Reply } from './support.ts';
import { startBinance } from './support.ts';

const minuteMs = Date.UTC(2026, 0, 5);

interface Limited {
  readonly binance: Binance;
  readonly pass: (milliseconds: number) => void;
}

async function startLimited(closing: Closing, venue: BinanceVenue): Promise<Limited> {
  let nowMs = minuteMs + 15_000;
  const binance = await startBinance(closing, venue, { venue: { rateLimits: true }, wallMs: () => nowMs });
  return {
    binance,
    pass(milliseconds) {
      nowMs += milliseconds;
    },
  };
}

/** Weight 250 at spot. */
const deepest = { symbol: 'USDCUSDT', limit: 5000 };

function told({ status, headers }: Reply): [number, string | null, string | null] {
  return [status, headers.get('x-mbx-used-weight-1m'), headers.get('retry-after')];
}

describe("binance spot's limit of 6,000 a minute", () => {
  it('counts each request by its weight', async (t) => {
    const { binance } = await startLimited(t, 'binance');
    const used = async (path: string, params = {}): Promise<string | null> =>
      (await binance.plain('GET', path, params)).headers.get('x-mbx-used-weight-1m');
    assert.equal(await used('/api/v3/ping'), '1');
    assert.equal(await used('/api/v3/depth', { symbol: 'USDCUSDT' }), '6');
    assert.equal(await used('/api/v3/depth', { symbol: 'USDCUSDT', limit: 500 }), '31');
    assert.equal(await used('/api/v3/ticker/24hr'), '111');
    assert.equal(await used('/api/v3/ticker/24hr', { symbol: 'USDCUSDT' }), '113');
    assert.equal(await used('/api/v3/nothing'), '114');
    const coins = await binance.signed('GET', '/sapi/v1/capital/config/getall');
    assert.deepEqual(
      [coins.headers.get('x-sapi-used-ip-weight-1m'), coins.headers.get('x-mbx-used-weight-1m')],
      ['10', null],
    );
  });

  it('refuses beyond it until the minute is over, and bans who goes on, for longer each time', async (t) => {
    const { binance, pass } = await startLimited(t, 'binance');
    const ask = (): Promise<Reply> => binance.plain('GET', '/api/v3/depth', deepest);
    for (let count = 1; count < 24; count += 1) await ask();
    assert.deepEqual(told(await ask()), [200, '6000', null]);
    const refused = await ask();
    assert.deepEqual([told(refused), refused.code], [[429, '6250', '45'], -1003]);
    pass(45_000);
    assert.deepEqual(told(await ask()), [200, '250', null]);
    for (let count = 1; count < 24; count += 1) await ask();
    // The refusal of the last minute counts: eight more, and the tenth is a ban of two minutes.
    for (let count = 0; count < 8; count += 1) assert.equal((await ask()).status, 429);
    const banned = await ask();
    assert.deepEqual([banned.status, banned.code, banned.headers.get('retry-after')], [418, -1003, '120']);
    pass(60_000);
    const still = await binance.plain('GET', '/api/v3/ping');
    assert.deepEqual([still.status, still.headers.get('retry-after')], [418, '60']);
    pass(60_000);
    assert.equal((await binance.plain('GET', '/api/v3/ping')).status, 200);
  });

  it('is told and not enforced where the configuration says so', async (t) => {
    const binance = await startBinance(t, 'binance', { wallMs: () => minuteMs });
    for (let count = 0; count < 25; count += 1) await binance.plain('GET', '/api/v3/depth', deepest);
    assert.deepEqual(told(await binance.plain('GET', '/api/v3/ping')), [200, '6251', null]);
  });
});

describe("an account's orders", () => {
  const order = { symbol: 'USDCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 10, price: '0.9' };

  it('at spot are 100 in ten seconds; refused ones do not count', async (t) => {
    const { binance, pass } = await startLimited(t, 'binance');
    const place = (change = {}): Promise<Reply> => binance.signed('POST', '/api/v3/order', { ...order, ...change });
    for (let count = 1; count <= 50; count += 1) await place({ quantity: 0 });
    for (let count = 1; count < 100; count += 1) await place();
    const { headers } = await place();
    assert.deepEqual(
      [headers.get('x-mbx-order-count-10s'), headers.get('x-mbx-order-count-1d'), headers.get('x-mbx-used-weight-1m')],
      ['100', '100', '150'],
    );
    const refused = await place();
    assert.deepEqual([refused.status, refused.code, refused.headers.get('retry-after')], [429, -1015, '5']);
    const counts = await binance.list('GET', '/api/v3/rateLimit/order');
    assert.deepEqual(
      counts.map(({ interval, limit, count }) => [interval, limit, count]),
      [
        ['SECOND', 100, 100],
        ['DAY', 200_000, 100],
      ],
    );
    pass(5000);
    assert.equal((await place()).headers.get('x-mbx-order-count-10s'), '1');
  });

  it('at USDⓈ-M cost no weight; a batch counts each of its own', async (t) => {
    const { binance } = await startLimited(t, 'binanceusdm');
    const single = await binance.signed('POST', '/fapi/v1/order', order);
    assert.deepEqual(
      [single.headers.get('x-mbx-order-count-10s'), single.headers.get('x-mbx-order-count-1m'), told(single)],
      ['1', '1', [200, '0', null]],
    );
    const texts = { ...order, quantity: '10', reduceOnly: false };
    const batch = await binance.signed('POST', '/fapi/v1/batchOrders', {
      batchOrders: JSON.stringify([texts, { ...texts, quantity: '0' }]),
    });
    assert.equal(batch.headers.get('x-mbx-order-count-1m'), '3');
    assert.deepEqual(
      rows(batch.body).map(({ status, code }) => [status, code]),
      [
        ['NEW', undefined],
        [undefined, -4003],
      ],
    );
    const limits = rows(row((await binance.plain('GET', '/fapi/v1/exchangeInfo')).body)['rateLimits']);
    assert.deepEqual(
      limits.map(({ rateLimitType, interval, limit }) => [rateLimitType, interval, limit]),
      [
        ['REQUEST_WEIGHT', 'MINUTE', 2400],
        ['ORDERS', 'SECOND', 300],
        ['ORDERS', 'MINUTE', 1200],
      ],
    );
  });
});
