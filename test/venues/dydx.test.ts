/** dYdX v4: its public data against its documented replies. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import ccxt from 'ccxt';
import { createMarketData } from '../../src/venues/markets/market-data.ts';
import { dydxPerpetual, fundingRows, startFakeDydx } from './support/fake-dydx.ts';
import { breakages } from './support/fake-venue.ts';

const clock = { nowMs: () => Date.now() };
type Test = { after(run: () => Promise<void>): void };

async function marketData(t: Test) {
  const fake = await startFakeDydx();
  const log = { info: () => undefined, warn: () => undefined };
  const endpoint = { rest: fake.address, ws: fake.address.replace('http', 'ws') };
  const market = createMarketData({ endpoints: { dydx: endpoint }, clock, log });
  t.after(async () => {
    await market.close();
    await fake.close();
  });
  return { fake, market };
}

suite('public data of dydx', () => {
  test('instruments: ticks and lots of the market list; what is not open is refused', async (t) => {
    const { fake, market } = await marketData(t);
    assert.deepEqual(await market.instruments('dydx', [dydxPerpetual]), [
      {
        venue: 'dydx',
        symbol: dydxPerpetual,
        kind: 'perpetual',
        base: 'USDE',
        quote: 'USDC',
        settle: 'USDC',
        contractSize: '1',
        priceTick: '0.0001',
        quantityStep: '10',
        minimumQuantity: '10',
        minimumNotional: '0',
        feeCurrency: 'quote',
      },
    ]);
    await assert.rejects(market.instruments('dydx', ['OLD/USDC:USDC']), { kind: 'bad_symbol', message: /not open/ });
    await assert.rejects(market.instruments('dydx', ['USDE/USDC']), { kind: 'bad_symbol', message: /does not exist/ });
    assert.equal(fake.seen[0]?.headers['x-sim-host'], 'indexer.dydx.trade');
  });

  test('an order book', async (t) => {
    const { market } = await marketData(t);
    const quote = await market.orderBook('dydx', dydxPerpetual);
    assert.deepEqual(quote.bids, [
      { price: '0.9994', quantityBase: '1200' },
      { price: '0.9993', quantityBase: '500' },
    ]);
    assert.deepEqual(quote.asks, [{ price: '0.9996', quantityBase: '60' }]);
  });

  test('the funding rate, which ccxt does not have, is that of the market list, hourly at the full hour', async (t) => {
    const { fake, market } = await marketData(t);
    assert.equal(new ccxt.dydx().has['fetchFundingRate'], false);
    const rate = await market.fundingRate('dydx', dydxPerpetual);
    assert.deepEqual([rate.rate, rate.intervalHours], ['-0.0000125', 1]);
    assert.equal(rate.nextSettlementAtMs % 3_600_000, 0);
    assert.ok(rate.nextSettlementAtMs > Date.now() && rate.nextSettlementAtMs <= Date.now() + 3_600_000);
    assert.equal(fake.seen.at(-1)?.params['ticker'], 'USDE-USD');
  });

  test('settled rates, newest first at the venue, are read in windows that one reply can hold', async (t) => {
    const { fake, market } = await marketData(t);
    const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    const all = fundingRows(hour, 300);
    fake.route('GET', '/v4/historicalFunding/USDE-USD', ({ params }) => ({
      historicalFunding: all
        .filter((row) => Date.parse(String(row['effectiveAt'])) <= Date.parse(params['effectiveBeforeOrAt'] ?? ''))
        .slice(0, Number(params['limit'])),
    }));
    const rates = await market.fundingRatesSince('dydx', dydxPerpetual, hour - 199 * 3_600_000);
    assert.equal(rates.length, 200);
    assert.deepEqual(rates[0], { symbol: dydxPerpetual, rate: '0.000002375', settledAtMs: hour - 199 * 3_600_000 });
    assert.equal(rates.at(-1)?.settledAtMs, hour);
    const asked = fake.to('GET', '/v4/historicalFunding/USDE-USD');
    assert.equal(asked.length, 3);
    for (const { params } of asked) assert.deepEqual(Object.keys(params).sort(), ['effectiveBeforeOrAt', 'limit']);
  });

  test('rates that come faster than an hour are refused instead of cut', async (t) => {
    const { fake, market } = await marketData(t);
    const rows = fundingRows(Date.now(), 100).map((row, minute) => ({
      ...row,
      effectiveAt: new Date(Date.now() - minute * 60_000).toISOString(),
    }));
    fake.route('GET', '/v4/historicalFunding/USDE-USD', () => ({ historicalFunding: rows }));
    await assert.rejects(market.fundingRatesSince('dydx', dydxPerpetual, Date.now() - 80 * 3_600_000), {
      kind: 'malformed_reply',
      message: /do not reach back/,
    });
  });

  for (const [name, breakage, kind] of [
    ['HTML with 200', breakages.text(200, '<html>ok</html>'), 'malformed_reply'],
    ['an empty 200', breakages.text(200, ''), 'malformed_reply'],
    ['truncated JSON', breakages.text(200, '{"bids":[{"pri'), 'malformed_reply'],
    ['HTML with 503', breakages.text(503, '<html>no</html>'), 'unavailable'],
    ['429', breakages.json(429, { errors: [{ msg: 'Too many requests' }] }, { 'retry-after': '2' }), 'rate_limited'],
    ['reset in the middle of the body', breakages.resetMidBody, 'unavailable'],
    ['its own words', breakages.json(400, { errors: [{ msg: 'ticker must be a valid ticker' }] }), 'unavailable'],
  ] as const) {
    test(`a read that meets ${name} fails as ${kind}`, async (t) => {
      const { fake, market } = await marketData(t);
      await market.instruments('dydx', [dydxPerpetual]);
      fake.breakEndpoint('GET', '/v4/orderbooks/perpetualMarket/USDE-USD', breakage);
      await assert.rejects(market.orderBook('dydx', dydxPerpetual), { kind });
    });
  }
});
