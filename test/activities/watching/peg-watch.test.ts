/** Pegs under watch: references that stream, fall silent and fail, and what a person hears of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPegWatch } from '../../../activities/watching/peg-watch.ts';
import type { Quote } from '../../../src/domain/quote.ts';
import { fakeAlerts, fakeClock, settled } from './support.ts';

const anchor = { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null };
const references = ['kraken', 'coinbase'].map((venue) => ({ coin: 'USDC', venue, symbol: 'USDC/USD' }));

function pegs(terms: Parameters<typeof createPegWatch>[0] = { rules: { boundPct: '1', holdMs: 300_000 }, references }) {
  const clock = fakeClock();
  const alerts = fakeAlerts();
  const feeds = new Map<string, (quote: Quote) => void>();
  const rest = { prices: new Map<string, string>(), reads: 0 };
  const book = (venue: string, price: string): Quote => ({
    venue,
    symbol: 'USDC/USD',
    bids: [{ price, quantityBase: '1' }],
    asks: [{ price, quantityBase: '1' }],
    aliveAtMs: clock.ms,
  });
  const watch = createPegWatch(terms, {
    clock,
    alerts,
    marketData: {
      watch: ([one], onQuote) => {
        if (one?.venue === 'coinbase' && !feeds.has('refused')) {
          feeds.set('refused', () => undefined);
          return Promise.reject(new Error('bad symbol'));
        }
        feeds.set(one?.venue ?? '', onQuote);
        return new Promise(() => undefined);
      },
      orderBook: (venue) => {
        rest.reads += 1;
        const price = rest.prices.get(venue);
        return price === undefined ? Promise.reject(new Error('down')) : Promise.resolve(book(venue, price));
      },
    },
  });
  const show = (price: string, ...venues: string[]): void => {
    for (const venue of venues) feeds.get(venue)?.(book(venue, price));
  };
  return { clock, alerts, watch, feeds, rest, show };
}

test('a peg is unknown until two venues show it, and a person hears of it after half a minute', async () => {
  const { clock, alerts, watch, rest } = pegs();
  watch.look(anchor);
  assert.equal(watch.pegOf('USDC').kind, 'unknown');
  assert.equal(watch.pegOf('USDT').kind, 'unknown', 'a dollar coin that nobody looks at');
  assert.equal(watch.pegOf('BTC').kind, 'exempt');
  clock.ms += 29_999;
  watch.look(anchor);
  assert.deepEqual(alerts.raised, []);
  clock.ms += 1;
  watch.look(anchor);
  await settled();
  assert.deepEqual(
    alerts.raised.map(({ key }) => key),
    ['peg_unknown/USDC'],
  );
  for (const venue of ['kraken', 'coinbase']) rest.prices.set(venue, '1.0001');
  await watch.refresh();
  watch.look(anchor);
  await settled();
  assert.equal(watch.pegOf('USDC').kind, 'held');
  assert.deepEqual(alerts.resolved, ['peg_unknown/USDC']);
});

test('a break is alerted once; a reference that fell silent makes the peg unknown', async () => {
  const { clock, alerts, watch, show, feeds } = pegs();
  const stop = new AbortController();
  void watch.follow(stop.signal);
  await settled();
  // The second feed was refused at first: read over REST until it is followed again.
  feeds.set('coinbase', feeds.get('kraken') ?? assert.fail('kraken is not followed'));
  for (let seconds = 0; seconds <= 300; seconds += 1) {
    show('0.97', 'kraken', 'coinbase');
    watch.look(anchor);
    clock.ms += 1_000;
  }
  await settled();
  assert.equal(watch.pegOf('USDC').kind, 'broken');
  assert.deepEqual(
    alerts.raised.map(({ key, severity }) => [key, severity]),
    [['depeg/USDC', 'critical']],
  );
  for (let seconds = 0; seconds <= 11; seconds += 1) {
    show('0.97', 'kraken');
    watch.look(anchor);
    clock.ms += 1_000;
  }
  await settled();
  assert.equal(watch.pegOf('USDC').kind, 'unknown');
  assert.deepEqual(alerts.resolved, ['depeg/USDC']);
  stop.abort();
});

test('before an opening only what is silent is read, and the price of this moment decides', async () => {
  const { watch, rest } = pegs();
  assert.match((await watch.openingRefusal(['USDC'])) ?? '', /two venues are needed/);
  for (const venue of ['kraken', 'coinbase']) rest.prices.set(venue, '0.98');
  assert.match((await watch.openingRefusal(['USDC'])) ?? '', /^depeg: USDC at 0\.9800 USD/);
  const { reads } = rest;
  assert.equal(await watch.openingRefusal(['BTC']), null);
  assert.equal(rest.reads, reads, 'both were heard of a moment ago');
});

test('with depeg: off nothing is read and every coin is exempt', async () => {
  const { watch, rest } = pegs(null);
  watch.look(anchor);
  await watch.refresh();
  assert.equal(watch.pegOf('USDC').kind, 'exempt');
  assert.equal(await watch.openingRefusal(['USDC', 'USDT']), null);
  assert.equal(rest.reads, 0);
});
