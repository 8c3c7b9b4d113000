/** Binance spot's websockets as a raw client sees them: market streams, and user streams in their two forms. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import { tapeStartMs } from '../../support/simulator.ts';
import type { Binance, Parameters } from './support.ts';
import { applyLevels, hmac, kindIs, listen, pick, startBinance, subscribe } from './support.ts';

const hourMs = 3_600_000;
const order = { symbol: 'USDCUSDT', side: 'SELL', type: 'LIMIT', timeInForce: 'IOC', quantity: 1000, price: '0.99' };
const resting = { ...order, timeInForce: 'GTC', price: '1.05' };

async function place(binance: Binance, change: Parameters = {}): Promise<Row> {
  return await binance.ask('POST', '/api/v3/order', { ...order, ...change });
}

describe("binance spot's market streams", () => {
  it('differences applied to a snapshot of REST give the book that REST shows later', async (t) => {
    const binance = await startBinance(t, 'binance');
    const listener = await listen(t, binance, '/ws/0');
    await subscribe(listener, 'usdcusdt@depth@100ms');
    await listener.next(kindIs('depthUpdate'));
    await place(binance);
    const depth = async (): Promise<Row> =>
      row((await binance.plain('GET', '/api/v3/depth', { symbol: 'USDCUSDT' })).body);
    const snapshot = await depth();
    const book = new Map<string, unknown>();
    applyLevels(book, 'bid', snapshot['bids']);
    applyLevels(book, 'ask', snapshot['asks']);
    let nextId = Number(snapshot['lastUpdateId']) + 1;
    const follow = async (untilId: number): Promise<void> => {
      while (nextId <= untilId) {
        const { U, u, b, a } = await listener.next(kindIs('depthUpdate'));
        if (Number(u) < nextId) continue;
        assert.ok(Number(U) <= nextId, `${Number(U)} leaves a gap after ${nextId - 1}`);
        applyLevels(book, 'bid', b);
        applyLevels(book, 'ask', a);
        nextId = Number(u) + 1;
      }
    };
    await place(binance, { quantity: 60_000 });
    await place(binance, { ...resting, newClientOrderId: 'far' });
    binance.simulator.passMarket(hourMs);
    const later = await depth();
    await follow(Number(later['lastUpdateId']));
    const expected = new Map<string, unknown>();
    applyLevels(expected, 'bid', later['bids']);
    applyLevels(expected, 'ask', later['asks']);
    assert.deepEqual(book, expected);
    assert.equal(book.get('ask 1.05000000'), '1000.00000000');
  });

  it('tell best prices, partial books, tickers, trades and candles, alone or wrapped', async (t) => {
    const binance = await startBinance(t, 'binance');
    const names = ['bookTicker', 'depth5@100ms', 'ticker', 'trade', 'aggTrade', 'kline_1h'];
    const path = names.map((name) => `usdcusdt@${name}`).join('/');
    const listener = await listen(t, binance, `/stream?streams=${path}`);
    const heard = async (name: string): Promise<Row> =>
      row((await listener.next(({ stream }) => stream === `usdcusdt@${name}`))['data']);
    const best = await heard('bookTicker');
    assert.deepEqual(pick(best, 's', 'b', 'B', 'a', 'A'), [
      'USDCUSDT',
      '0.99959000',
      '50000.00000000',
      '0.99961000',
      '50000.00000000',
    ]);
    assert.equal('e' in best, false);
    const { bids, ...rest } = await heard('depth5@100ms');
    assert.ok(Array.isArray(bids) && bids.length === 5);
    assert.deepEqual(Object.keys(rest), ['lastUpdateId', 'asks']);
    assert.deepEqual(pick(await heard('ticker'), 'e', 'c', 'b', 'a', 'v'), [
      '24hrTicker',
      '0.99960000',
      '0.99959000',
      '0.99961000',
      '1000.00000000',
    ]);
    assert.deepEqual(pick(row((await heard('kline_1h'))['k']), 't', 'o', 'c', 'x'), [
      tapeStartMs,
      '0.9996',
      '0.9996',
      false,
    ]);
    await place(binance);
    const trade = await heard('trade');
    assert.deepEqual(pick(trade, 'e', 'p', 'q', 'm', 'T'), ['trade', '0.99959000', '1000.00000000', true, tapeStartMs]);
    const aggregate = await heard('aggTrade');
    assert.deepEqual(pick(aggregate, 'e', 'a', 'p'), ['aggTrade', trade['t'], '0.99959000']);
  });

  it('a candle is told once more, closed, when the next begins', async (t) => {
    const binance = await startBinance(t, 'binance');
    const listener = await listen(t, binance, '/ws/usdcusdt@kline_1h');
    await listener.next(kindIs('kline'));
    binance.simulator.passMarket(hourMs);
    const closed = await listener.next(({ k }) => row(k)['x'] === true);
    assert.deepEqual(pick(row(closed['k']), 't', 'T'), [tapeStartMs, tapeStartMs + hourMs - 1]);
  });

  it('what is not a stream, not JSON or not a method is answered and harms nothing', async (t) => {
    const binance = await startBinance(t, 'binance');
    const listener = await listen(t, binance, '/ws');
    const said = async (message: unknown): Promise<Row> => {
      listener.send(message);
      return await listener.next(({ result, error }) => result !== undefined || error !== undefined);
    };
    for (const name of ['nope@depth', 'usdcusdt@nope', 'usdcusdt@depth@7ms', 'usdcusdt@markPrice', '__proto__', '']) {
      assert.equal(row((await said({ method: 'SUBSCRIBE', params: [name], id: 7 }))['error'])['code'], 2, name);
    }
    assert.equal(row((await said('{'))['error'])['code'], 3);
    assert.equal(row((await said({ method: 'DANCE', id: 1 }))['error'])['code'], 2);
    await subscribe(listener, 'usdcusdt@depth', 'usdcusdt@trade');
    assert.deepEqual(await said({ method: 'LIST_SUBSCRIPTIONS', id: 2 }), {
      result: ['usdcusdt@depth', 'usdcusdt@trade'],
      id: 2,
    });
    await said({ method: 'UNSUBSCRIBE', params: ['usdcusdt@depth'], id: 3 });
    assert.deepEqual((await said({ method: 'LIST_SUBSCRIPTIONS', id: 4 }))['result'], ['usdcusdt@trade']);
  });
});

describe("binance spot's websocket API", () => {
  function signedParams({ simulator }: Binance, params: Parameters = {}): Row {
    const { apiKey, secret } = simulator.address('binance').credentials;
    const all: Record<string, unknown> = { ...params, apiKey, timestamp: Date.now() };
    const text = Object.keys(all)
      .sort()
      .map((name) => `${name}=${String(all[name])}`)
      .join('&');
    return { ...all, signature: hmac(secret, text) };
  }

  async function call(listener: Listener, method: string, params: Row): Promise<Row> {
    listener.send({ id: 'x', method, params });
    return await listener.next(({ id }) => id === 'x');
  }

  it('answers as REST does, with the weight used', async (t) => {
    const binance = await startBinance(t, 'binance');
    const listener = await listen(t, binance, '/ws-api/v3');
    const time = await call(listener, 'time', {});
    assert.deepEqual(
      rows(time['rateLimits']).map((limit) => pick(limit, 'rateLimitType', 'limit', 'count')),
      [['REQUEST_WEIGHT', 6000, 1]],
    );
    const tickers = await call(listener, 'ticker.price', { symbols: ['USDCUSDT'], returnRateLimits: false });
    assert.deepEqual(tickers, {
      id: 'x',
      status: 200,
      result: [{ symbol: 'USDCUSDT', price: '0.99960000' }],
    });
    const placed = await call(listener, 'order.place', signedParams(binance, { ...order, newClientOrderId: 'ws-1' }));
    assert.deepEqual(pick(row(placed['result']), 'clientOrderId', 'status'), ['ws-1', 'FILLED']);
    const refused = await call(listener, 'order.place', signedParams(binance, { ...order, quantity: '0.5' }));
    assert.deepEqual(pick(refused, 'status', 'error'), [400, { code: -1013, msg: 'Filter failure: LOT_SIZE' }]);
    const forged = { ...signedParams(binance, { symbol: 'USDCUSDT' }), signature: '00' };
    assert.equal(row((await call(listener, 'openOrders.status', forged))['error'])['code'], -1022);
    assert.equal(row((await call(listener, 'order.dance', {}))['error'])['code'], -1020);
    listener.send('{');
    assert.equal((await listener.next(({ id }) => id === null))['status'], 400);
  });

  it('tells an account its orders, fills and balances', async (t) => {
    const binance = await startBinance(t, 'binance');
    const listener = await listen(t, binance, '/ws-api/v3');
    const subscribed = await call(listener, 'userDataStream.subscribe.signature', signedParams(binance));
    assert.deepEqual(subscribed['result'], { subscriptionId: 0 });
    const again = await call(listener, 'userDataStream.subscribe.signature', signedParams(binance));
    assert.equal(row(again['error'])['code'], -2035);
    const report = async (execution: string): Promise<Row> =>
      row((await listener.next(({ event }) => event !== undefined && row(event)['x'] === execution))['event']);
    await place(binance, { newClientOrderId: 'sell-1' });
    assert.deepEqual(pick(await report('NEW'), 'e', 'c', 'C', 'X', 'z'), [
      'executionReport',
      'sell-1',
      '',
      'NEW',
      '0.00000000',
    ]);
    // 999.59 · 0.001
    assert.deepEqual(pick(await report('TRADE'), 'X', 'l', 'L', 'z', 'Z', 'n', 'N', 'm'), [
      'FILLED',
      '1000.00000000',
      '0.99959000',
      '1000.00000000',
      '999.59000000',
      '0.99959000',
      'USDT',
      false,
    ]);
    const position = row((await listener.next(({ event }) => event !== undefined))['event']);
    assert.deepEqual(position['B'], [
      { a: 'USDC', f: '99000.00000000', l: '0.00000000' },
      { a: 'USDT', f: '100998.59041000', l: '0.00000000' },
    ]);
    await place(binance, { ...resting, newClientOrderId: 'rest-1' });
    const name = { symbol: 'USDCUSDT', origClientOrderId: 'rest-1', newClientOrderId: 'bye-1' };
    await binance.ask('DELETE', '/api/v3/order', name);
    assert.deepEqual(pick(await report('CANCELED'), 'c', 'C', 'X'), ['bye-1', 'rest-1', 'CANCELED']);
    await place(binance, { price: '1.01', newClientOrderId: 'none-1' });
    assert.deepEqual(pick(await report('EXPIRED'), 'c', 'C', 'X'), ['none-1', '', 'EXPIRED']);
    await binance.simulator.control('POST', '/venues/binance/balances', {
      account: 'main',
      currency: 'USDT',
      amount: '-10',
    });
    const moved = await listener.next(({ event }) => event !== undefined && row(event)['e'] === 'balanceUpdate');
    assert.deepEqual(pick(row(moved['event']), 'a', 'd'), ['USDT', '-10.00000000']);
    listener.send({ id: 'x', method: 'userDataStream.unsubscribe' });
    await listener.next(({ event }) => event !== undefined && row(event)['e'] === 'eventStreamTerminated');
  });
});

describe("binance spot's listen keys", () => {
  it('name a user stream that hears of its account until the key is deleted', async (t) => {
    const binance = await startBinance(t, 'binance');
    const { apiKey } = binance.simulator.address('binance').credentials;
    const ask = async (method: 'POST' | 'PUT' | 'DELETE', params: Parameters = {}): Promise<Row> =>
      row((await binance.plain(method, '/api/v3/userDataStream', params, apiKey)).body);
    const { listenKey } = await ask('POST');
    assert.match(String(listenKey), /^[0-9a-f]{64}$/);
    assert.deepEqual(await ask('POST'), { listenKey });
    assert.equal((await ask('PUT', { listenKey: 'another' }))['code'], -1125);
    const listener = await listen(t, binance, `/ws/${String(listenKey)}`);
    await place(binance, { newClientOrderId: 'sell-1' });
    assert.deepEqual(pick(await listener.next(kindIs('executionReport')), 'c', 'x'), ['sell-1', 'NEW']);
    await ask('DELETE', { listenKey: String(listenKey) });
    await listener.closed;
    const stranger = await listen(t, binance, `/ws/${String(listenKey)}`);
    assert.equal(await stranger.closed, 1008);
  });

  it('end after an hour without a word, and say so', async (t) => {
    let wallMs = Date.now();
    const binance = await startBinance(t, 'binance', { wallMs: () => wallMs });
    const { apiKey } = binance.simulator.address('binance').credentials;
    const { body } = await binance.plain('POST', '/api/v3/userDataStream', {}, apiKey);
    const listenKey = String(row(body)['listenKey']);
    const listener = await listen(t, binance, `/ws/${listenKey}`);
    wallMs += hourMs - 1;
    await binance.plain('PUT', '/api/v3/userDataStream', { listenKey }, apiKey);
    wallMs += hourMs - 1;
    await place(binance);
    await listener.next(kindIs('executionReport'));
    wallMs += 1;
    assert.equal((await listener.next(kindIs('listenKeyExpired')))['listenKey'], listenKey);
    assert.equal((await binance.plain('PUT', '/api/v3/userDataStream', { listenKey }, apiKey)).code, -1125);
  });
});
