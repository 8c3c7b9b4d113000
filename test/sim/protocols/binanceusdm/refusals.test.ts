/** What binance USDⓈ-M refuses, in whose codes. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rows } from '../../support/json.ts';
import { closers } from '../../support/simulator.ts';
import type { Binance, Keys, Parameters } from '../binance/support.ts';
import { startBinance } from '../binance/support.ts';

const limit = { symbol: 'USDCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 100, price: '0.9' };
const readerKeys: Keys = { apiKey: 'reader', secret: 'reader-secret' };
const accounts = [{ name: 'main' }, { name: 'reader', ...readerKeys, permissions: ['read'] }];

describe('an order that binance USDⓈ-M refuses', () => {
  const suite = closers();
  let binance: Binance;
  before(async () => {
    binance = await startBinance(suite, 'binanceusdm', { venue: { accounts } });
    await binance.ask('POST', '/fapi/v1/order', { ...limit, newClientOrderId: 'taken' });
  });
  after(() => suite.closeAll());

  const cases: readonly [string, Parameters, code: number][] = [
    ['no side', { side: undefined }, -1102],
    ['an unknown side', { side: 'HOLD' }, -1117],
    ['an unknown type', { type: 'LIMIT_MAKER' }, -1116],
    ['a stop', { type: 'STOP_MARKET' }, -4120],
    ['an unknown time in force', { timeInForce: 'GTD' }, -1115],
    ['a price in a market order', { type: 'MARKET' }, -1106],
    ['no quantity', { quantity: undefined }, -1102],
    ['a quantity of zero', { quantity: 0 }, -4003],
    ['a quantity off the step', { quantity: '100.5' }, -1111],
    ['a quantity above the maximum', { quantity: 9_000_001 }, -4005],
    ['a price of zero', { price: 0 }, -4001],
    ['a price off the tick', { price: '0.9000001' }, -1111],
    ['a price beyond the filter', { price: 101 }, -4002],
    ['too small a value', { quantity: 5 }, -4164],
    ['more than the margin carries', { quantity: 3_000_000 }, -2019],
    ['the client id of an open order', { newClientOrderId: 'taken' }, -4116],
    ['an illegal client id', { newClientOrderId: 'a b' }, -4015],
    ['a price that would take, and may not', { timeInForce: 'GTX', price: 1 }, -5022],
    ['more than the book has, all or nothing', { timeInForce: 'FOK', price: 1, quantity: 300_000 }, -5021],
    ['nothing to reduce', { reduceOnly: true }, -2022],
    ['a side of a hedge', { positionSide: 'LONG' }, -4061],
    ['a position to close whole', { closePosition: true }, -4136],
    ['a flag that is neither', { reduceOnly: 'maybe' }, -1102],
    ['an unknown symbol', { symbol: 'NOPE' }, -1121],
    ['an unknown kind of answer', { newOrderRespType: 'FULL' }, -1130],
  ];
  for (const [what, change, code] of cases) {
    it(`has ${what}`, async () => {
      const reply = await binance.signed('POST', '/fapi/v1/order', { ...limit, ...change });
      assert.deepEqual([reply.status, reply.code], [400, code], JSON.stringify(reply.body));
    });
  }

  it('exceeds what its leverage may hold', async () => {
    // At 50 times the first tier alone, 50,000, is allowed.
    await binance.ask('POST', '/fapi/v1/leverage', { symbol: 'USDCUSDT', leverage: 50 });
    assert.equal((await binance.signed('POST', '/fapi/v1/order', { ...limit, quantity: 60_000 })).code, -2027);
  });

  it('is not there to be found or cancelled', async () => {
    for (const name of [{ orderId: 1 }, { origClientOrderId: 'nobody' }]) {
      const params = { symbol: 'USDCUSDT', ...name };
      assert.equal((await binance.signed('GET', '/fapi/v1/order', params)).code, -2013);
      assert.equal((await binance.signed('GET', '/fapi/v1/openOrder', params)).code, -2013);
      assert.equal((await binance.signed('DELETE', '/fapi/v1/order', params)).code, -2011);
    }
  });

  it('comes from a key that may only read', async () => {
    const { status, code } = await binance.signed('POST', '/fapi/v1/order', limit, readerKeys);
    assert.deepEqual([status, code], [401, -2015]);
    assert.equal((await binance.signed('GET', '/fapi/v3/account', {}, readerKeys)).status, 200);
  });

  it('is one of several, and the others stand', async () => {
    const texts = { ...limit, quantity: '100' };
    const batchOrders = JSON.stringify([
      { ...texts, newClientOrderId: 'one' },
      { ...texts, quantity: '0' },
    ]);
    const placed = await binance.list('POST', '/fapi/v1/batchOrders', { batchOrders });
    assert.deepEqual(
      placed.map(({ clientOrderId, code }) => [clientOrderId, code]),
      [
        ['one', undefined],
        [undefined, -4003],
      ],
    );
    const cancelled = await binance.list('DELETE', '/fapi/v1/batchOrders', {
      symbol: 'USDCUSDT',
      origClientOrderIdList: '["one","two"]',
    });
    assert.deepEqual(
      cancelled.map(({ status, code }) => [status, code]),
      [
        ['CANCELED', undefined],
        [undefined, -2011],
      ],
    );
    const many = JSON.stringify(Array.from({ length: 6 }, () => texts));
    for (const [text, code] of [
      [many, -4082],
      ['[]', -1100],
      ['[1]', -1100],
      ['{', -1100],
    ] as const) {
      assert.equal((await binance.signed('POST', '/fapi/v1/batchOrders', { batchOrders: text })).code, code, text);
    }
  });
});

describe('settings of binance USDⓈ-M', () => {
  const suite = closers();
  let binance: Binance;
  before(async () => {
    binance = await startBinance(suite, 'binanceusdm');
  });
  after(() => suite.closeAll());

  const cases: readonly [path: string, params: Parameters, code: number][] = [
    ['leverage', { leverage: 0 }, -4028],
    ['leverage', { leverage: 51 }, -4028],
    ['leverage', { leverage: '3.5' }, -1100],
    ['leverage', {}, -1102],
    ['marginType', { marginType: 'CROSSED' }, -4046],
    ['marginType', { marginType: 'ISOLATED' }, -4047],
    ['marginType', { marginType: 'BOTH' }, -4048],
    ['positionSide/dual', { dualSidePosition: false }, -4059],
    ['positionSide/dual', { dualSidePosition: true }, -4068],
    ['countdownCancelAll', {}, -1102],
  ];
  for (const [path, params, code] of cases) {
    it(`${path} ${JSON.stringify(params)} answers ${code}`, async () => {
      const reply = await binance.signed('POST', `/fapi/v1/${path}`, { symbol: 'USDCUSDT', ...params });
      assert.deepEqual([reply.status, reply.code], [400, code]);
    });
  }

  it('tell the leverage and the largest notional that it allows, and the tiers', async () => {
    assert.deepEqual(await binance.ask('POST', '/fapi/v1/leverage', { symbol: 'USDCUSDT', leverage: 10 }), {
      symbol: 'USDCUSDT',
      leverage: 10,
      maxNotionalValue: '3000000',
    });
    const [configured] = await binance.list('GET', '/fapi/v1/symbolConfig', { symbol: 'USDCUSDT' });
    assert.equal(configured?.['leverage'], 10);
    const [tiers] = await binance.list('GET', '/fapi/v1/leverageBracket');
    assert.deepEqual(
      rows(tiers?.['brackets'])
        .slice(0, 2)
        .map(({ initialLeverage, notionalCap, maintMarginRatio, cum }) => [
          initialLeverage,
          notionalCap,
          maintMarginRatio,
          cum,
        ]),
      [
        [50, 50_000, 0.01, 0],
        [25, 600_000, 0.02, 500],
      ],
    );
    assert.equal((await binance.plain('GET', '/fapi/v9/nothing')).code, -5000);
  });
});
