/** Hyperliquid's reads and settings against its documented replies: what is asked, and what becomes of the answers. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createMarketData } from '../../src/venues/markets/market-data.ts';
import { hyperliquid } from '../../src/venues/capabilities/hyperliquid.ts';
import { isExactlyOnce } from '../../src/ports/venue.ts';
import { breakages } from './support/fake-venue.ts';
import {
  agentKey,
  connectHyperliquid,
  orderId,
  owner,
  perpetual,
  startFakeHyperliquid,
} from './support/fake-hyperliquid.ts';
import { fill, fundingPayment, orderReport, zeroHash } from './support/hyperliquid-payloads.ts';

const clock = { nowMs: () => Date.now() };

/** Market data knows no key. */
async function marketData(t: { after(run: () => Promise<void>): void }) {
  const fake = await startFakeHyperliquid();
  const log = { info: () => undefined, warn: () => undefined };
  const endpoint = { rest: fake.address, ws: fake.address.replace('http', 'ws') };
  const market = createMarketData({ endpoints: { hyperliquid: endpoint }, clock, log });
  t.after(async () => {
    await market.close();
    await fake.close();
  });
  return { fake, market };
}

suite('connecting to hyperliquid', () => {
  test('nothing is signed while it connects, and nothing but public questions is asked', async (t) => {
    const { fake } = await connectHyperliquid(t, {}, { forget: false });
    assert.deepEqual(fake.actions(), []);
    assert.deepEqual(fake.asked().sort(), [
      'exchangeStatus',
      'metaAndAssetCtxs',
      'spotMetaAndAssetCtxs',
      'userAbstraction',
    ]);
  });

  test('the private key is in no request', async (t) => {
    const { venue, fake } = await connectHyperliquid(t, {}, { forget: false });
    await venue.prepare([perpetual], '2');
    await venue.reading([perpetual]);
    await venue.permissions();
    const sent = fake.seen.map((request) => JSON.stringify([request.body, request.headers, request.path]));
    assert.ok(sent.length > 5);
    assert.deepEqual(
      sent.filter((text) => text.toLowerCase().includes(agentKey.slice(2, 20))),
      [],
    );
  });

  test('its orders expire, so that it may trade', () => {
    assert.deepEqual(hyperliquid.capabilities.requestExpiry, { mechanism: 'expiresAfter', expiryMs: 5_000 });
    assert.ok(isExactlyOnce(hyperliquid.capabilities));
  });
});

suite('instruments of hyperliquid', () => {
  test('lots follow szDecimals, ticks five significant digits, with room for the price to rise', async (t) => {
    const { venue } = await connectHyperliquid(t);
    assert.deepEqual(await venue.instruments([perpetual, 'BTC/USDC:USDC']), [
      {
        venue: 'hyperliquid',
        symbol: perpetual,
        kind: 'perpetual',
        base: 'USDE',
        quote: 'USDC',
        settle: 'USDC',
        contractSize: '1',
        // At 0.9999 five digits reach to 0.00001, at 1.0002 to 0.0001 only: an order may have to go there.
        priceTick: '0.0001',
        quantityStep: '1',
        minimumQuantity: '1',
        minimumNotional: '10',
        feeCurrency: 'quote',
      },
      {
        venue: 'hyperliquid',
        symbol: 'BTC/USDC:USDC',
        kind: 'perpetual',
        base: 'BTC',
        quote: 'USDC',
        settle: 'USDC',
        contractSize: '1',
        // 97,000 · 1.25 has six digits: whole dollars, as the venue takes any whole price.
        priceTick: '1',
        quantityStep: '0.00001',
        minimumQuantity: '0.00001',
        minimumNotional: '10',
        feeCurrency: 'quote',
      },
    ]);
  });

  test('a spot pair, a delisted perpetual and an unknown name are refused, each with its reason', async (t) => {
    const { venue } = await connectHyperliquid(t);
    await assert.rejects(venue.instruments(['PURR/USDC']), {
      kind: 'bad_symbol',
      message: /is a spot, and only perpetual/,
    });
    await assert.rejects(venue.instruments(['OLD/USDC:USDC']), { kind: 'bad_symbol', message: /not open for trading/ });
    await assert.rejects(venue.instruments(['USDE/USDT:USDT']), {
      kind: 'bad_symbol',
      message: /with base USDE exist: USDE\/USDC:USDC/,
    });
  });
});

