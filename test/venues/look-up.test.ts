/** An order's outcome is unknown: it is found wherever the venue shows it, or proven absent, never guessed. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { OrderLookUp } from '../../src/ports/venue.ts';
import { connect } from './support/connect.ts';
import { binanceOrder, binanceTrade } from './support/fake-binanceusdm.ts';
import { bybitExecution, bybitOk, bybitOrder } from './support/fake-bybit.ts';
import { breakages, type Route } from './support/fake-venue.ts';

const notFound = breakages.json(400, { code: -2013, msg: 'Order does not exist.' });

/** Claimed and due long ago: expiry 5 s, margin 1 s and visibility lag 2 s are over. */
function longAgo(changes: Partial<OrderLookUp> = {}): OrderLookUp {
  const now = Date.now();
  return {
    clientOrderId: 'bk-1',
    symbol: 'USDC/USDT:USDT',
    venueOrderId: null,
    claimedAtMs: now - 20_000,
    sendByMs: now - 17_000,
    ...changes,
  };
}
const spot = { symbol: 'USDC/USDT' } as const;

suite('looking up at binanceusdm', () => {
  test('an order is found by its client id, with what was filled', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.route('GET', '/fapi/v1/order', (request) =>
      request.params['origClientOrderId'] === 'bk-1'
        ? binanceOrder({ clientOrderId: 'bk-1', executedQty: '60', status: 'EXPIRED' })
        : null,
    );
    assert.deepEqual(await venue.lookUp(longAgo()), {
      kind: 'found',
      order: {
        venueOrderId: '9001',
        clientOrderId: 'bk-1',
        symbol: 'USDC/USDT:USDT',
        side: 'sell',
        quantityBase: '100',
        filledBase: '60',
        status: 'done',
      },
    });
  });

  test('a known venue order id is asked first, and costs no more', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.route('GET', '/fapi/v1/order', () => binanceOrder({ clientOrderId: 'bk-1', status: 'PARTIALLY_FILLED' }));
    const result = await venue.lookUp(longAgo({ venueOrderId: '9001' }));
    assert.equal(result.kind === 'found' && result.order.status, 'open');
    assert.deepEqual(
      fake.to('GET', '/fapi/v1/order').map((request) => request.params['orderId']),
      ['9001'],
    );
  });

  test('absent: nowhere to be found when nothing can arrive any more', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    assert.deepEqual(await venue.lookUp(longAgo()), { kind: 'absent' });
    const asked = fake.seen.map((request) => request.path);
    const everything = [
      '/fapi/v1/time',
      '/fapi/v1/order',
      '/fapi/v1/openOrders',
      '/fapi/v1/allOrders',
      '/fapi/v1/userTrades',
    ];
    assert.deepEqual(asked, everything);
  });

  test('not yet known while the request could still arrive or is not yet visible', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    // 7 s after send-by: expiry and margin are over, the visibility lag is not for another second.
    const now = Date.now();
    const result = await venue.lookUp(longAgo({ claimedAtMs: now - 10_000, sendByMs: now - 7_000 }));
    assert.equal(result.kind, 'not_yet_known');
    assert.ok(result.kind === 'not_yet_known' && result.retryAtMs > now && result.retryAtMs <= Date.now() + 1_000);
  });

  test("the venue's clock decides, not ours", async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    fake.route('GET', '/fapi/v1/time', () => ({ serverTime: Date.now() - 15_000 }));
    assert.equal((await venue.lookUp(longAgo())).kind, 'not_yet_known');
  });

  test('a clock of ours that lags behind the venue’s does not bring the proof forward', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    fake.route('GET', '/fapi/v1/time', () => ({ serverTime: Date.now() + 15_000 }));
    // It may leave until 2 s from now by our clock, which is 17 s from now by the venue's, and lives 5 s from there.
    const now = Date.now();
    const result = await venue.lookUp(longAgo({ claimedAtMs: now, sendByMs: now + 2_000 }));
    assert.equal(result.kind, 'not_yet_known');
  });

  test('an order that was acknowledged is never called absent', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    assert.equal((await venue.lookUp(longAgo({ venueOrderId: '9001' }))).kind, 'not_yet_known');
  });

  // Binance shows what ended unfilled for three days from its creation.
  const hourMs = 3_600_000;
  function acknowledged(ageMs: number): OrderLookUp {
    const claimedAtMs = Date.now() - ageMs;
    return longAgo({ venueOrderId: '9001', claimedAtMs, sendByMs: claimedAtMs + 2_000 });
  }

  test('an acknowledged order without trades is over once the venue shows no such orders any more', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    assert.equal((await venue.lookUp(acknowledged(71 * hourMs))).kind, 'not_yet_known');
    fake.seen.length = 0;
    const order = { venueOrderId: '9001', filledBase: '0', status: 'done', fills: [] };
    assert.deepEqual(await venue.lookUp(acknowledged(73 * hourMs)), { kind: 'forgotten', order });
    // What was open could have filled until it was asked for: the trades come after it.
    assert.deepEqual(
      fake.seen.slice(-2).map(({ path }) => path),
      ['/fapi/v1/openOrders', '/fapi/v1/userTrades'],
    );
  });

  test('its trades say what a forgotten order came to', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    const trades = [
      binanceTrade({ id: 1, orderId: 9001, qty: '40' }),
      binanceTrade({ id: 2, orderId: 4242, qty: '500' }),
      binanceTrade({ id: 3, orderId: 9001, qty: '20.5' }),
    ];
    fake.route('GET', '/fapi/v1/userTrades', () => trades);
    const result = await venue.lookUp(acknowledged(73 * hourMs));
    assert.ok(result.kind === 'forgotten', JSON.stringify(result));
    assert.equal(result.order.filledBase, '60.5');
    assert.deepEqual(
      result.order.fills.map(({ tradeId }) => tradeId),
      ['1', '3'],
    );
  });

  test('an order that is still open under its id is not forgotten, whatever its client id', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    fake.route('GET', '/fapi/v1/openOrders', () => [
      binanceOrder({ orderId: 9001, clientOrderId: 'other', status: 'NEW' }),
    ]);
    assert.equal((await venue.lookUp(acknowledged(73 * hourMs))).kind, 'not_yet_known');
  });

  test('what is older than trade lists reach back is never concluded from them', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    assert.equal((await venue.lookUp(acknowledged(81 * 24 * hourMs))).kind, 'not_yet_known');
  });

  test('a trade whose order no list shows leads to the order', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', (response, request) => {
      const known = request.url?.includes('orderId=4242') === true;
      const body = binanceOrder({ orderId: 4242, clientOrderId: 'bk-1', executedQty: '100', status: 'FILLED' });
      const answer = known ? breakages.json(200, body) : notFound;
      answer(response, request);
    });
    fake.route('GET', '/fapi/v1/userTrades', () => [binanceTrade({ orderId: 4242 })]);
    const result = await venue.lookUp(longAgo());
    assert.equal(result.kind === 'found' && result.order.venueOrderId, '4242');
  });

  test('what is older than lists reach back is never called absent, acknowledged or not', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    const claimedDaysAgo = (days: number): OrderLookUp => {
      const claimedAtMs = Date.now() - days * 24 * hourMs;
      return longAgo({ claimedAtMs, sendByMs: claimedAtMs + 3_000 });
    };
    assert.deepEqual(await venue.lookUp(claimedDaysAgo(79)), { kind: 'absent' });
    const result = await venue.lookUp(claimedDaysAgo(81));
    assert.match(result.kind === 'not_yet_known' ? result.reason : result.kind, /do not reach back/);
  });

  test('a trade whose order is not shown may be its own: it is not called absent for an hour', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    fake.route('GET', '/fapi/v1/userTrades', () => [binanceTrade({ orderId: 9001, time: Date.now() - 16_000 })]);
    const result = await venue.lookUp(longAgo());
    assert.match(result.kind === 'not_yet_known' ? result.reason : result.kind, /9001/);
    const now = Date.now();
    const anHourAgo = longAgo({ claimedAtMs: now - 3_620_000, sendByMs: now - 3_617_000 });
    assert.deepEqual(await venue.lookUp(anHourAgo), { kind: 'absent' });
  });

  test('a status that is not in the table is not guessed', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.route('GET', '/fapi/v1/order', () => binanceOrder({ clientOrderId: 'bk-1', status: 'NEW_ADL' }));
    await assert.rejects(venue.lookUp(longAgo()), { kind: 'malformed_reply', message: /NEW_ADL/ });
  });

  test('when one list cannot be read, absence is not claimed', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    fake.breakEndpoint('GET', '/fapi/v1/allOrders', breakages.text(503, '<html/>'));
    await assert.rejects(venue.lookUp(longAgo()), { kind: 'unavailable' });
  });

  test('closed orders are read page after page to the end', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    const startMs = Date.now() - 30_000;
    // 2,100 orders, one a millisecond, ours the last; the venue gives 1,000 a page.
    const all = Array.from({ length: 2_100 }, (_, index) =>
      binanceOrder({ orderId: index + 1, clientOrderId: `other-${index}`, time: startMs + index, status: 'FILLED' }),
    );
    all[2_099] = { ...all[2_099], clientOrderId: 'bk-1' };
    fake.route('GET', '/fapi/v1/allOrders', (request) =>
      all.filter((order) => Number(order['time']) >= Number(request.params['startTime'])).slice(0, 1_000),
    );
    const result = await venue.lookUp(longAgo());
    assert.equal(result.kind === 'found' && result.order.venueOrderId, '2100');
    assert.equal(fake.to('GET', '/fapi/v1/allOrders').length, 3);
  });

  test('searches run in market time', async (t) => {
    const tapeStartMs = Date.parse('2024-03-01T00:00:00Z');
    const wallStartMs = Date.now();
    const marketTimeOf = (wallMs: number): number => tapeStartMs + (wallMs - wallStartMs) * 60;
    const { venue, fake } = await connect(t, 'binanceusdm', { marketTimeOf });
    fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
    const query = longAgo();
    await venue.lookUp(query);
    const asked = fake.to('GET', '/fapi/v1/allOrders')[0]?.params;
    assert.ok(asked);
    // A minute before the claim, and as long before that as the request for the venue's time took.
    const startMs = Number(asked['startTime']);
    assert.ok(startMs <= marketTimeOf(query.claimedAtMs - 60_000), String(startMs));
    assert.ok(startMs > marketTimeOf(query.claimedAtMs - 120_000), 'and in market time');
    assert.ok(Number(asked['endTime']) > tapeStartMs, 'it ends after the present of the market');
  });
});

