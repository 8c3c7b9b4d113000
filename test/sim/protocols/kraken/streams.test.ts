/** Kraken's websockets as a raw client sees them: public channels, and those of an account. */
import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import { openListener } from '../../support/listener.ts';
import { tapeStartMs } from '../../support/simulator.ts';
import type { Fields, Kraken } from './support.ts';
import { listen, placed, resting, startKraken, subscribe } from './support.ts';

const hourMs = 3_600_000;
const sell = { type: 'sell', volume: '1000', price: '0.99', timeinforce: 'IOC' } as const;

function isOf(channel: string, type: string): (message: Row) => boolean {
  return (message) => message['channel'] === channel && message['type'] === type;
}

function pick(value: Row | undefined, ...names: readonly string[]): unknown[] {
  return names.map((name) => value?.[name]);
}

type Side = Map<number, number>;

/** A client's copy of the book, cut to its depth, and the checksum as the exchange's guide has it. */
function copyOfBook(): { apply(message: Row): number; readonly bids: Side; readonly asks: Side; checksum(): number } {
  const bids: Side = new Map();
  const asks: Side = new Map();
  const best = (side: Side, sign: 1 | -1): [number, number][] =>
    [...side].sort(([left], [right]) => (left - right) * sign).slice(0, 10);
  const digits = (levels: [number, number][]): string =>
    levels
      .flatMap(([price, quantity]) => [price.toFixed(4), quantity.toFixed(8)])
      .map((text) => text.replace('.', '').replace(/^0+/, ''))
      .join('');
  return {
    bids,
    asks,
    apply(message) {
      const [data = {}] = rows(message['data']);
      for (const [name, side, sign] of [
        ['bids', bids, -1],
        ['asks', asks, 1],
      ] as const) {
        for (const { price, qty } of rows(data[name])) {
          if (qty === 0) side.delete(Number(price));
          else side.set(Number(price), Number(qty));
        }
        for (const [price] of [...side].sort(([left], [right]) => (left - right) * sign).slice(10)) side.delete(price);
      }
      return Number(data['checksum']);
    },
    checksum: () => crc32(digits(best(asks, 1)) + digits(best(bids, -1))),
  };
}

describe('the book', () => {
  it('is a snapshot and then changes, each with the checksum of the whole', async (t) => {
    const kraken = await startKraken(t);
    const listener = await listen(t, kraken);
    const result = await subscribe(listener, { channel: 'book', symbol: ['USDC/USD'], depth: 10 });
    assert.deepEqual(result, { channel: 'book', symbol: 'USDC/USD', depth: 10, snapshot: true });
    const book = copyOfBook();
    const agreed = (message: Row): void => assert.equal(book.apply(message), book.checksum());
    agreed(await listener.next(isOf('book', 'snapshot')));
    assert.deepEqual([...book.bids].slice(0, 2), [
      [0.9995, 50_000],
      [0.9994, 50_000],
    ]);
    assert.deepEqual([book.bids.size, [...book.asks][0]], [10, [0.9997, 50_000]]);
    const until = async (price: number, quantity: number | undefined): Promise<void> => {
      while (book.bids.get(price) !== quantity) agreed(await listener.next(isOf('book', 'update')));
    };
    // A level grows, one is taken from, one is new and pushes the worst out, and goes again; then the market moves.
    await placed(kraken, { price: '0.9994', volume: '25' });
    await until(0.9994, 50_025);
    await placed(kraken, sell);
    await until(0.9995, 49_000);
    const txid = await placed(kraken, { price: '0.9996' });
    await until(0.9996, 100);
    assert.deepEqual([book.bids.size, book.bids.has(0.9986)], [10, false]);
    await kraken.done('CancelOrder', { txid });
    await until(0.9996, undefined);
    await until(0.9986, 50_000);
    kraken.simulator.passMarket(hourMs);
    await until(0.9989, 50_000);
  });
});

