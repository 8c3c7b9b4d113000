/** Coinbase's websocket as a raw client sees it: market channels, and the account's own behind a token. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import { tapeStartMs } from '../../support/simulator.ts';
import { limit, listen, placed, startCoinbase } from './support.ts';

const hourMs = 3_600_000;
const products = { product_ids: ['USDT-USD'] } as const;
const selling = { sor_limit_ioc: { base_size: '1000', limit_price: '0.99' } } as const;

function isOf(channel: string, type?: string): (message: Row) => boolean {
  return (message) =>
    message['channel'] === channel && (type === undefined || rows(message['events'])[0]?.['type'] === type);
}

function eventOf(message: Row): Row {
  const [event, ...others] = rows(message['events']);
  assert.equal(others.length, 0);
  return row(event);
}

function pick(value: unknown, ...names: readonly string[]): unknown[] {
  const fields = row(value);
  return names.map((name) => fields[name]);
}

function subscribe(listener: Listener, channel: string, fields: Row = products): void {
  listener.send({ type: 'subscribe', channel, ...fields });
}

describe('market channels', () => {
  it('a book is a snapshot and then its changed levels', async (t) => {
    const coinbase = await startCoinbase(t);
    const listener = await listen(t, coinbase);
    subscribe(listener, 'level2');
    const { subscriptions } = eventOf(await listener.next(isOf('subscriptions')));
    assert.deepEqual(subscriptions, { level2: ['USDT-USD'] });
    const snapshot = eventOf(await listener.next(isOf('l2_data', 'snapshot')));
    const best = (side: string): Row | undefined => rows(snapshot['updates']).find((line) => line['side'] === side);
    assert.deepEqual(pick(best('bid'), 'price_level', 'new_quantity'), ['0.99959', '50000']);
    assert.deepEqual(pick(best('offer'), 'price_level', 'new_quantity'), ['0.99961', '50000']);
    const levelBecomes = async (side: string, price: string, quantity: string): Promise<void> => {
      const holds = (line: Row): boolean =>
        line['side'] === side && line['price_level'] === price && line['new_quantity'] === quantity;
      await listener.next(
        (message) => isOf('l2_data', 'update')(message) && rows(eventOf(message)['updates']).some(holds),
      );
    };
    await placed(coinbase, selling, { side: 'SELL' });
    await levelBecomes('bid', '0.99959', '49000');
    const id = await placed(coinbase, limit('100', '0.9996'));
    await levelBecomes('bid', '0.9996', '100');
    await coinbase.post('orders/batch_cancel', { order_ids: [id] });
    await levelBecomes('bid', '0.9996', '0');
    coinbase.simulator.passMarket(hourMs);
    await levelBecomes('bid', '0.99899', '50000');
  });

  it('every message has the next number, whatever its channel', async (t) => {
    const coinbase = await startCoinbase(t);
    const listener = await listen(t, coinbase);
    for (const channel of ['ticker', 'level2', 'market_trades', 'heartbeats']) subscribe(listener, channel);
    let expected = 0;
    let last = '';
    while (last !== 'heartbeats') {
      const message = await listener.next(() => true);
      assert.equal(message['sequence_num'], expected);
      expected += 1;
      last = String(message['channel']);
    }
  });

  it('tell the ticker and trades as they come', async (t) => {
    const coinbase = await startCoinbase(t);
    const listener = await listen(t, coinbase);
    subscribe(listener, 'ticker');
    const [ticker] = rows(eventOf(await listener.next(isOf('ticker', 'snapshot')))['tickers']);
    assert.deepEqual(pick(ticker, 'product_id', 'price', 'best_bid', 'best_ask', 'best_bid_quantity'), [
      'USDT-USD',
      '0.9996',
      '0.99959',
      '0.99961',
      '50000',
    ]);
    subscribe(listener, 'market_trades');
    await listener.next(isOf('subscriptions'));
    await placed(coinbase, selling, { side: 'SELL' });
    const [trade] = rows(eventOf(await listener.next(isOf('market_trades')))['trades']);
    assert.deepEqual(pick(trade, 'side', 'price', 'size', 'time'), [
      'SELL',
      '0.99959',
      '1000',
      new Date(tapeStartMs).toISOString(),
    ]);
    coinbase.simulator.passMarket(hourMs);
    const moved = (message: Row): boolean =>
      isOf('ticker')(message) && rows(eventOf(message)['tickers'])[0]?.['best_ask'] === '0.99901';
    await listener.next(moved);
  });

  it('end when they are unsubscribed', async (t) => {
    const coinbase = await startCoinbase(t);
    const listener = await listen(t, coinbase);
    subscribe(listener, 'market_trades');
    subscribe(listener, 'ticker');
    listener.send({ type: 'unsubscribe', channel: 'market_trades', ...products });
    const isLeft = (message: Row): boolean =>
      isOf('subscriptions')(message) && JSON.stringify(eventOf(message)['subscriptions']) === '{"ticker":["USDT-USD"]}';
    await listener.next(isLeft);
    await placed(coinbase, selling, { side: 'SELL' });
    subscribe(listener, 'heartbeats');
    const next = await listener.next((message) => isOf('market_trades')(message) || isOf('heartbeats')(message));
    assert.equal(next['channel'], 'heartbeats');
  });

  it('what is no channel, product or JSON is answered and harms nothing', async (t) => {
    const coinbase = await startCoinbase(t);
    const listener = await listen(t, coinbase);
    const wrong: readonly [message: unknown, answer: string][] = [
      ['{', 'failed to unmarshal message'],
      ['[]', 'failed to unmarshal message'],
      [{ type: 'subscribe', channel: 'ticker', product_ids: 'USDT-USD' }, 'failed to unmarshal message'],
      [{ type: 'shout', channel: 'ticker' }, 'invalid message type'],
      [{ type: 'subscribe', channel: '__proto__' }, 'invalid channel'],
      [{ type: 'subscribe', channel: 'ticker' }, 'product_ids are required'],
      [{ type: 'subscribe', channel: 'ticker', product_ids: ['NOPE-USD'] }, 'invalid product id'],
      [{ type: 'subscribe', channel: 'user', ...products }, 'authentication failure'],
    ];
    for (const [message, text] of wrong) {
      listener.send(message);
      assert.deepEqual(await listener.next(({ type }) => type === 'error'), { type: 'error', message: text });
    }
    subscribe(listener, 'ticker');
    await listener.next(isOf('ticker', 'snapshot'));
  });

  it('a connection that subscribes to nothing is closed after five seconds', async (t) => {
    let wallMs = 1_700_000_000_000;
    const coinbase = await startCoinbase(t, { wallMs: () => wallMs });
    const idle = await listen(t, coinbase);
    const busy = await listen(t, coinbase);
    subscribe(busy, 'ticker');
    await busy.next(isOf('ticker', 'snapshot'));
    wallMs += 5000;
    await idle.closed;
    coinbase.simulator.passMarket(hourMs);
    await busy.next(isOf('ticker', 'update'));
  });
});

describe('the user channel', () => {
  it('needs a token for websockets, of a key that may read', async (t) => {
    let wallMs = 1_700_000_000_000;
    const accounts = [{ name: 'main' }, { name: 'mute', permissions: ['trade'] }];
    const coinbase = await startCoinbase(t, { venue: { accounts }, wallMs: () => wallMs });
    const listener = await listen(t, coinbase);
    const forRequest = coinbase.token({ claims: { uri: 'GET api.coinbase.com/api/v3/brokerage/accounts' } });
    const refused = [forRequest, coinbase.token({ account: 'mute' }), 'x', coinbase.token({ head: { alg: 'none' } })];
    for (const jwt of refused) {
      subscribe(listener, 'user', { jwt });
      const { message } = await listener.next(({ type }) => type === 'error');
      assert.equal(message, 'authentication failure');
    }
    const old = coinbase.token();
    wallMs += 120_000;
    subscribe(listener, 'user', { jwt: old });
    assert.equal((await listener.next(({ type }) => type === 'error'))['message'], 'authentication failure');
    subscribe(listener, 'user', { jwt: coinbase.token() });
    assert.deepEqual(eventOf(await listener.next(isOf('user', 'snapshot')))['orders'], []);
  });

  it('tells what happens to the orders of the account, after those that were open', async (t) => {
    const accounts = [{ name: 'main', takerFeeBps: '60', makerFeeBps: '40' }, { name: 'other' }];
    const coinbase = await startCoinbase(t, { venue: { accounts } });
    const early = await placed(coinbase, limit('100', '0.9'), { client_order_id: 'early' });
    const listener = await listen(t, coinbase);
    subscribe(listener, 'user', { ...products, jwt: coinbase.token() });
    const update = async (...names: readonly string[]): Promise<unknown[]> => {
      const [order] = rows(eventOf(await listener.next(isOf('user', 'update')))['orders']);
      return pick(order, ...names);
    };
    const snapshot = rows(eventOf(await listener.next(isOf('user', 'snapshot')))['orders']);
    assert.deepEqual(
      snapshot.map((order) => pick(order, 'order_id', 'client_order_id', 'status', 'leaves_quantity')),
      [[early, 'early', 'OPEN', '100']],
    );
    await coinbase.post('orders', otherOrder(), { account: 'other' });
    const id = await placed(coinbase, selling, { side: 'SELL', client_order_id: 'sold' });
    const names = ['order_id', 'client_order_id', 'status', 'cumulative_quantity', 'avg_price', 'total_fees'] as const;
    // 1,000 · 0.99959 · 0.006
    assert.deepEqual(await update(...names), [id, 'sold', 'FILLED', '1000', '0.99959', '5.99754']);
    await coinbase.post('orders/batch_cancel', { order_ids: [early] });
    assert.deepEqual(await update('order_id', 'status', 'cancel_reason'), [
      early,
      'CANCELLED',
      'User requested cancel',
    ]);
  });
});

function otherOrder(): Row {
  return { client_order_id: 'strange', product_id: 'USDT-USD', side: 'BUY', order_configuration: limit('100', '0.9') };
}