suite('looking up at bybit', () => {
  test('another order in first place is never taken for ours', async (t) => {
    const { venue, fake } = await connect(t, 'bybit');
    const other = bybitOrder({ orderId: '1', orderLinkId: 'other', orderStatus: 'Filled', cumExecQty: '100' });
    for (const path of ['/v5/order/realtime', '/v5/order/history']) {
      fake.route('GET', path, () => bybitOk({ category: 'spot', nextPageCursor: '', list: [other] }));
    }
    assert.deepEqual(await venue.lookUp(longAgo(spot)), { kind: 'absent' });
  });

  test('a dead order is found in the history, its fills with it', async (t) => {
    const { venue, fake } = await connect(t, 'bybit');
    fake.route('GET', '/v5/order/history', (request) => {
      const ours = bybitOrder({
        orderId: '77',
        orderLinkId: request.params['orderLinkId'],
        orderStatus: 'PartiallyFilledCanceled',
        cumExecQty: '60',
      });
      return bybitOk({ category: 'spot', nextPageCursor: '', list: [ours] });
    });
    const result = await venue.lookUp(longAgo(spot));
    assert.ok(result.kind === 'found');
    assert.deepEqual(
      [result.order.venueOrderId, result.order.filledBase, result.order.status, result.order.side],
      ['77', '60', 'done', 'buy'],
    );
  });

  test('a list of open orders that never ends is refused', async (t) => {
    const { venue, fake } = await connect(t, 'bybit');
    let page = 0;
    const other = bybitOrder({ orderId: '1', orderLinkId: 'other', orderStatus: 'New' });
    const next = () => bybitOk({ category: 'spot', nextPageCursor: String((page += 1)), list: [other] });
    const path = '/v5/order/realtime';
    fake.route('GET', path, next);
    await assert.rejects(venue.lookUp(longAgo(spot)), { kind: 'malformed_reply', message: /more than 50 pages/ });
    assert.equal(fake.to('GET', path).length, 50);
  });

  test('every page of the history is read before absence is claimed', async (t) => {
    const { venue, fake } = await connect(t, 'bybit');
    fake.route('GET', '/v5/order/history', (request) => {
      const page = Number(request.params['cursor'] ?? '0');
      const ours = page === 2 ? 'bk-1' : `other-${page}`;
      const list = [bybitOrder({ orderId: String(page), orderLinkId: ours, orderStatus: 'Filled', cumExecQty: '100' })];
      return bybitOk({ category: 'spot', nextPageCursor: page < 2 ? String(page + 1) : '', list });
    });
    const result = await venue.lookUp(longAgo(spot));
    assert.equal(result.kind === 'found' && result.order.venueOrderId, '2');
  });

  /** What the venue's own history does: only what it took within the asked time. */
  function historyOf(takenAtMs: number): Route {
    return (request) => {
      const { startTime, endTime, orderLinkId } = request.params;
      const isAsked = Number(startTime) <= takenAtMs && takenAtMs <= Number(endTime);
      const ours = bybitOrder({
        orderId: '77',
        orderLinkId,
        orderStatus: 'Filled',
        cumExecQty: '100',
        createdTime: String(takenAtMs),
      });
      return bybitOk({ category: 'spot', nextPageCursor: '', list: isAsked ? [ours] : [] });
    };
  }

  // Ahead: sent two minutes ago by the venue's clock, half a minute ago by ours. Behind: it is from our future.
  for (const leadMs of [90_000, -90_000]) {
    test(`a filled order is found where our clock is ${leadMs / 1_000} s ahead of the venue's`, async (t) => {
      const { venue, fake } = await connect(t, 'bybit', { clock: { nowMs: () => Date.now() + leadMs } });
      const takenAtMs = Date.now() - (leadMs > 0 ? 120_000 : 20_000);
      fake.route('GET', '/v5/order/history', historyOf(takenAtMs));
      const claimedAtMs = takenAtMs + leadMs;
      const result = await venue.lookUp(longAgo({ ...spot, claimedAtMs, sendByMs: claimedAtMs + 2_000 }));
      assert.equal(result.kind === 'found' && result.order.filledBase, '100');
    });
  }

  test('a filled order is found after our clock, once 90 s ahead, was put right', async (t) => {
    let leadMs = 90_000;
    const { venue, fake } = await connect(t, 'bybit', { clock: { nowMs: () => Date.now() + leadMs } });
    const takenAtMs = Date.now() - 120_000;
    fake.route('GET', '/v5/order/history', historyOf(takenAtMs));
    const claimedAtMs = takenAtMs + leadMs;
    leadMs = 0;
    const result = await venue.lookUp(longAgo({ ...spot, claimedAtMs, sendByMs: claimedAtMs + 2_000 }));
    assert.equal(result.kind === 'found' && result.order.filledBase, '100');
  });

  test('two orders under our one id are reported, not chosen between', async (t) => {
    const { venue, fake } = await connect(t, 'bybit');
    const twins = ['1', '2'].map((orderId) => bybitOrder({ orderId, orderLinkId: 'bk-1' }));
    fake.route('GET', '/v5/order/history', () => bybitOk({ category: 'spot', nextPageCursor: '', list: twins }));
    await assert.rejects(venue.lookUp(longAgo(spot)), { kind: 'malformed_reply', message: /2 orders/ });
  });

  test('a known venue order id that belongs to another client id is an alarm', async (t) => {
    const { venue, fake } = await connect(t, 'bybit');
    const list = [bybitOrder({ orderId: '77', orderLinkId: 'other', orderStatus: 'Filled' })];
    fake.route('GET', '/v5/order/realtime', () => bybitOk({ category: 'spot', nextPageCursor: '', list }));
    await assert.rejects(venue.lookUp(longAgo({ ...spot, venueOrderId: '77' })), { kind: 'malformed_reply' });
  });

  test('a trade whose order no list shows leads to the order', async (t) => {
    const { venue, fake } = await connect(t, 'bybit');
    fake.route('GET', '/v5/execution/list', () =>
      bybitOk({ nextPageCursor: '', list: [bybitExecution({ execId: 'e1', orderId: '77' })] }),
    );
    fake.route('GET', '/v5/order/realtime', (request) => {
      const ours = bybitOrder({ orderId: '77', orderLinkId: 'bk-1', orderStatus: 'Filled', cumExecQty: '100' });
      return bybitOk({ nextPageCursor: '', list: request.params['orderId'] === '77' ? [ours] : [] });
    });
    const result = await venue.lookUp(longAgo(spot));
    assert.equal(result.kind === 'found' && result.order.filledBase, '100');
  });
});
