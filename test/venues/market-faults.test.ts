/** Order books and funding through what simulated exchanges can do wrong: what is shown is the market, or nothing is. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { Quote } from '../../src/domain/quote.ts';
import { createMarketData } from '../../src/venues/markets/market-data.ts';
import { patiently, watchedUntil } from '../sim/support/patience.ts';
import { connectClient, startTestSimulator, tapeStartMs } from '../sim/support/simulator.ts';

const symbol = 'USDC/USDT';
const clock = { nowMs: () => Date.now() };

async function startMarket(t: TestContext) {
  const simulator = await startTestSimulator(t);
  const warnings: string[] = [];
  const market = createMarketData({
    endpoints: simulator.ready.venues,
    clock,
    log: { info: () => undefined, warn: (_fields, message) => void warnings.push(message) },
    marketTimeOf: () => tapeStartMs,
  });
  t.after(() => market.close());
  return { simulator, market, warnings };
}

/** Follows the spot book at bybit. */
async function startWatching(t: TestContext) {
  const { simulator, market, warnings } = await startMarket(t);
  const quotes: Quote[] = [];
  const abort = new AbortController();
  let wake = (): void => undefined;
  const watching = market.watch(
    [{ venue: 'bybit', symbol }],
    (quote) => {
      quotes.push(quote);
      wake();
    },
    abort.signal,
  );
  t.after(async () => {
    abort.abort();
    await watching;
  });
  const prices = (centre: string, more: object = {}) =>
    simulator.control('POST', '/venues/bybit/prices', { symbol, centre, ...more });
  const fault = (rule: object) => simulator.control('POST', '/faults', { venue: 'bybit', ...rule });
  /** Waits for a quote with this best ask. */
  const shows = (ask: string): Promise<void> =>
    patiently(`a quote with the ask ${ask}`, async ({ until }) => {
      while (quotes.at(-1)?.asks[0]?.price !== ask) {
        await until(new Promise<void>((resolve) => (wake = resolve)));
      }
    });
  await simulator.control('POST', '/tape/stop');
  await prices('1');
  // Half a spread of one tick above the centre.
  await shows('1.00005');
  return { simulator, quotes, warnings, prices, fault, shows, clear: () => simulator.control('DELETE', '/faults') };
}

/** Of the tape's first close, 0.9996: seen before the test sets a price, or not. */
const tapeBook = '0.99955 0.99965';
const restBooks = { method: 'GET', path: '/v5/market/orderbook', kind: 'drop_before', count: null };

suite('an order book', { concurrency: 2 }, () => {
  test('whose socket is open and silent is read over REST, and streamed again afterwards', async (t) => {
    const { prices, fault, shows, clear } = await startWatching(t);
    await fault({ kind: 'ws_silent' });
    await prices('1.001');
    await shows('1.00105');
    await clear();
    await fault(restBooks);
    await prices('1.002');
    await shows('1.00205');
  });

  test('whose socket is closed is streamed again, REST or not', async (t) => {
    const { prices, fault, shows } = await startWatching(t);
    await fault(restBooks);
    await fault({ kind: 'ws_close' });
    await prices('1.001');
    await shows('1.00105');
  });

  test('that lost a difference never shows a mix of old and new, and gets a new socket', async (t) => {
    const { quotes, warnings, prices, fault, shows, clear } = await startWatching(t);
    // Shown by the socket alone.
    await fault(restBooks);
    await prices('1.0005');
    await shows('1.00055');
    await clear();
    // Two messages: an unchanged book, which is sent again now and then, may come before the change.
    await fault({ kind: 'ws_gap', path: 'book/*', count: 2 });
    await prices('1.001');
    await shows('1.00105');
    const books = new Set(quotes.map(({ bids, asks }) => `${bids[0]?.price} ${asks[0]?.price}`));
    assert.deepEqual(
      [...books].filter((book) => book !== tapeBook),
      ['0.99995 1.00005', '1.00045 1.00055', '1.00095 1.00105'],
    );
    await patiently('a new socket', async ({ until }) => {
      while (!warnings.some((warning) => warning.includes('reconnecting'))) {
        await until(new Promise((resolve) => setTimeout(resolve, 50)));
      }
    });
    await clear();
    await fault(restBooks);
    await prices('1.002');
    await shows('1.00205');
  });

  test('that is crossed is not shown, and is again when it is in order', async (t) => {
    const { simulator, quotes, prices, shows } = await startWatching(t);
    await prices('1.001', { bids: [['1.003', '100']], asks: [['1.002', '100']] });
    // Another client is shown what nobody can trade.
    const other = connectClient(t, simulator.address('bybit'), 'bybit');
    await watchedUntil(
      'the crossed book',
      () => other.watchOrderBook(symbol),
      ({ bids, asks }) => Number(bids[0]?.[0]) > Number(asks[0]?.[0]),
    );
    await prices('1.004', { bids: [['1.0039', '100']], asks: [['1.0041', '100']] });
    await shows('1.0041');
    for (const { bids, asks } of quotes) assert.ok(Number(bids[0]?.price) < Number(asks[0]?.price));
    assert.ok(!quotes.some(({ asks }) => asks[0]?.price === '1.002'));
  });
});

test('funding that begins to settle every four hours instead of eight is known by the next question', async (t) => {
  const { simulator, market } = await startMarket(t);
  const perpetual = 'USDC/USDT:USDT';
  const before = await market.fundingRate('binanceusdm', perpetual);
  // The tape starts at 01:00 UTC of 9 October 2025.
  assert.deepEqual([before.intervalHours, before.nextSettlementAtMs], [8, Date.UTC(2025, 9, 9, 8)]);
  await simulator.control('POST', '/venues/binanceusdm/funding', { symbol: perpetual, intervalHours: 4 });
  const after = await market.fundingRate('binanceusdm', perpetual);
  assert.deepEqual([after.intervalHours, after.nextSettlementAtMs], [4, Date.UTC(2025, 9, 9, 4)]);
});
