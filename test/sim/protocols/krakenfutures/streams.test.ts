/** Kraken futures' websocket as a raw client sees it: public feeds, and those that a signed challenge opens. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import type { Closing } from '../../support/simulator.ts';
import type { KrakenFutures } from './support.ts';
import { answerChallenge, listen, placed, startKrakenFutures, taking } from './support.ts';

const hourMs = 3_600_000;
const products = { product_ids: ['PF_USDCUSD'] } as const;

function isOf(feed: string): (message: Row) => boolean {
  return (message) => message['feed'] === feed && message['event'] === undefined;
}

function pick(value: unknown, ...names: readonly string[]): unknown[] {
  const fields = row(value);
  return names.map((name) => fields[name]);
}

async function subscribe(listener: Listener, feed: string, fields: Row = products): Promise<void> {
  listener.send({ event: 'subscribe', feed, ...fields });
  const answer = await listener.next(({ event }) => event !== undefined);
  assert.deepEqual(pick(answer, 'event', 'feed'), ['subscribed', feed]);
}

describe('public feeds', () => {
  it('a book is a snapshot and then its changed levels, numbered without a gap', async (t) => {
    const exchange = await startKrakenFutures(t);
    const listener = await listen(t, exchange);
    await subscribe(listener, 'book');
    const snapshot = await listener.next(isOf('book_snapshot'));
    assert.deepEqual(
      [rows(snapshot['bids'])[0], rows(snapshot['asks'])[0]],
      [
        { price: 0.9997, qty: 50_000 },
        { price: 0.9999, qty: 50_000 },
      ],
    );
    let sequence = Number(snapshot['seq']);
    const levelBecomes = async (side: string, price: number, quantity: number): Promise<void> => {
      for (;;) {
        const update = await listener.next(isOf('book'));
        sequence += 1;
        assert.equal(update['seq'], sequence);
        if (update['side'] === side && update['price'] === price && update['qty'] === quantity) return;
      }
    };
    await placed(exchange, taking);
    await levelBecomes('buy', 0.9997, 49_000);
    const id = await placed(exchange, { side: 'sell', limitPrice: 0.9998 });
    await levelBecomes('sell', 0.9998, 100);
    await exchange.post('cancelorder', { order_id: id });
    await levelBecomes('sell', 0.9998, 0);
    exchange.simulator.passMarket(hourMs);
    await levelBecomes('buy', 0.9991, 50_000);
  });

  it('tell the ticker with its funding, and trades one by one', async (t) => {
    const exchange = await startKrakenFutures(t);
    const listener = await listen(t, exchange);
    await subscribe(listener, 'ticker');
    const ticker = await listener.next(isOf('ticker'));
    assert.deepEqual(
      pick(
        ticker,
        'bid',
        'ask',
        'last',
        'markPrice',
        'relative_funding_rate',
        'next_funding_rate_time',
        'openInterest',
      ),
      [0.9997, 0.9999, 0.9998, 0.9998, 0.0001, Date.UTC(2025, 9, 9, 2), 0],
    );
    await subscribe(listener, 'trade');
    assert.deepEqual((await listener.next(isOf('trade_snapshot')))['trades'], []);
    await placed(exchange, { ...taking, size: 60_000 });
    const first = await listener.next(isOf('trade'));
    const second = await listener.next(isOf('trade'));
    assert.deepEqual(
      [first, second].map((trade) => pick(trade, 'side', 'price', 'qty')),
      [
        ['sell', 0.9997, 50_000],
        ['sell', 0.9996, 10_000],
      ],
    );
    assert.equal(Number(second['seq']), Number(first['seq']) + 1);
    exchange.simulator.passMarket(hourMs);
    const moved = await listener.next((message) => isOf('ticker')(message) && message['markPrice'] === 0.9992);
    assert.deepEqual(pick(moved, 'bid', 'ask', 'next_funding_rate_time'), [0.9991, 0.9993, Date.UTC(2025, 9, 9, 3)]);
  });

  it('what is no feed, product or JSON is answered and harms nothing', async (t) => {
    const exchange = await startKrakenFutures(t);
    const listener = await listen(t, exchange);
    const wrong: readonly [message: unknown, answer: string][] = [
      [{ event: 'subscribe', feed: 'book', product_ids: ['PF_NOPEUSD'] }, 'Invalid product id'],
      [{ event: 'subscribe', feed: 'book', product_ids: [] }, 'Invalid product id'],
      [{ event: 'subscribe', feed: '__proto__', ...products }, 'Invalid feed'],
      [{ event: 'subscribe', feed: 'book', product_ids: 'PF_USDCUSD' }, 'Json Error'],
      [{ event: 'shout' }, 'Bad request'],
      ['{', 'Json Error'],
      ['[]', 'Json Error'],
      [{ event: 'challenge', api_key: 'nobody' }, 'Invalid api key'],
    ];
    for (const [message, text] of wrong) {
      listener.send(message);
      assert.deepEqual(await listener.next(({ event }) => event !== undefined), { event: 'error', message: text });
    }
    listener.send({ event: 'ping' });
    assert.deepEqual(await listener.next(({ event }) => event === 'pong'), { event: 'pong' });
  });

  it('end when they are unsubscribed, and heartbeats come when asked for', async (t) => {
    let wallMs = 1_700_000_000_000;
    const exchange = await startKrakenFutures(t, { wallMs: () => wallMs });
    const listener = await listen(t, exchange);
    await subscribe(listener, 'trade');
    listener.send({ event: 'unsubscribe', feed: 'trade', ...products });
    const answer = await listener.next(({ event }) => event === 'unsubscribed');
    assert.deepEqual(pick(answer, 'feed', 'product_ids'), ['trade', ['PF_USDCUSD']]);
    await placed(exchange, taking);
    await subscribe(listener, 'heartbeat', {});
    const beaten = listener.next(({ feed }) => feed === 'trade' || feed === 'heartbeat');
    wallMs += 1000;
    assert.deepEqual(await beaten, { feed: 'heartbeat', time: wallMs });
  });
});

async function listenPrivately(closing: Closing, exchange: KrakenFutures, feed: string): Promise<Listener> {
  const listener = await listen(closing, exchange);
  await subscribe(listener, feed, await answerChallenge(exchange, listener));
  return listener;
}

describe('private feeds', () => {
  it('need the challenge of this connection, signed by a key that may read', async (t) => {
    const accounts = [{ name: 'main' }, { name: 'mute', permissions: ['trade'] }];
    const exchange = await startKrakenFutures(t, { venue: { accounts } });
    const refused = { event: 'alert', message: 'Failed to subscribe to authenticated feed' };
    const listener = await listen(t, exchange);
    const other = await listen(t, exchange);
    const own = await answerChallenge(exchange, listener);
    const strange = await answerChallenge(exchange, other);
    const mute = await answerChallenge(exchange, listener, 'mute');
    for (const fields of [{}, own, strange, { ...mute, signed_challenge: own['signed_challenge'] }, mute]) {
      listener.send({ event: 'subscribe', feed: 'fills', ...fields });
      assert.deepEqual(await listener.next(({ event }) => event !== undefined), refused);
    }
    await subscribe(listener, 'fills', await answerChallenge(exchange, listener));
  });

  it('open orders: what rests, what of it fills, and how it ends', async (t) => {
    const exchange = await startKrakenFutures(t);
    const early = await placed(exchange, { cliOrdId: 'early' });
    const listener = await listenPrivately(t, exchange, 'open_orders');
    const { orders } = await listener.next(isOf('open_orders_snapshot'));
    assert.deepEqual(
      rows(orders).map((order) => pick(order, 'order_id', 'cli_ord_id', 'qty', 'limit_price', 'direction')),
      [[early, 'early', 100, 0.9, 0]],
    );
    const resting = await placed(exchange, { limitPrice: 0.9998, size: 300 });
    const opened = await listener.next(isOf('open_orders'));
    assert.deepEqual(pick(opened, 'is_cancel', 'reason'), [false, 'new_placed_order_by_user']);
    assert.deepEqual(pick(opened['order'], 'order_id', 'qty', 'filled'), [resting, 300, 0]);
    // The account takes its own bid: the exchange sees no harm in it.
    await placed(exchange, { ...taking, size: 100, limitPrice: 0.9998 });
    const partly = await listener.next(isOf('open_orders'));
    assert.deepEqual([partly['reason'], ...pick(partly['order'], 'qty', 'filled')], ['partial_fill', 200, 100]);
    await placed(exchange, { ...taking, size: 200, limitPrice: 0.9998 });
    assert.deepEqual(await listener.next(isOf('open_orders')), {
      feed: 'open_orders',
      order_id: resting,
      is_cancel: true,
      reason: 'full_fill',
    });
    await exchange.post('cancelorder', { cliOrdId: 'early' });
    assert.deepEqual(await listener.next(isOf('open_orders')), {
      feed: 'open_orders',
      order_id: early,
      cli_ord_id: 'early',
      is_cancel: true,
      reason: 'cancelled_by_user',
    });
  });

  it('fills, balances and positions follow each trade', async (t) => {
    const exchange = await startKrakenFutures(t);
    const listener = await listenPrivately(t, exchange, 'fills');
    assert.deepEqual((await listener.next(isOf('fills_snapshot')))['fills'], []);
    const credentials = await answerChallenge(exchange, listener);
    await subscribe(listener, 'balances', credentials);
    const snapshot = await listener.next(isOf('balances_snapshot'));
    assert.deepEqual(pick(snapshot['flex_futures'], 'balance_value', 'initial_margin'), [100_000, 0]);
    await subscribe(listener, 'open_positions', credentials);
    assert.deepEqual((await listener.next(isOf('open_positions')))['positions'], []);
    const id = await placed(exchange, { ...taking, cliOrdId: 'open-1' });
    const [fill] = rows((await listener.next(isOf('fills')))['fills']);
    // 999.7 · 0.0005
    assert.deepEqual(pick(fill, 'order_id', 'cli_ord_id', 'price', 'qty', 'buy', 'fill_type', 'fee_paid'), [
      id,
      'open-1',
      0.9997,
      1000,
      false,
      'taker',
      0.49985,
    ]);
    const { flex_futures: flex } = await listener.next(isOf('balances'));
    assert.deepEqual(
      pick(flex, 'balance_value', 'portfolio_value', 'initial_margin'),
      [99_999.50015, 99_999.40015, 99.98],
    );
    const { positions } = await listener.next(isOf('open_positions'));
    assert.deepEqual(pick(rows(positions)[0], 'instrument', 'balance', 'entry_price', 'pnl', 'mark_price'), [
      'PF_USDCUSD',
      -1000,
      0.9997,
      -0.1,
      0.9998,
    ]);
    exchange.simulator.passMarket(hourMs);
    const funded = await listener.next(isOf('balances'));
    // + 1,000 · 0.9992 · 0.0001
    assert.deepEqual(pick(funded['flex_futures'], 'balance_value'), [99_999.60007]);
  });
});