suite('market data of hyperliquid', () => {
  test('an order book, in the words of l2Book', async (t) => {
    const { fake, market } = await marketData(t);
    const quote = await market.orderBook('hyperliquid', perpetual);
    assert.deepEqual(quote.bids, [
      { price: '0.9999', quantityBase: '19113' },
      { price: '0.9998', quantityBase: '500' },
    ]);
    assert.deepEqual(quote.asks, [{ price: '1.0001', quantityBase: '60' }]);
    assert.equal(fake.to('POST', '/info').at(-1)?.params['coin'], 'USDE');
  });

  test('funding is hourly, at the full hour', async (t) => {
    const { market } = await marketData(t);
    const rate = await market.fundingRate('hyperliquid', perpetual);
    assert.deepEqual([rate.rate, rate.intervalHours], ['-0.00003', 1]);
    assert.equal(rate.nextSettlementAtMs % 3_600_000, 0);
    assert.ok(rate.nextSettlementAtMs > Date.now() && rate.nextSettlementAtMs <= Date.now() + 3_600_000);
  });

  test('settled rates are read page after page, 500 an answer', async (t) => {
    const { fake, market } = await marketData(t);
    const startMs = Date.parse('2025-01-01T00:00:00Z');
    // 700 hours in pages of 500: one page more than the first, which begins with the row that ended it.
    const rows = Array.from({ length: 700 }, (_, hour) => ({
      coin: 'USDE',
      fundingRate: '0.0000125',
      premium: '0.0',
      time: startMs + hour * 3_600_000 + 60,
    }));
    fake.info.set('fundingHistory', ({ startTime, endTime }) =>
      rows.filter(({ time }) => time >= Number(startTime) && time <= Number(endTime)).slice(0, 500),
    );
    const rates = await market.fundingRatesSince('hyperliquid', perpetual, startMs);
    assert.equal(rates.length, 700);
    assert.deepEqual(rates[699], { symbol: perpetual, rate: '0.0000125', settledAtMs: startMs + 699 * 3_600_000 + 60 });
  });
});