describe('public channels', () => {
  it('tell the ticker, trades and candles as they change', async (t) => {
    const kraken = await startKraken(t);
    const listener = await listen(t, kraken);
    assert.equal((await listener.next(isOf('status', 'update')))['channel'], 'status');
    await subscribe(listener, { channel: 'ticker', symbol: ['USDC/USD'] });
    const [ticker] = rows((await listener.next(isOf('ticker', 'snapshot')))['data']);
    assert.deepEqual(pick(ticker, 'symbol', 'bid', 'ask', 'bid_qty', 'last'), [
      'USDC/USD',
      0.9995,
      0.9997,
      50_000,
      0.9996,
    ]);
    await subscribe(listener, { channel: 'trade', symbol: ['USDC/USD'] });
    await subscribe(listener, { channel: 'ohlc', symbol: ['USDC/USD'], interval: 60 });
    const [candle] = rows((await listener.next(isOf('ohlc', 'snapshot')))['data']);
    assert.deepEqual(pick(candle, 'open', 'high', 'low', 'close', 'interval_begin'), [
      0.9995,
      0.9997,
      0.9994,
      0.9996,
      '2025-10-09T00:00:00.000000Z',
    ]);
    await placed(kraken, sell);
    const [trade] = rows((await listener.next(isOf('trade', 'update')))['data']);
    assert.deepEqual(pick(trade, 'side', 'price', 'qty', 'timestamp'), [
      'sell',
      0.9995,
      1000,
      new Date(tapeStartMs).toISOString().replace('Z', '000Z'),
    ]);
    kraken.simulator.passMarket(hourMs);
    const [next] = rows((await listener.next(isOf('ohlc', 'update')))['data']);
    assert.equal(next?.['close'], 0.999);
  });

  it('tell the pairs with their precisions, and heartbeats while nothing happens', async (t) => {
    let wallMs = 1_700_000_000_000;
    const kraken = await startKraken(t, { wallMs: () => wallMs });
    const listener = await listen(t, kraken);
    listener.send({ method: 'subscribe', params: { channel: 'instrument' } });
    const { data } = await listener.next(isOf('instrument', 'snapshot'));
    const [pair] = rows(row(data)['pairs']);
    assert.deepEqual(pick(pair, 'symbol', 'price_precision', 'qty_precision', 'price_increment', 'qty_min'), [
      'USDC/USD',
      4,
      8,
      0.0001,
      5,
    ]);
    await subscribe(listener, { channel: 'trade', symbol: ['USDC/USD'] });
    const beaten = listener.next(({ channel }) => channel === 'heartbeat');
    const clock = setInterval(() => (wallMs += 500), 20);
    t.after(() => clearInterval(clock));
    assert.deepEqual(await beaten, { channel: 'heartbeat' });
  });

  it('are unsubscribed, and not twice subscribed', async (t) => {
    const kraken = await startKraken(t);
    const listener = await listen(t, kraken);
    const params = { channel: 'trade', symbol: ['USDC/USD'] };
    const ask = async (method: string): Promise<unknown> => {
      listener.send({ method, params });
      const answer = await listener.next((message) => message['method'] === method);
      return answer['error'] ?? answer['success'];
    };
    assert.deepEqual([await ask('subscribe'), await ask('subscribe')], [true, 'Already subscribed']);
    assert.deepEqual([await ask('unsubscribe'), await ask('unsubscribe')], [true, 'Subscription Not Found']);
  });
});

describe('what is not a subscription', () => {
  it('is answered and harms nothing', async (t) => {
    const kraken = await startKraken(t);
    const listener = await listen(t, kraken);
    const symbol = ['USDC/USD'];
    const wrong: readonly [params: unknown, error: string][] = [
      [{ channel: 'book', symbol, depth: 7 }, 'Subscription depth not supported'],
      [{ channel: 'book', symbol: ['NOPE'] }, 'Currency pair not supported NOPE'],
      [{ channel: 'book', symbol: ['USDCUSD'] }, 'Currency pair not supported USDCUSD'],
      [{ channel: 'book', symbol: 'USDC/USD' }, 'Malformed request'],
      [{ channel: 'ohlc', symbol, interval: 7 }, 'Subscription ohlc interval not supported'],
      [{ channel: 'ticker', symbol, event_trigger: 'x' }, 'Malformed request'],
      [{ channel: '__proto__', symbol }, 'Subscription name invalid'],
      [{ channel: 'executions' }, 'ESession:Invalid session'],
      [{ channel: 'balances', token: 'x' }, 'ESession:Invalid session'],
      [null, 'Malformed request'],
    ];
    for (const [params, error] of wrong) {
      listener.send({ method: 'subscribe', params, req_id: 3 });
      const answer = await listener.next(({ method }) => method === 'subscribe');
      assert.deepEqual(pick(answer, 'success', 'error', 'req_id'), [false, error, 3]);
    }
    for (const text of ['{', '[]', '"x"', '{"method":{}}', '{"method":"add_chaos"}']) {
      listener.send(text);
      assert.equal((await listener.next(({ success }) => success === false))['error'], 'Malformed request', text);
    }
    listener.send({ method: 'ping', req_id: 9 });
    assert.equal((await listener.next(({ method }) => method === 'pong'))['req_id'], 9);
  });
});

