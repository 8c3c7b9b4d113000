/** Positions by market orders, whose size is all that protects them. The order books are the test's own. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';
import { handOn } from '../support/venue-hand.ts';

const clean = { ledgerMatchesVenue: true, oneLegged: 0, findings: [] };
const venueOrders = z.array(z.object({ clientOrderId: z.string(), type: z.string(), filledBase: z.string() }));

let service: TradingService;
before(async () => {
  service = await startTradingService({ change: (yaml) => yaml.replace('style: taker_taker', 'style: market') });
});
after(() => service.stop());

test('both legs are market orders, and a close takes no more than the order book holds within its slippage', async () => {
  await deep();
  const handle = await service.openPosition('short_spot_long_perp', (input) => ({
    ...input,
    plan: { ...input.plan, quantityBase: '10000', minimumEntryBps: '-1000' },
  }));
  const { key } = await service.untilStatus(handle, 'hedged');
  // The close sells the perpetual within 5 bps of 0.999 at first, a quarter of its 20: down to 0.9985005.
  await perp([
    ['0.999', '4000'],
    ['0.9', '90000'],
  ]);
  await handle.signal('forceClose');
  const result = await handle.result();
  assert.equal(result.kind, 'closed');
  // What was taken at 0.999 is back soon, and each next order waits for it.
  assert.deepEqual(await soldToClose(key), ['4000', '4000', '2000'], 'what lies at 0.9 is left alone');
  const sold = await service.ledger.fillsOf(key);
  const closing = sold.filter(({ symbol, side }) => symbol === 'USDC/USDT:USDT' && side === 'sell');
  assert.deepEqual(new Set(closing.map(({ price }) => price)), new Set(['0.999']));
  const orders = await service.ledger.ordersOf(key);
  assert.ok(orders.every(({ timeInForce }) => timeInForce === 'market'));
  for (const venue of ['bybit', 'binanceusdm']) {
    const sent = venueOrders.parse(await service.control('GET', `/venues/${venue}/orders`));
    assert.deepEqual(new Set(sent.map(({ type }) => type)), new Set(['market']));
  }
  assert.deepEqual(await service.compare(), clean);
});

test('a close that keeps the quote needs no order book of the coin that it keeps sold', async () => {
  await deep();
  const handle = await service.openPosition('short_spot_long_perp', (input) => ({
    ...input,
    plan: { ...input.plan, quantityBase: '10000', minimumEntryBps: '-1000' },
  }));
  const { key } = await service.untilStatus(handle, 'hedged');
  const stopped = { venue: 'bybit', method: 'GET', path: '/v5/market/orderbook', count: null };
  await service.control('POST', '/faults', { kind: 'http_5xx', ...stopped });
  await handle.signal('exit', {
    decisionId: 'broken',
    reason: 'depeg',
    observedAtMs: Date.now(),
    detail: 'depeg: USDC at 0.9700 USD',
    prices: { spot: '0.9996', perp: '0.9990' },
    keepsQuote: true,
  });
  const result = await handle.result();
  await service.control('DELETE', '/faults');
  assert.equal(result.kind === 'closed' && result.keepsQuote, true);
  assert.deepEqual(await soldToClose(key), ['10000']);
  assert.deepEqual(await service.compare(), clean);
});

test('what has lost its perpetual is bought back while the perpetual’s order book is silent, and the rest after it', async () => {
  await deep();
  const handle = await service.openPosition('short_spot_long_perp', (input) => ({
    ...input,
    plan: { ...input.plan, quantityBase: '10000', minimumEntryBps: '-1000' },
  }));
  const { key } = await service.untilStatus(handle, 'hedged');
  const silent = { venue: 'binanceusdm', method: 'GET', path: '/fapi/v1/depth', count: null };
  await service.control('POST', '/faults', { kind: 'http_5xx', ...silent });
  const hand = handOn(service.sim, 'binanceusdm');
  await hand.createOrder('USDC/USDT:USDT', 'market', 'sell', 4000, undefined, { reduceOnly: true });
  const boughtBack = async (): Promise<string[]> =>
    (await service.ledger.ordersOf(key))
      .filter(({ leg, purpose, state }) => leg === 'spot' && purpose === 'close' && state === 'done')
      .map(({ filledBase }) => filledBase);
  await eventually(
    async () => (await boughtBack()).length > 0,
    () => 'spot waits for the order book of the perpetual',
  );
  // 4,000 of the 10,000 that were sold lack a hedge. bybit keeps 0.5 bps of what is bought: 4,000 / 0.99995, in lots of 0.01.
  assert.deepEqual(await boughtBack(), ['4000.21']);
  assert.deepEqual(await soldToClose(key), []);
  await service.control('DELETE', '/faults');
  assert.equal((await handle.result()).kind, 'closed');
  assert.deepEqual(await soldToClose(key), ['6000']);
  assert.deepEqual(await service.compare(), clean);
});

test('an opening whose order books are too shallow is not begun', async () => {
  await deep();
  const handle = await service.openPosition('short_spot_long_perp', async (input) => {
    await perp(
      [['0.999', '90000']],
      [
        ['0.9992', '3000'],
        ['1.1', '90000'],
      ],
    );
    return { ...input, plan: { ...input.plan, quantityBase: '10000', minimumEntryBps: '-100000' } };
  });
  const result = await handle.result();
  assert.equal(
    result.kind === 'aborted' ? result.reason : result.kind,
    'binanceusdm USDC/USDT:USDT holds 3000 of 10000 within 2 bps',
  );
});

async function soldToClose(key: string): Promise<string[]> {
  const orders = await service.ledger.ordersOf(key);
  return orders
    .filter(({ leg, purpose, state }) => leg === 'perp' && purpose === 'close' && state === 'done')
    .map(({ filledBase }) => filledBase);
}

async function deep(): Promise<void> {
  await perp([['0.999', '90000']]);
  const spot = { symbol: 'USDC/USDT', centre: '0.9996', bids: [['0.9996', '90000']], asks: [['0.9997', '90000']] };
  await service.control('POST', '/venues/bybit/prices', spot);
}

async function perp(bids: readonly [string, string][], asks: readonly [string, string][] = [['0.9992', '90000']]) {
  const prices = { symbol: 'USDC/USDT:USDT', centre: '0.999', bids, asks };
  await service.control('POST', '/venues/binanceusdm/prices', prices);
}
