/** What an account holds, was charged and was paid, as the venue's own records state it. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { connect } from './support/connect.ts';
import { binanceTrade } from './support/fake-binanceusdm.ts';
import { bybitExecution, bybitOk } from './support/fake-bybit.ts';
import { breakages } from './support/fake-venue.ts';

const perpetual = 'USDC/USDT:USDT';
const spot = 'USDC/USDT';
const atMs = Date.now() - 60_000;

suite('fills', () => {
  test('of a spot order at bybit: the fee of a buy is in the coin bought', async (t) => {
    const { venue, fake } = await connect(t, 'bybit');
    const list = [
      bybitExecution({ execId: 'e2', orderId: '77', execQty: '40', execFee: '0.04', execTime: String(atMs + 1) }),
      bybitExecution({ execId: 'e1', orderId: '77', execQty: '60', execFee: '0.06', execTime: String(atMs) }),
      bybitExecution({ execId: 'e3', orderId: 'other', execTime: String(atMs) }),
    ];
    fake.route('GET', '/v5/execution/list', () => bybitOk({ nextPageCursor: '', list }));
    const fills = await venue.orderFills({ venueOrderId: '77', symbol: spot });
    assert.deepEqual(fills, [
      {
        venueOrderId: '77',
        tradeId: 'e1',
        symbol: spot,
        side: 'buy',
        price: '1.0001',
        quantityBase: '60',
        fee: '0.06',
        feeCurrency: 'USDC',
        role: 'taker',
        executedAtMs: atMs,
      },
      { ...fills[0], tradeId: 'e2', quantityBase: '40', fee: '0.04', executedAtMs: atMs + 1 },
    ]);
    assert.equal(fake.to('GET', '/v5/execution/list')[0]?.params['orderId'], '77');
  });

  test('pages are followed by cursor at bybit', async (t) => {
    const { venue, fake } = await connect(t, 'bybit');
    fake.route('GET', '/v5/execution/list', (request) => {
      const page = Number(request.params['cursor'] ?? '1');
      const list = [bybitExecution({ execId: `e${page}`, orderId: '77', execTime: String(atMs + page) })];
      return bybitOk({ nextPageCursor: page < 3 ? String(page + 1) : '', list });
    });
    const fills = await venue.orderFills({ venueOrderId: '77', symbol: spot });
    assert.deepEqual(
      fills.map((fill) => fill.tradeId),
      ['e1', 'e2', 'e3'],
    );
    const since = await venue.fillsSince(spot, atMs - 1_000);
    assert.deepEqual(
      since.map((fill) => fill.tradeId),
      ['e1', 'e2', 'e3'],
    );
  });

  test('pages are followed by trade id and by time at binanceusdm, each fill once', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    const all = Array.from({ length: 2_500 }, (_, index) =>
      binanceTrade({ id: index + 1, orderId: 9001, time: atMs + index }),
    );
    fake.route('GET', '/fapi/v1/userTrades', ({ params }) =>
      all
        .filter((trade) => Number(trade['id']) >= Number(params['fromId'] ?? '0'))
        .filter((trade) => Number(trade['time']) >= Number(params['startTime'] ?? '0'))
        .slice(0, 1_000),
    );
    assert.equal((await venue.orderFills({ venueOrderId: '9001', symbol: perpetual })).length, 2_500);
    const since = await venue.fillsSince(perpetual, atMs);
    assert.equal(new Set(since.map((fill) => fill.tradeId)).size, 2_500);
    assert.equal(since.length, 2_500);
  });

  test('a month is asked for week by week', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    await venue.fillsSince(perpetual, Date.now() - 30 * 86_400_000);
    const windows = fake
      .to('GET', '/fapi/v1/userTrades')
      .map(({ params }) => [Number(params['startTime']), Number(params['endTime'])]);
    assert.equal(windows.length, 5);
    for (const [index, [start = 0, end = 0]] of windows.entries()) {
      assert.ok(end - start < 7 * 86_400_000);
      if (index > 0) assert.equal(start, (windows[index - 1]?.[1] ?? 0) + 1, 'no gap');
    }
  });

  test('ids beyond the precision of a float keep every digit', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    const body = JSON.stringify([binanceTrade({ id: 1, orderId: 2 })])
      .replace('"id":1', '"id":9007199254740993')
      .replace('"orderId":2', '"orderId":9223372036854775807');
    fake.breakEndpoint('GET', '/fapi/v1/userTrades', breakages.text(200, body));
    const [fill] = await venue.orderFills({ venueOrderId: '9223372036854775807', symbol: perpetual });
    assert.equal(fill?.tradeId, '9007199254740993');
  });

  test('a fill without a fee is malformed, not free', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    const { commission, ...without } = binanceTrade({});
    assert.ok(commission);
    fake.route('GET', '/fapi/v1/userTrades', () => [without]);
    await assert.rejects(venue.orderFills({ venueOrderId: '9001', symbol: perpetual }), { kind: 'malformed_reply' });
  });
});

test('funding payments at binanceusdm: negative was paid by us', async (t) => {
  const { venue, fake } = await connect(t, 'binanceusdm');
  const income = { symbol: 'USDCUSDT', incomeType: 'FUNDING_FEE', asset: 'USDT', info: 'FUNDING_FEE', tradeId: '' };
  fake.route('GET', '/fapi/v1/income', () => [
    { ...income, income: '-0.37000000', time: atMs, tranId: 91 },
    { ...income, income: '0.12', time: atMs + 1, tranId: 92 },
  ]);
  assert.deepEqual(await venue.fundingPaymentsSince(perpetual, atMs - 1), [
    { paymentId: '91', symbol: perpetual, amount: '-0.37', currency: 'USDT', settledAtMs: atMs },
    { paymentId: '92', symbol: perpetual, amount: '0.12', currency: 'USDT', settledAtMs: atMs + 1 },
  ]);
});

suite('a reading', () => {
  test('of a futures account: wallet balances, signed positions, liquidation price, free margin', async (t) => {
    const { venue } = await connect(t, 'binanceusdm');
    const { readAtMs, ...reading } = await venue.reading([perpetual]);
    assert.ok(readAtMs <= Date.now());
    assert.deepEqual(reading, {
      account: 'binanceusdm-main',
      balances: [{ currency: 'USDT', total: '1000.5', free: '900.25' }],
      positions: [
        {
          symbol: perpetual,
          quantityBase: '-100',
          entryPrice: '1.0001',
          markPrice: '1',
          liquidationPrice: '1.4',
          leverage: '2',
        },
      ],
      openOrderIds: [],
      freeMargin: '900.25',
    });
  });

  test('of a spot account has no margin', async (t) => {
    const { venue } = await connect(t, 'bybit');
    const reading = await venue.reading([spot]);
    assert.deepEqual(reading.balances, [
      { currency: 'USDT', total: '1000.5', free: '1000.25' },
      { currency: 'USDC', total: '20', free: '20' },
    ]);
    assert.equal(reading.freeMargin, null);
  });

  test('is as old as its first request: what happened while it was read may be missing from it', async (t) => {
    const startedAtMs = Date.now();
    let nowMs = startedAtMs;
    const { venue, fake } = await connect(t, 'binanceusdm', { clock: { nowMs: () => nowMs } });
    fake.route('GET', '/fapi/v1/openOrders', () => {
      nowMs += 3_000;
      return [];
    });
    assert.equal((await venue.reading([perpetual])).readAtMs, startedAtMs);
    assert.equal(nowMs, startedAtMs + 3_000, 'the open orders were asked for');
  });
});

suite('preparing an account', () => {
  test('sets one-way mode, cross margin and leverage', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    await venue.prepare([perpetual], '3');
    const asked = fake.seen.map(({ path, params }) => [
      path,
      params['dualSidePosition'] ?? params['marginType'] ?? params['leverage'],
    ]);
    assert.deepEqual(asked, [
      ['/fapi/v1/positionSide/dual', 'false'],
      ['/fapi/v1/marginType', 'CROSSED'],
      ['/fapi/v1/leverage', '3'],
    ]);
  });

  test('twice is as good as once', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    await venue.prepare([perpetual], '3');
    fake.breakEndpoint(
      'POST',
      '/fapi/v1/positionSide/dual',
      breakages.json(400, { code: -4059, msg: 'No need to change position side.' }),
    );
    fake.breakEndpoint(
      'POST',
      '/fapi/v1/marginType',
      breakages.json(400, { code: -4046, msg: 'No need to change margin type.' }),
    );
    await venue.prepare([perpetual], '3');
  });

  test('a refusal is not mistaken for "no change"', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint(
      'POST',
      '/fapi/v1/leverage',
      breakages.json(400, { code: -4028, msg: 'Leverage 300 is not valid' }),
    );
    await assert.rejects(venue.prepare([perpetual], '3'), { name: 'VenueError', message: /-4028/ });
  });

  test('has nothing to do for spot', async (t) => {
    const { venue, fake } = await connect(t, 'bybit');
    await venue.prepare([spot], '3');
    assert.deepEqual(fake.seen, []);
  });
});

suite('cancelling', () => {
  test('by client id only, in the way of each venue', async (t) => {
    const bybit = await connect(t, 'bybit');
    await bybit.venue.cancel({ clientOrderId: 'bk-1', venueOrderId: null, symbol: spot });
    assert.equal(bybit.fake.to('POST', '/v5/order/cancel')[0]?.params['orderLinkId'], 'bk-1');

    const binance = await connect(t, 'binanceusdm');
    binance.fake.route('DELETE', '/fapi/v1/order', () => ({ symbol: 'USDCUSDT', orderId: 1, status: 'CANCELED' }));
    await binance.venue.cancel({ clientOrderId: 'bk-1', venueOrderId: null, symbol: perpetual });
    assert.equal(binance.fake.to('DELETE', '/fapi/v1/order')[0]?.params['origClientOrderId'], 'bk-1');
  });

  test('an order that is gone already is no error: the look-up tells what became of it', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    fake.breakEndpoint('DELETE', '/fapi/v1/order', breakages.json(400, { code: -2011, msg: 'Unknown order sent.' }));
    await venue.cancel({ clientOrderId: 'bk-1', venueOrderId: '9001', symbol: perpetual });
  });
});
