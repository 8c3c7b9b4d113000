/** Several accounts of one configuration at one exchange: together they ask no more than one alone may. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { paceShare } from '../../src/venues/account/account-rules.ts';
import { createExchange, type PaceShare } from '../../src/venues/exchange.ts';
import { createHttpTransport } from '../../src/venues/calls/http-transport.ts';
import { venueDialect } from '../../src/venues/registry.ts';
import { clock } from './support/subjects.ts';

describe('an account’s share of its exchange’s paces', () => {
  test('reads that are counted by address are shared by the accounts there; orders are an account’s own', () => {
    assert.deepEqual(paceShare('binanceusdm', 4, null), { orders: 1, reads: 0.25 });
    assert.deepEqual(paceShare('bybit', 2, null), { orders: 1, reads: 0.5 });
    assert.deepEqual(paceShare('hyperliquid', 1, null), { orders: 1, reads: 1 });
  });

  test('what is counted by account is each one’s own', () => {
    for (const venue of ['okx', 'kraken', 'krakenfutures', 'coinbase'])
      assert.deepEqual(paceShare(venue, 3, null), { orders: 1, reads: 1 });
  });

  test('what a person gives holds for both, however many there are', () => {
    assert.deepEqual(paceShare('binanceusdm', 4, 0.5), { orders: 0.5, reads: 0.5 });
  });
});

describe('a connector', () => {
  const { pace } = venueDialect('binanceusdm');
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  /** How many of eight requests, each a quarter of the whole burst, go at once. */
  async function goneAtOnce(t: test.TestContext, use: 'orders' | 'reads', share: PaceShare): Promise<number> {
    const transport = createHttpTransport(null, clock);
    t.after(() => transport.close());
    const settings = { credentials: null, endpoint: null, transport, clock, paceShare: share };
    const exchange = createExchange({ ...settings, dialect: venueDialect('binanceusdm'), use });
    // Nothing waits its time out here: the timer never rings.
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let gone = 0;
    for (let sent = 0; sent < 8; sent += 1) void exchange.throttle(pace[use].burstUnits / 4).then(() => (gone += 1));
    await settle();
    t.mock.timers.reset();
    return gone;
  }

  test('alone has the whole burst of reads', async (t) => {
    assert.equal(await goneAtOnce(t, 'reads', { orders: 1, reads: 1 }), 4);
  });

  test('with a half of it has half the burst, and the next waits', async (t) => {
    assert.equal(await goneAtOnce(t, 'reads', { orders: 1, reads: 0.5 }), 2);
  });

  test('orders do not wait for a share of reads', async (t) => {
    const few = await goneAtOnce(t, 'orders', { orders: 0.5, reads: 1 });
    const all = await goneAtOnce(t, 'orders', { orders: 1, reads: 0.01 });
    assert.deepEqual([few, all], [2, 4]);
  });
});