suite('an account at hyperliquid', () => {
  test('balances, positions and free margin of a wallet of perpetuals', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    const reading = await venue.reading([perpetual]);
    // 1,000.52 with 0.02 of unrealised profit.
    assert.deepEqual(reading.balances, [{ currency: 'USDC', total: '1000.5', free: '950.52' }]);
    assert.equal(reading.freeMargin, '950.52');
    assert.deepEqual(reading.positions, [
      {
        symbol: perpetual,
        quantityBase: '-100',
        entryPrice: '1.0001',
        markPrice: '0.9999',
        liquidationPrice: '1.4',
        leverage: '2',
      },
    ]);
    assert.deepEqual(reading.openOrderIds, []);
    for (const request of fake.to('POST', '/info')) assert.equal(request.params['user'], owner, request.body);
  });

  test('in a unified account the margin lies with the spot coins', async (t) => {
    const { venue } = await connectWithMode(t, 'unifiedAccount');
    const reading = await venue.reading([perpetual]);
    assert.deepEqual(reading.balances, [
      { currency: 'USDC', total: '1481.844', free: '1381.344' },
      { currency: 'PURR', total: '2000', free: '2000' },
    ]);
    assert.equal(reading.freeMargin, '1381.344');
  });

  test('a mode that nobody knows is not guessed', async (t) => {
    await assert.rejects(connectWithMode(t, 'newMode'), { kind: 'malformed_reply', message: /account mode/ });
  });

  test('leverage is set as a number, with cross margin; what is no whole number is refused', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    await venue.prepare([perpetual], '2');
    assert.deepEqual(
      fake.actions().map(({ action }) => action),
      [{ type: 'updateLeverage', asset: 1, isCross: true, leverage: 2 }],
    );
    await assert.rejects(venue.prepare([perpetual], '2.5'), { kind: 'bad_request', message: /whole number/ });
    assert.equal(fake.actions().length, 1);
  });

  test("an agent trades and cannot withdraw; the account's own key can; a stranger's does neither", async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    assert.deepEqual(await venue.permissions(), { trade: ['perpetual'], withdraw: false });
    fake.info.set('userRole', () => ({ role: 'missing' }));
    assert.deepEqual(await venue.permissions(), { trade: [], withdraw: false });
    fake.info.set('userRole', ({ user }) =>
      user === owner ? { role: 'user' } : { role: 'agent', data: { user: zeroHash.slice(0, 42) } },
    );
    assert.deepEqual(await venue.permissions(), { trade: [], withdraw: false });
    const signer = '0x14791697260e4c9a71f18484c9f997b308e59325';
    const own = await connectHyperliquid(t, { credentials: { walletAddress: signer, privateKey: agentKey } });
    own.fake.info.set('userRole', ({ user }) => ({ role: user === signer ? 'user' : 'missing' }));
    assert.deepEqual(await own.venue.permissions(), { trade: ['perpetual'], withdraw: true });
  });

  test('funding payments: negative when paid, positive when received, each by itself', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    const startMs = Date.parse('2025-01-01T00:00:00Z');
    fake.info.set('userFunding', () => [
      // Short 100 at −0.00003: shorts pay longs.
      fundingPayment({ time: startMs }),
      fundingPayment({ time: startMs }, { coin: 'BTC', usdc: '1.5' }),
      // Short 100 at +0.0001: longs pay shorts.
      fundingPayment({ time: startMs + 3_600_000 }, { usdc: '0.01', fundingRate: '0.0001' }),
    ]);
    assert.deepEqual(await venue.fundingPaymentsSince(perpetual, startMs), [
      { paymentId: `${startMs}-USDE`, symbol: perpetual, amount: '-0.003', currency: 'USDC', settledAtMs: startMs },
      {
        paymentId: `${startMs + 3_600_000}-USDE`,
        symbol: perpetual,
        amount: '0.01',
        currency: 'USDC',
        settledAtMs: startMs + 3_600_000,
      },
    ]);
  });

  test("all fills since a time, though other coins' fill the first page", async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    const startMs = Date.now() - 3_600_000;
    // 2,000 fills of BTC, one a millisecond, and only then ours: ccxt shows none of the first page.
    const rows = Array.from({ length: 2_000 }, (_, index) => fill({ coin: 'BTC', tid: index, time: startMs + index }));
    rows.push(fill({ tid: 9, time: startMs + 2_500 }));
    fake.info.set('userFillsByTime', ({ startTime, endTime }) =>
      rows.filter(({ time }) => Number(time) >= Number(startTime) && Number(time) <= Number(endTime)).slice(0, 2_000),
    );
    const fills = await venue.fillsSince(perpetual, startMs);
    assert.deepEqual(fills, [
      {
        venueOrderId: '77738308',
        tradeId: '9',
        symbol: perpetual,
        side: 'buy',
        price: '1.0001',
        quantityBase: '60',
        fee: '0.027003',
        feeCurrency: 'USDC',
        role: 'taker',
        executedAtMs: startMs + 2_500,
      },
    ]);
  });

  test('the fills of one order are those since the venue took it', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    const takenAtMs = Date.now() - 60_000;
    fake.info.set('orderStatus', () => orderReport('filled', { timestamp: takenAtMs }));
    fake.info.set('userFillsByTime', () => [
      fill({ tid: 1, time: takenAtMs }),
      fill({ tid: 2, time: takenAtMs, sz: '40.0', crossed: false }),
      fill({ tid: 3, oid: 5, time: takenAtMs }),
    ]);
    const fills = await venue.orderFills({ venueOrderId: '77738308', symbol: perpetual });
    assert.deepEqual(
      fills.map(({ tradeId, quantityBase, role }) => [tradeId, quantityBase, role]),
      [
        ['1', '60', 'taker'],
        ['2', '40', 'maker'],
      ],
    );
    const asked = fake.to('POST', '/info').find((request) => request.params['type'] === 'userFillsByTime');
    assert.equal(asked?.params['startTime'], String(takenAtMs));
  });

  test('open orders show their client ids', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    const { order } = orderReport('open', { sz: '100.0' });
    fake.info.set('frontendOpenOrders', () => [order]);
    assert.deepEqual((await venue.reading([perpetual])).openOrderIds, [orderId]);
  });

  for (const [name, breakage, kind] of [
    ['no JSON', breakages.text(200, '<html>ok</html>'), 'malformed_reply'],
    ['HTML with 502', breakages.text(502, '<html>no</html>'), 'unavailable'],
    ['429', breakages.text(429, 'null', { 'retry-after': '3' }), 'rate_limited'],
    ['reset in the middle of the body', breakages.resetMidBody, 'unavailable'],
  ] as const) {
    test(`a read that meets ${name} fails as ${kind}`, async (t) => {
      const { venue, fake } = await connectHyperliquid(t);
      fake.breakEndpoint('POST', '/info', breakage);
      await assert.rejects(venue.reading([perpetual]), { kind });
    });
  }
});

function connectWithMode(t: Parameters<typeof connectHyperliquid>[0], mode: string) {
  return connectHyperliquid(t, {}, { before: (fake) => fake.info.set('userAbstraction', () => mode) });
}
