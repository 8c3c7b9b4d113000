/** Order books streamed by Hyperliquid, whole each time, and by dYdX, as changes; both outlive a dropped socket. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Quote } from '../../src/domain/quote.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { createMarketData } from '../../src/venues/markets/market-data.ts';
import { startFakeBookStream, type FakeBookStream } from './support/fake-book-stream.ts';
import { dydxPerpetual, startFakeDydx } from './support/fake-dydx.ts';
import { perpetual, startFakeHyperliquid } from './support/fake-hyperliquid.ts';
import { breakages, type FakeVenue } from './support/fake-venue.ts';

interface Watching {
  readonly stream: FakeBookStream;
  /** Waits until the newest quote has these best prices and sizes. */
  readonly seen: (bid: string, ask: string) => Promise<void>;
}

/** Only the socket can answer: reading the book over REST fails. */
async function watch(
  t: { after(run: () => Promise<void>): void },
  venue: string,
  symbol: string,
  fake: FakeVenue,
  stream: FakeBookStream,
): Promise<Watching> {
  const log = { info: () => undefined, warn: () => undefined };
  const clock = { nowMs: () => Date.now() };
  const market = createMarketData({ endpoints: { [venue]: { rest: fake.address, ws: stream.address } }, clock, log });
  const abort = new AbortController();
  let latest: Quote | null = null;
  const watching = market.watch([{ venue, symbol }], (quote) => (latest = quote), abort.signal);
  t.after(async () => {
    abort.abort();
    await watching;
    await market.close();
    await stream.close();
    await fake.close();
  });
  const best = (): string =>
    latest === null
      ? 'nothing'
      : [latest.bids[0], latest.asks[0]].map((level) => `${level?.quantityBase} at ${level?.price}`).join(', ');
  return {
    stream,
    seen: (bid, ask) =>
      waitUntil(
        () => best() === `${bid}, ${ask}`,
        15_000,
        () => `the best are ${best()}`,
      ),
  };
}

suite('order books as they change', () => {
  test('hyperliquid sends the whole book', async (t) => {
    const book = (bid: string, ask: string): unknown => ({
      channel: 'l2Book',
      data: {
        coin: 'USDE',
        time: Date.now(),
        levels: [[{ px: bid, sz: '19113.0', n: 1 }], [{ px: ask, sz: '60.0', n: 3 }]],
      },
    });
    const fake = await startFakeHyperliquid();
    fake.info.set('l2Book', () => null);
    const stream = await startFakeBookStream((message) =>
      message['method'] === 'subscribe' ? book('0.9999', '1.0001') : null,
    );
    const { seen } = await watch(t, 'hyperliquid', perpetual, fake, stream);
    await seen('19113 at 0.9999', '60 at 1.0001');
    assert.deepEqual(stream.heard[0], {
      path: '/ws',
      message: { method: 'subscribe', subscription: { type: 'l2Book', coin: 'USDE' } },
    });
    stream.send(book('0.9998', '1.0003'));
    await seen('19113 at 0.9998', '60 at 1.0003');
    stream.drop();
    await seen('19113 at 0.9999', '60 at 1.0001');
    assert.equal(stream.connections(), 2);
  });

  test('dydx sends the book once and then its changes', async (t) => {
    const fake = await startFakeDydx();
    fake.breakEndpoint('GET', '/v4/orderbooks/perpetualMarket/USDE-USD', breakages.text(503, ''));
    const about = { connection_id: '7af140fb-b33d-4f0e-8f4c-30f16337b360', channel: 'v4_orderbook', id: 'USDE-USD' };
    const stream = await startFakeBookStream(() => ({
      ...about,
      type: 'subscribed',
      message_id: 1,
      contents: { bids: [{ price: '0.9994', size: '1200' }], asks: [{ price: '0.9996', size: '60' }] },
    }));
    const { seen } = await watch(t, 'dydx', dydxPerpetual, fake, stream);
    await seen('1200 at 0.9994', '60 at 0.9996');
    assert.deepEqual(stream.heard[0], {
      path: '/v4/ws',
      message: { type: 'subscribe', channel: 'v4_orderbook', id: 'USDE-USD' },
    });
    const change = (contents: unknown): unknown => ({
      ...about,
      type: 'channel_data',
      message_id: 2,
      version: '1.0.0',
      contents,
    });
    stream.send(
      change({
        asks: [
          ['0.9997', '40'],
          ['0.9996', '0'],
        ],
      }),
    );
    await seen('1200 at 0.9994', '40 at 0.9997');
    stream.drop();
    await seen('1200 at 0.9994', '60 at 0.9996');
    assert.equal(stream.connections(), 2);
  });
});