/** With a token of the account's key. */
async function listenPrivately(t: Parameters<typeof listen>[0], kraken: Kraken, params: Row): Promise<Listener> {
  const listener = await listen(t, kraken);
  const { token } = await kraken.done('GetWebSocketsToken');
  await subscribe(listener, { ...params, token });
  return listener;
}

/** The next execution's fields. */
async function execution(listener: Listener, ...names: readonly string[]): Promise<unknown[]> {
  const [first] = rows((await listener.next(isOf('executions', 'update')))['data']);
  return pick(first, ...names);
}

describe('the channels of an account', () => {
  it('tell what happens to its orders, an event a message, after those that were open', async (t) => {
    const kraken = await startKraken(t);
    const early = await placed(kraken, { cl_ord_id: 'early' });
    const listener = await listenPrivately(t, kraken, { channel: 'executions' });
    const snapshot = rows((await listener.next(isOf('executions', 'snapshot')))['data']);
    assert.deepEqual(
      snapshot.map((line) => pick(line, 'order_id', 'cl_ord_id', 'exec_type', 'order_status', 'limit_price')),
      [[early, 'early', 'new', 'new', 0.9]],
    );
    const add = async (fields: Fields): Promise<string> => await placed(kraken, fields);
    const sold = await add({ ...sell, volume: '60000' });
    const names = ['order_id', 'exec_type', 'order_status', 'cum_qty', 'last_qty', 'last_price', 'cost'];
    // 50,000 at the best bid, the rest a tick below
    assert.deepEqual(
      [await execution(listener, ...names), await execution(listener, ...names)].map((line) => line.slice(0, 4)),
      [
        [sold, 'pending_new', 'pending_new', 0],
        [sold, 'new', 'new', 0],
      ],
    );
    assert.deepEqual(await execution(listener, ...names), [
      sold,
      'trade',
      'partially_filled',
      50_000,
      50_000,
      0.9995,
      49_975,
    ]);
    assert.deepEqual(await execution(listener, ...names), [sold, 'trade', 'filled', 60_000, 10_000, 0.9994, 9994]);
    assert.deepEqual((await execution(listener, ...names)).slice(0, 4), [sold, 'filled', 'filled', 60_000]);
    await kraken.done('CancelOrder', { txid: early });
    assert.deepEqual(await execution(listener, 'order_id', 'exec_type', 'cancel_reason', 'cl_ord_id'), [
      early,
      'canceled',
      'User requested',
      'early',
    ]);
  });

  it('tell each change of a balance with what is there after it', async (t) => {
    const kraken = await startKraken(t);
    const listener = await listenPrivately(t, kraken, { channel: 'balances' });
    const snapshot = rows((await listener.next(isOf('balances', 'snapshot')))['data']);
    assert.deepEqual(
      new Map(snapshot.map((line) => [line['asset'], line['balance']])),
      new Map([
        ['USD', 100_000],
        ['USDC', 100_000],
        ['USDT', 100_000],
      ]),
    );
    await placed(kraken, sell);
    const update = await listener.next(isOf('balances', 'update'));
    // 1,000 · 0.9995, less 0.26 % of it
    assert.deepEqual(
      rows(update['data']).map((line) => pick(line, 'asset', 'type', 'amount', 'fee', 'balance')),
      [
        ['USDC', 'trade', -1000, 0, 99_000],
        ['USD', 'trade', 999.5, 2.5987, 100_996.9013],
      ],
    );
    assert.deepEqual(pick(update, 'sequence'), [2]);
  });

  it('need a token, which is good for fifteen minutes', async (t) => {
    let wallMs = 1_700_000_000_000;
    const kraken = await startKraken(t, { wallMs: () => wallMs });
    const { token, expires } = await kraken.done('GetWebSocketsToken');
    assert.equal(expires, 900);
    wallMs += 900_000;
    const listener = await listen(t, kraken);
    listener.send({ method: 'subscribe', params: { channel: 'executions', token } });
    const { error } = await listener.next(({ method }) => method === 'subscribe');
    assert.equal(error, 'ESession:Invalid session');
  });

  it('are served by the second version of the protocol alone', async (t) => {
    const kraken = await startKraken(t);
    const old = await openListener(t, `${kraken.simulator.address('kraken').ws}/`);
    await old.closed;
    assert.equal((await kraken.signed('AddOrder', resting)).error, '');
  });
});
