/** Bybit's websockets as a raw client sees them: one connection a category, one for the account. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import { listen, listenPrivately, pair, perpetual, startBybit } from './support.ts';

const hourMs = 3_600_000;
const sell = { side: 'Sell', orderType: 'Limit', qty: '1000', price: '0.99', timeInForce: 'IOC' } as const;

function topicIs(topic: string, type?: string): (message: Row) => boolean {
  return (message) => message['topic'] === topic && (type === undefined || message['type'] === type);
}

async function subscribe(listener: Listener, topic: string): Promise<void> {
  listener.send({ op: 'subscribe', args: [topic] });
  assert.equal((await listener.next(({ op }) => op === 'subscribe'))['success'], true);
}

describe('public topics', () => {
  it('a book is a snapshot and then differences, apart for the pair and its perpetual', async (t) => {
    const bybit = await startBybit(t);
    const linear = await listen(t, bybit, '/v5/public/linear');
    const spot = await listen(t, bybit, '/v5/public/spot');
    await subscribe(linear, 'orderbook.50.USDCUSDT');
    await subscribe(spot, 'orderbook.50.USDCUSDT');
    const whole = row((await linear.next(topicIs('orderbook.50.USDCUSDT', 'snapshot')))['data']);
    assert.deepEqual([whole['s'], rows2(whole['b'])[0]], ['USDCUSDT', ['0.99975', '50000']]);
    const pairBook = row((await spot.next(topicIs('orderbook.50.USDCUSDT', 'snapshot')))['data']);
    assert.deepEqual(rows2(pairBook['b'])[0], ['0.99955', '50000']);
    await bybit.post('/v5/order/create', { ...perpetual, ...sell });
    const change = await linear.next((message) => {
      const data = topicIs('orderbook.50.USDCUSDT', 'delta')(message) ? row(message['data']) : null;
      return data !== null && rows2(data['b'])[0]?.[1] === '49000';
    });
    assert.deepEqual([rows2(row(change['data'])['b']), row(change['data'])['a']], [[['0.99975', '49000']], []]);
  });

  it("a perpetual's ticker is whole once; then it tells what changed", async (t) => {
    const bybit = await startBybit(t);
    const linear = await listen(t, bybit, '/v5/public/linear');
    await subscribe(linear, 'tickers.USDCUSDT');
    const { data } = await linear.next(topicIs('tickers.USDCUSDT', 'snapshot'));
    const names = ['symbol', 'markPrice', 'indexPrice', 'fundingRate', 'openInterestValue', 'fundingIntervalHour'];
    assert.deepEqual(
      names.map((name) => row(data)[name]),
      ['USDCUSDT', '0.9998', '0.9996', '0.0001', '0', '8'],
    );
    bybit.simulator.passMarket(hourMs);
    const delta = await linear.next(
      (message) => topicIs('tickers.USDCUSDT', 'delta')(message) && 'markPrice' in row(message['data']),
    );
    const changed = row(delta['data']);
    assert.deepEqual(
      [changed['symbol'], changed['markPrice'], changed['bid1Price']],
      ['USDCUSDT', '0.9992', '0.99915'],
    );
    assert.equal('fundingRate' in changed, false);
  });

  it('trades and candles are told as they become known', async (t) => {
    const bybit = await startBybit(t);
    const linear = await listen(t, bybit, '/v5/public/linear');
    await subscribe(linear, 'publicTrade.USDCUSDT');
    await subscribe(linear, 'kline.60.USDCUSDT');
    const first = rows((await linear.next(topicIs('kline.60.USDCUSDT')))['data'])[0];
    assert.deepEqual([first?.['open'], first?.['close'], first?.['confirm']], ['0.9997', '0.9998', true]);
    await bybit.post('/v5/order/create', { ...perpetual, ...sell });
    const [trade] = rows((await linear.next(topicIs('publicTrade.USDCUSDT')))['data']);
    assert.deepEqual([trade?.['S'], trade?.['v'], trade?.['p']], ['Sell', '1000', '0.99975']);
    bybit.simulator.passMarket(hourMs);
    const next = rows((await linear.next(topicIs('kline.60.USDCUSDT')))['data'])[0];
    assert.equal(next?.['close'], '0.9992');
  });

  it('what is not a topic, not JSON or not an operation is answered and harms nothing', async (t) => {
    const bybit = await startBybit(t);
    const linear = await listen(t, bybit, '/v5/public/linear');
    const topics = [
      'orderbook.7.USDCUSDT',
      'orderbook.50.NOPE',
      'kline.1.USDCUSDT',
      'tickers',
      '__proto__',
      'order',
      '',
    ];
    for (const topic of topics) {
      linear.send({ op: 'subscribe', req_id: 'x', args: [topic] });
      const { success, req_id: id } = await linear.next(({ op }) => op === 'subscribe');
      assert.deepEqual([success, id], [false, 'x'], topic);
    }
    for (const text of ['{', '[]', '{"op":{}}', '{"op":"subscribe","args":[{}]}', '"x"']) {
      linear.send(text);
      assert.equal((await linear.next(({ success }) => success !== undefined))['success'], false, text);
    }
    linear.send({ op: 'ping', req_id: '1' });
    assert.equal((await linear.next(({ ret_msg: text }) => text === 'pong'))['req_id'], '1');
    const nowhere = await listen(t, bybit, '/v5/trade');
    await nowhere.closed;
  });
});

describe('private topics', () => {
  it('need a signature', async (t) => {
    const bybit = await startBybit(t);
    const stranger = await listen(t, bybit, '/v5/private');
    stranger.send({ op: 'subscribe', args: ['order'] });
    assert.equal((await stranger.next(({ op }) => op === 'subscribe'))['ret_msg'], 'Request not authorized');
    const later = String(Date.now() + 10_000);
    for (const args of [
      [],
      ['nobody', later, '00'],
      ['bybit-key', later, '00'],
      ['bybit-key', 'Infinity', '00'],
      'x',
    ]) {
      stranger.send({ op: 'auth', args });
      assert.equal((await stranger.next(({ op }) => op === 'auth'))['success'], false);
    }
  });

  it('tell an order, its execution, the position and the wallet, each category under its own name', async (t) => {
    const bybit = await startBybit(t);
    const topics = ['order.linear', 'order.spot', 'execution', 'position', 'wallet'];
    const listener = await listenPrivately(t, bybit, topics);
    await bybit.post('/v5/order/create', { ...perpetual, ...sell, orderLinkId: 'short' });
    const [order] = rows((await listener.next(topicIs('order.linear')))['data']);
    assert.deepEqual(
      [order?.['orderStatus'], order?.['orderLinkId'], order?.['category']],
      ['Filled', 'short', 'linear'],
    );
    const [execution] = rows((await listener.next(topicIs('execution')))['data']);
    assert.deepEqual(
      [execution?.['execType'], execution?.['execFee'], execution?.['closedSize']],
      ['Trade', '0.59985', '0'],
    );
    const [position] = rows((await listener.next(topicIs('position')))['data']);
    assert.deepEqual([position?.['side'], position?.['size'], position?.['leverage']], ['Sell', '1000', '10']);
    const [wallet] = rows((await listener.next(topicIs('wallet')))['data']);
    assert.equal(wallet?.['totalPerpUPL'], '-0.05');
    await bybit.post('/v5/order/create', { ...pair, ...sell, orderLinkId: 'pair' });
    const [spot] = rows((await listener.next(topicIs('order.spot')))['data']);
    assert.deepEqual([spot?.['orderLinkId'], 'tpslMode' in (spot ?? {})], ['pair', false]);
  });

  it('tell funding and a change of leverage', async (t) => {
    const bybit = await startBybit(t);
    const listener = await listenPrivately(t, bybit, ['execution', 'position']);
    await bybit.post('/v5/position/set-leverage', { ...perpetual, buyLeverage: '5', sellLeverage: '5' });
    const [flat] = rows((await listener.next(topicIs('position')))['data']);
    assert.deepEqual([flat?.['leverage'], flat?.['size']], ['5', '0']);
    await bybit.post('/v5/order/create', { ...perpetual, ...sell });
    bybit.simulator.passMarket(8 * hourMs);
    const isFunding = (message: Row): boolean =>
      topicIs('execution')(message) && rows(message['data'])[0]?.['execType'] === 'Funding';
    const [payment] = rows((await listener.next(isFunding))['data']);
    assert.deepEqual([payment?.['execFee'], payment?.['side']], ['-0.09992', 'Sell']);
  });
});

describe('disconnection protection', () => {
  const resting = { side: 'Buy', orderType: 'Limit', qty: '100', price: '0.9' } as const;

  it("cancels the product's orders once every connection that watches has been gone for the window", async (t) => {
    let wallMs = 1_700_000_000_000;
    const clock = (): number => wallMs;
    const bybit = await startBybit(t, { wallMs: clock });
    assert.equal(
      (await bybit.post('/v5/order/disconnected-cancel-all', { product: 'DERIVATIVES', timeWindow: 2 })).code,
      10001,
    );
    assert.equal(
      (await bybit.post('/v5/order/disconnected-cancel-all', { product: 'DERIVATIVES', timeWindow: 10 })).code,
      0,
    );
    const { result } = await bybit.get('/v5/account/query-dcp-info');
    assert.deepEqual(result['dcpInfos'], [{ product: 'DERIVATIVES', dcpStatus: 'ON', timeWindow: '10' }]);
    await bybit.post('/v5/order/create', { ...perpetual, ...resting });
    await bybit.post('/v5/order/create', { ...pair, ...resting });
    const one = await listenPrivately(t, bybit, ['dcp.future'], clock);
    const two = await listenPrivately(t, bybit, ['dcp.future'], clock);
    const open = (market: typeof pair | typeof perpetual): Promise<Row[]> => bybit.list('/v5/order/realtime', market);

    await one.close();
    wallMs += 60_000;
    assert.equal((await open(perpetual)).length, 1);
    await two.close();
    const back = await listenPrivately(t, bybit, ['dcp.future'], clock);
    wallMs += 60_000;
    assert.equal((await open(perpetual)).length, 1);
    await back.close();
    for (wallMs += 10_000; (await open(perpetual)).length > 0; wallMs += 1000);
    const [cancelled] = await bybit.list('/v5/order/history', perpetual);
    assert.deepEqual([cancelled?.['orderStatus'], cancelled?.['cancelType']], ['Cancelled', 'CancelByDCP']);
    assert.equal((await open(pair)).length, 1);
  });
});

function rows2(value: unknown): readonly unknown[][] {
  assert.ok(Array.isArray(value));
  return value.map((level: unknown) => {
    assert.ok(Array.isArray(level));
    return level.map(String);
  });
}
