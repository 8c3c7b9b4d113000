/** What binance spot refuses, in whose codes, and that nothing a client sends breaks it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { closers } from '../../support/simulator.ts';
import type { Binance, Keys, Parameters } from './support.ts';
import { startBinance } from './support.ts';

const limit = { symbol: 'USDCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 100, price: '0.9' };
const readerKeys: Keys = { apiKey: 'reader', secret: 'reader-secret' };
const accounts = [{ name: 'main' }, { name: 'reader', ...readerKeys, permissions: ['read'] }];

describe('an order that binance spot refuses', () => {
  const suite = closers();
  let binance: Binance;
  before(async () => {
    binance = await startBinance(suite, 'binance');
    await binance.ask('POST', '/api/v3/order', { ...limit, newClientOrderId: 'taken' });
  });
  after(() => suite.closeAll());

  const cases: readonly [string, Parameters, code: number][] = [
    ['no side', { side: undefined }, -1102],
    ['an unknown side', { side: 'HOLD' }, -1117],
    ['an unknown type', { type: 'LIMITED' }, -1116],
    ['a stop', { type: 'STOP_LOSS_LIMIT', stopPrice: '0.8' }, -2010],
    ['an unknown time in force', { timeInForce: 'GTX' }, -1115],
    ['no time in force', { timeInForce: undefined }, -1102],
    ['a price in a market order', { type: 'MARKET', timeInForce: undefined }, -1106],
    ['a time in force in a post-only order', { type: 'LIMIT_MAKER' }, -1106],
    ['an amount of quote in a limit order', { quoteOrderQty: 100 }, -1106],
    ['no quantity', { quantity: undefined }, -1102],
    ['a negative quantity', { quantity: '-1' }, -1100],
    ['a quantity in exponents', { quantity: '1e3' }, -1100],
    ['a quantity of zero', { quantity: 0 }, -1013],
    ['a quantity off the step', { quantity: '100.5' }, -1013],
    ['a quantity above the maximum', { quantity: 9_000_001 }, -1013],
    ['nine places', { price: '0.900000001' }, -1111],
    ['a price of zero', { price: 0 }, -1013],
    ['a price off the tick', { price: '0.900001' }, -1013],
    ['a price beyond the filter', { price: 1001 }, -1013],
    ['too small a value', { quantity: 5, price: '0.9' }, -1013],
    ['more than the account has', { quantity: 200_000, price: '0.9' }, -2010],
    ['the client id of an open order', { newClientOrderId: 'taken' }, -2010],
    ['an illegal client id', { newClientOrderId: 'a b' }, -1100],
    ['a price that would take, and may not', { type: 'LIMIT_MAKER', timeInForce: undefined, price: 1 }, -2010],
    ['an unknown symbol', { symbol: 'NOPE' }, -1121],
    ['an unknown kind of answer', { newOrderRespType: 'SHORT' }, -1130],
    ['an iceberg', { icebergQty: 10 }, -2010],
  ];
  for (const [what, change, code] of cases) {
    it(`has ${what}`, async () => {
      const reply = await binance.signed('POST', '/api/v3/order', { ...limit, ...change });
      assert.deepEqual([reply.status, reply.code], [400, code], JSON.stringify(reply.body));
    });
  }

  it('says in words which of the refusals of one code it is', async () => {
    const said = async (change: Parameters): Promise<unknown> =>
      (await binance.signed('POST', '/api/v3/order', { ...limit, ...change })).body;
    assert.deepEqual(await said({ newClientOrderId: 'taken' }), { code: -2010, msg: 'Duplicate order sent.' });
    assert.deepEqual(await said({ quantity: 200_000 }), {
      code: -2010,
      msg: 'Account has insufficient balance for requested action.',
    });
    assert.deepEqual(await said({ quantity: '100.5' }), { code: -1013, msg: 'Filter failure: LOT_SIZE' });
    assert.deepEqual(await said({ type: 'LIMIT_MAKER', timeInForce: undefined, price: 1 }), {
      code: -2010,
      msg: 'Order would immediately match and take.',
    });
  });

  it('is not there to be found or cancelled', async () => {
    const symbol = { symbol: 'USDCUSDT' };
    for (const name of [{ orderId: 1 }, { origClientOrderId: 'nobody' }]) {
      assert.equal((await binance.signed('GET', '/api/v3/order', { ...symbol, ...name })).code, -2013);
      assert.equal((await binance.signed('DELETE', '/api/v3/order', { ...symbol, ...name })).code, -2011);
    }
    assert.equal((await binance.signed('GET', '/api/v3/order', symbol)).code, -1102);
    assert.equal((await binance.signed('DELETE', '/api/v3/order', { ...symbol, orderId: 'x' })).code, -1100);
    const restricted = { ...symbol, origClientOrderId: 'taken', cancelRestrictions: 'ONLY_PARTIALLY_FILLED' };
    assert.equal((await binance.signed('DELETE', '/api/v3/order', restricted)).code, -2011);
  });

  it('may be tried without being placed', async () => {
    const test = (change: Parameters): ReturnType<Binance['signed']> =>
      binance.signed('POST', '/api/v3/order/test', { ...limit, ...change });
    assert.deepEqual((await test({})).body, {});
    assert.equal((await test({ quantity: '100.5' })).code, -1013);
    const { body } = await test({ computeCommissionRates: true });
    assert.match(JSON.stringify(body), /"standardCommissionForOrder":{"maker":"0.00100000","taker":"0.00100000"}/);
    assert.equal((await binance.list('GET', '/api/v3/openOrders')).length, 1);
  });
});

describe('who may ask binance spot, and until when', () => {
  const nowMs = Date.UTC(2026, 0, 5);
  const suite = closers();
  let binance: Binance;
  before(async () => {
    binance = await startBinance(suite, 'binance', { venue: { accounts }, wallMs: () => nowMs });
  });
  after(() => suite.closeAll());

  const account = async (params: Parameters, keys?: Keys): Promise<[number, number]> => {
    const { status, code } = await binance.signed('GET', '/api/v3/account', params, keys);
    return [status, code];
  };

  it('wants a key that it knows and a signature that holds', async () => {
    const { credentials } = binance.simulator.address('binance');
    const plain = await binance.plain('GET', '/api/v3/account', { timestamp: nowMs });
    assert.deepEqual([plain.status, plain.code], [401, -2014]);
    assert.deepEqual(await account({}, { ...credentials, apiKey: 'nobody' }), [401, -2015]);
    assert.deepEqual(await account({}, { ...credentials, secret: 'another' }), [400, -1022]);
    const unsigned = await binance.plain('GET', '/api/v3/account', { timestamp: nowMs }, credentials.apiKey);
    assert.equal(unsigned.code, -1102);
    const untimed = await binance.plain('GET', '/api/v3/account', { signature: 'x' }, credentials.apiKey);
    assert.equal(untimed.code, -1102);
  });

  it('takes a request within its window alone: five seconds, or as it says up to a minute', async () => {
    assert.deepEqual(await account({ timestamp: nowMs - 5000 }), [200, 0]);
    assert.deepEqual(await account({ timestamp: nowMs - 5001 }), [400, -1021]);
    assert.deepEqual(await account({ timestamp: nowMs - 5001, recvWindow: 6000 }), [200, 0]);
    assert.deepEqual(await account({ timestamp: nowMs - 501, recvWindow: 500 }), [400, -1021]);
    assert.deepEqual(await account({ timestamp: nowMs + 999 }), [200, 0]);
    assert.deepEqual(await account({ timestamp: nowMs + 1000 }), [400, -1021]);
    assert.deepEqual(await account({ recvWindow: 60_001 }), [400, -1131]);
    assert.deepEqual(await account({ timestamp: nowMs * 1000 }), [200, 0]);
  });

  it('lets a key read, and not trade without the permission', async () => {
    const { status, code } = await binance.signed('POST', '/api/v3/order', limit, readerKeys);
    assert.deepEqual([status, code], [401, -2015]);
    assert.deepEqual(await account({}, readerKeys), [200, 0]);
    const { body } = await binance.signed('GET', '/sapi/v1/account/apiRestrictions', {}, readerKeys);
    assert.match(JSON.stringify(body), /"enableReading":true.*"enableSpotAndMarginTrading":false/);
  });
});

describe('requests that no client should send to binance spot', () => {
  const suite = closers();
  let binance: Binance;
  before(async () => {
    binance = await startBinance(suite, 'binance');
  });
  after(() => suite.closeAll());

  it('are answered in the envelope', async () => {
    const cases: readonly [string, Parameters, number][] = [
      ['/api/v3/depth', {}, -1102],
      ['/api/v3/depth', { symbol: 'NOPE' }, -1121],
      ['/api/v3/depth', { symbol: 'USDCUSDT', limit: -1 }, -1100],
      ['/api/v3/depth', { symbol: 'USDCUSDT', limit: 0 }, -1130],
      ['/api/v3/klines', { symbol: 'USDCUSDT', interval: '7m' }, -1120],
      ['/api/v3/ticker/24hr', { symbol: 'USDCUSDT', symbols: '["USDCUSDT"]' }, -1128],
      ['/api/v3/ticker/24hr', { symbols: '{' }, -1100],
      ['/api/v3/ticker/24hr', { symbols: '["USDCUSDT","USDCUSDT"]' }, -1151],
      ['/api/v9/nothing', {}, -1020],
    ];
    for (const [path, params, code] of cases) {
      assert.equal((await binance.plain('GET', path, params)).code, code, `${path} ${JSON.stringify(params)}`);
    }
    const doubled = await fetch(`${binance.simulator.address('binance').rest}/api/v3/depth?symbol=A&symbol=B`);
    assert.match(await doubled.text(), /-1101/);
    const far = { symbol: 'USDCUSDT', startTime: 0, endTime: 86_400_001 };
    assert.equal((await binance.signed('GET', '/api/v3/myTrades', far)).code, -1127);
    assert.equal((await binance.signed('GET', '/api/v3/allOrders', { ...far, endTime: -1 })).code, -1100);
    const both = { symbol: 'USDCUSDT', startTime: 0, fromId: 1 };
    assert.equal((await binance.signed('GET', '/api/v3/myTrades', both)).code, -1128);
  });

  it('whatever a field holds, an order gets a definite answer', async () => {
    const anything = fc.oneof(
      fc.string(),
      fc.constantFrom('__proto__', '1e999', '0x10', '-0', '٣', '9'.repeat(60), '0.' + '0'.repeat(30) + '1', '%', '&'),
    );
    const name = fc.constantFrom(...Object.keys(limit), 'newClientOrderId', 'quoteOrderQty', 'newOrderRespType');
    await fc.assert(
      fc.asyncProperty(name, anything, async (field, value) => {
        const { status, code } = await binance.signed('POST', '/api/v3/order', { ...limit, [field]: value });
        assert.ok((status === 200 && code === 0) || (status === 400 && code < -1000), `${status} ${code}`);
      }),
      { numRuns: 150 },
    );
  });
});
