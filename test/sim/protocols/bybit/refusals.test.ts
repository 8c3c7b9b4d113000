/** What bybit refuses, in whose codes, and that nothing a client sends breaks it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Row } from '../../support/json.ts';
import { rows } from '../../support/json.ts';
import { closers } from '../../support/simulator.ts';
import type { Bybit } from './support.ts';
import { pair, perpetual, startBybit } from './support.ts';

const limit = { side: 'Buy', orderType: 'Limit', qty: '100', price: '0.9' } as const;

describe('an order that bybit refuses', () => {
  const suite = closers();
  let bybit: Bybit;
  before(async () => {
    bybit = await startBybit(suite);
    await bybit.post('/v5/order/create', { ...perpetual, ...limit, orderLinkId: 'taken' });
    const { result } = await bybit.post('/v5/order/create', { ...pair, ...limit, orderLinkId: 'done' });
    await bybit.post('/v5/order/cancel', { ...pair, orderId: result['orderId'] });
  });
  after(() => suite.closeAll());

  const cases: readonly [string, Row, spotCode: number, linearCode: number][] = [
    ['no side', { side: undefined }, 170117, 10001],
    ['an unknown type', { orderType: 'Stop' }, 170116, 10001],
    ['an unknown time in force', { timeInForce: 'GTX' }, 170115, 10001],
    ['no quantity', { qty: '' }, 170130, 10001],
    ['a negative quantity', { qty: '-1' }, 170130, 10001],
    ['a quantity in exponents', { qty: 1e30 }, 170130, 10001],
    ['a quantity of zero', { qty: '0' }, 170130, 10001],
    ['a quantity off the step', { qty: '100.001' }, 170137, 10001],
    ['a quantity below the minimum', { qty: '0.01' }, 170136, 10001],
    ['a quantity above the maximum', { qty: '9000001' }, 170135, 10001],
    ['a price of zero', { price: '0' }, 170130, 110003],
    ['a price off the tick', { price: '0.90001' }, 170134, 10001],
    ['too small a value', { qty: '1', price: '0.5' }, 170140, 110094],
    ['more than the account has', { qty: '2000000' }, 170131, 110007],
    ['a client id in use', { orderLinkId: 'taken' }, 170141, 110072],
    ['the client id of an order that is done', { orderLinkId: 'done' }, 170141, 110072],
    ['an illegal client id', { orderLinkId: 'a b' }, 10001, 10001],
    ['a trigger', { triggerPrice: '0.8' }, 10001, 10001],
    ['a stop loss', { stopLoss: '0.8' }, 10001, 10001],
    ['an unknown symbol', { symbol: 'NOPE' }, 10001, 10001],
    ['an unknown category', { category: 'futures' }, 10001, 10001],
  ];
  for (const [what, change, spotCode, linearCode] of cases) {
    it(`has ${what}`, async () => {
      const asked = async (market: Row): Promise<number> =>
        (await bybit.post('/v5/order/create', { ...market, ...limit, ...change })).code;
      assert.deepEqual([await asked(pair), await asked(perpetual)], [spotCode, linearCode]);
    });
  }

  it('is for the wrong position mode, or closes on a trigger', async () => {
    for (const change of [{ positionIdx: 1 }, { positionIdx: 2 }, { closeOnTrigger: true }, { reduceOnly: 'maybe' }]) {
      const { code } = await bybit.post('/v5/order/create', { ...perpetual, ...limit, ...change });
      assert.equal(code, 10001, JSON.stringify(change));
    }
    assert.equal((await bybit.post('/v5/order/create', { ...perpetual, ...limit, reduceOnly: true })).code, 110017);
  });

  it('is unknown when it is to be cancelled', async () => {
    for (const [market, code] of [
      [pair, 170213],
      [perpetual, 110001],
    ] as const) {
      assert.equal((await bybit.post('/v5/order/cancel', { ...market, orderId: '1' })).code, code);
      assert.equal((await bybit.post('/v5/order/cancel', { ...market, orderLinkId: 'done' })).code, code);
      assert.equal((await bybit.post('/v5/order/cancel', market)).code, 10001);
    }
  });
});

describe('what bybit does not do', () => {
  const suite = closers();
  let bybit: Bybit;
  before(async () => {
    bybit = await startBybit(suite);
  });
  after(() => suite.closeAll());

  const cases: readonly [path: string, body: Row, code: number][] = [
    ['/v5/order/amend', { ...perpetual, orderId: '1', qty: '2' }, 10001],
    ['/v5/position/trading-stop', { ...perpetual, stopLoss: '0.9' }, 10001],
    ['/v5/position/set-leverage', { ...perpetual, buyLeverage: '10', sellLeverage: '10' }, 110043],
    ['/v5/position/set-leverage', { ...perpetual, buyLeverage: '51', sellLeverage: '51' }, 10001],
    ['/v5/position/set-leverage', { ...perpetual, buyLeverage: '3', sellLeverage: '4' }, 10001],
    ['/v5/position/set-leverage', { ...pair, buyLeverage: '3', sellLeverage: '3' }, 10001],
    ['/v5/position/switch-isolated', { ...perpetual, tradeMode: 0 }, 110026],
    ['/v5/position/switch-isolated', { ...perpetual, tradeMode: 1 }, 100028],
    ['/v5/position/switch-mode', { ...perpetual, mode: 0 }, 110025],
    ['/v5/position/switch-mode', { category: 'linear', coin: 'USDT', mode: 3 }, 110029],
    ['/v5/account/set-margin-mode', { setMarginMode: 'REGULAR_MARGIN' }, 110026],
    ['/v5/account/set-margin-mode', { setMarginMode: 'PORTFOLIO_MARGIN' }, 3400045],
    ['/v5/order/cancel-all', { category: 'linear' }, 10001],
  ];
  for (const [path, body, code] of cases) {
    it(`${path} ${JSON.stringify(body)} answers ${code}`, async () => {
      assert.equal((await bybit.post(path, body)).code, code);
    });
  }

  it('inverse contracts and options exist and are empty', async () => {
    for (const category of ['inverse', 'option']) {
      assert.deepEqual(await bybit.list('/v5/market/instruments-info', { category }), []);
      assert.deepEqual(await bybit.list('/v5/market/tickers', { category }), []);
      assert.deepEqual(await bybit.list('/v5/position/list', { category }), []);
      assert.deepEqual(await bybit.list('/v5/execution/list', { category }), []);
      assert.equal((await bybit.get('/v5/market/orderbook', { ...perpetual, category })).code, 10001);
    }
  });

  it('the suffix that tells a perpetual from its pair inside never reaches the wire', async () => {
    for (const category of ['spot', 'linear']) {
      assert.equal((await bybit.get('/v5/market/tickers', { category, symbol: 'USDCUSDT.linear' })).code, 10001);
    }
    const [ticker] = await bybit.list('/v5/market/tickers', perpetual);
    assert.equal(ticker?.['symbol'], 'USDCUSDT');
  });
});

describe('requests that no client should send', () => {
  const suite = closers();
  let bybit: Bybit;
  before(async () => {
    bybit = await startBybit(suite);
  });
  after(() => suite.closeAll());

  it('are answered in the envelope', async () => {
    for (const body of ['', '{', '[]', 'null', '"x"', '{"category":"linear","__proto__":{"symbol":"USDCUSDT"}}']) {
      assert.equal((await bybit.send('POST', '/v5/order/create', body)).code, 10001, body);
    }
    const deep = `{"category":"linear","symbol":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    assert.equal((await bybit.send('POST', '/v5/order/create', deep)).code, 10001);
    for (const request of [undefined, [], 'x', [1], Array.from({ length: 21 }, () => limit)]) {
      assert.equal((await bybit.post('/v5/order/create-batch', { category: 'linear', request })).code, 10001);
    }
    for (const query of ['limit=x', 'limit=0', 'cursor=x', 'startTime=2&endTime=1', 'startTime=0&endTime=604800001']) {
      assert.equal((await bybit.send('GET', '/v5/execution/list', `category=linear&${query}`)).code, 10001, query);
    }
    assert.equal((await bybit.send('GET', '/v5/execution/list', 'category=linear&execType=Gift')).code, 10001);
  });

  it('whatever a field holds, an order gets a definite answer and none is left by a refused one', async () => {
    const anything = fc.oneof(
      fc.string(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.object({ maxDepth: 2 }),
      fc.constantFrom('__proto__', '1e999', '0x10', '-0', '٣', '9'.repeat(60)),
    );
    const names = ['category', 'symbol', 'side', 'orderType', 'qty', 'price', 'timeInForce', 'orderLinkId'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        anything,
        fc.constantFrom(pair, perpetual),
        async (name, value, market) => {
          const body = { ...market, ...limit, [name]: value };
          const { status, code } = await bybit.post('/v5/order/create', body);
          assert.ok(
            status === 200 && (code === 0 || code === 10001 || code >= 110_000),
            `${code} ${JSON.stringify(body)}`,
          );
        },
      ),
      { numRuns: 100 },
    );
    const open = rows((await bybit.get('/v5/order/realtime', { category: 'spot', limit: 50 })).result['list']);
    for (const order of open) assert.match(String(order['qty']), /^\d+(\.\d+)?$/);
  });
});
