/**
 * Orders whose fate is not known when the call returns. Whatever the network does, an order is looked up and never
 * sent again, a client order id reaches the venue at most once, and both legs end equal.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { decimal } from '../../src/domain/decimal.ts';
import type { PositionView } from '../../src/domain/position-state.ts';
import {
  eventually,
  startTradingService,
  type PositionHandle,
  type TradingService,
} from '../support/trading-service.ts';

const spotOrders = { venue: 'bybit', method: 'POST', path: '/v5/order/create' };
const perpOrders = { venue: 'binanceusdm', method: 'POST', path: '/fapi/v1/order' };

let service: TradingService;
before(async () => {
  service = await startTradingService();
});
after(() => service.stop());
afterEach(() => service.control('DELETE', '/faults'));

/** Opens under a fault, closes, and holds the service against the venues. */
async function openUnder(fault: object): Promise<{ key: string; purposes: string[] }> {
  const handle = await service.openPosition('short_spot_long_perp', async (input) => {
    await service.control('POST', '/faults', fault);
    return input;
  });
  const { key, orders } = await service.untilStatus(handle, 'hedged');
  await service.control('DELETE', '/faults');
  const purposes = orders.map(({ order, resolution }) => `${order.leg} ${order.purpose} ${resolution.kind}`);
  await handle.signal('forceClose');
  const result = await handle.result();
  assert.equal(result.kind, 'closed');
  await assertTruth();
  return { key, purposes };
}

async function assertTruth(): Promise<void> {
  assert.deepEqual(await service.compare(), { ledgerMatchesVenue: true, oneLegged: 0, findings: [] });
  const repeated = [...(await service.venueOrders())].filter(([, count]) => count > 1);
  assert.deepEqual(repeated, [], 'a client order id stands for one venue order');
}

/** Timers of this summary that have run out, by their length in wall milliseconds. */
async function waitsFor(handle: PositionHandle, summary: string): Promise<number[]> {
  const { events } = await handle.fetchHistory();
  const fired = new Set((events ?? []).map(({ timerFiredEventAttributes: timer }) => timer?.timerId));
  return (events ?? []).flatMap(({ timerStartedEventAttributes: timer, userMetadata }) => {
    const isIt = Buffer.from(userMetadata?.summary?.data ?? []).toString() === JSON.stringify(summary);
    // The event that ends a timer early carries its summary as well.
    if (!isIt || !timer || !fired.has(timer.timerId)) return [];
    const { seconds, nanos } = timer.startToFireTimeout ?? {};
    return [Number(String(seconds ?? 0)) * 1_000 + (nanos ?? 0) / 1e6];
  });
}

describe('an opening order', () => {
  test('that was executed, but whose reply was lost, is found and counted', async () => {
    const { purposes } = await openUnder({ kind: 'drop_after', ...spotOrders });
    assert.deepEqual(purposes, ['spot open done', 'perp open done']);
  });

  test('whose reply breaks off in its middle is found and counted', async () => {
    const { purposes } = await openUnder({ kind: 'reset', ...perpOrders });
    assert.deepEqual(purposes, ['spot open done', 'perp open done']);
  });

  test('that was answered with a 503, but executed, is found and counted', async () => {
    const { purposes } = await openUnder({ kind: 'http_5xx', status: 503, execute: true, ...perpOrders });
    assert.deepEqual(purposes, ['spot open done', 'perp open done']);
  });

  test('that never arrived is proven absent, and the leg is topped up by a new order with a new id', async () => {
    const { key, purposes } = await openUnder({ kind: 'drop_before', ...spotOrders });
    assert.deepEqual(purposes, ['spot open not_executed', 'perp open done', 'spot top_up done']);
    const orders = await service.ledger.ordersOf(key);
    assert.deepEqual(orders.map(({ purpose, state }) => `${purpose} ${state}`).sort(), [
      'close done',
      'close done',
      'open absent',
      'open done',
      'top_up done',
    ]);
  });

  test('that arrives late, after the client gave up, is still the same order', async () => {
    const { purposes } = await openUnder({ kind: 'late', delayMs: 2_000, ...perpOrders });
    assert.deepEqual(purposes, ['spot open done', 'perp open done']);
  });

  test('that arrives after its expiry is refused by the venue, and replaced', async () => {
    const { purposes } = await openUnder({ kind: 'late', delayMs: 7_500, ...perpOrders });
    assert.deepEqual(purposes, ['spot open done', 'perp open not_executed', 'perp top_up done']);
  });
});

describe('a leg that cannot be had', () => {
  test('is refused for good: the other leg is unwound, and the position aborted', async () => {
    const handle = await service.openPosition('short_spot_long_perp', async (input) => {
      // The reading still shows the inventory; the venue does not have it any more.
      await service.control('POST', '/venues/bybit/balances', { account: 'bybit', currency: 'USDC', amount: '-45000' });
      return input;
    });
    const result = await handle.result();
    await service.control('POST', '/venues/bybit/balances', { account: 'bybit', currency: 'USDC', amount: '45000' });
    assert.match(result.kind === 'aborted' ? result.reason : '', /refused/);
    const key = handle.workflowId.slice('position/'.length);
    const orders = await service.ledger.ordersOf(key);
    assert.deepEqual(orders.map(({ leg, purpose, state }) => `${leg} ${purpose} ${state}`).sort(), [
      'perp open done',
      'perp unwind done',
      'spot open rejected',
    ]);
    const position = await service.ledger.position(key);
    assert.equal(position?.status, 'aborted');
    assert.ok(decimal(position?.attribution?.realisedUsd ?? '0').lt(decimal('0')), 'what the attempt cost is booked');
    await assertTruth();
  });

  test('fills in part: the rest is topped up as depth comes back', async () => {
    const thin = {
      symbol: 'USDC/USDT:USDT',
      centre: '0.9990',
      bids: [['0.998999', '60000']],
      asks: [['0.999001', '60000']],
    };
    await service.control('POST', '/venues/binanceusdm/prices', thin);
    const handle = await service.openPosition('short_spot_long_perp', async (input) => {
      const shallow = {
        ...thin,
        asks: [
          ['0.999001', '4000'],
          ['1.2', '90000'],
        ],
      };
      await service.control('POST', '/venues/binanceusdm/prices', shallow);
      return { ...input, plan: { ...input.plan, minimumEntryBps: '-10000' } };
    });
    const view = await service.untilStatus(handle, 'hedged');
    assert.ok(view.orders.some(({ order }) => order.leg === 'perp' && order.purpose === 'top_up'));
    await service.setPrices('0.9996', '0.9990');
    await handle.signal('forceClose');
    await handle.result();
    await assertTruth();
  });
});

test('a venue that asks to be left alone for ten minutes is left alone; a person is told at once, and can close', async () => {
  const handle = await service.openPosition('short_spot_long_perp');
  const { key } = await service.untilStatus(handle, 'hedged');
  await service.control('POST', '/faults', { kind: 'rate_limited', ...perpOrders, retryAfterMs: 600_000 });
  await handle.signal('forceClose');
  const { state } = await service.untilStatus(handle, 'stuck');
  assert.equal(state.kind === 'stuck' && state.reason, 'binanceusdm refuses orders, and asks for 600 s');
  await eventually(async () => (await service.ledger.openAlerts()).some((alert) => alert.key === `stuck/${key}`));
  await handle.signal('forceClose');
  assert.equal((await handle.result()).kind, 'closed');
  assert.deepEqual(await waitsFor(handle, 'try again'), [], 'the person came before its minute was over');
  const perp = (await service.ledger.ordersOf(key)).filter(({ leg, purpose }) => leg === 'perp' && purpose === 'close');
  assert.deepEqual(
    perp.map(({ state: ended }) => ended),
    ['rejected', 'done'],
  );
  await assertTruth();
});

test('a venue whose clock leaps ahead refuses a leg of a close, and gets it as soon as its clock is right again', async () => {
  const handle = await service.openPosition('short_spot_long_perp');
  const { key } = await service.untilStatus(handle, 'hedged');
  // Further than an order's five seconds: whatever is sent has expired on arrival.
  await service.control('POST', '/faults', { kind: 'clock_skew', venue: 'bybit', skewMs: 6_000 });
  await handle.signal('forceClose');
  await service.untilStatus(handle, 'stuck');
  await service.control('DELETE', '/faults');
  assert.equal((await handle.result()).kind, 'closed');
  const waits = await waitsFor(handle, 'try again');
  assert.deepEqual(
    waits,
    waits.map((_, index) => 5_000 * 2 ** index),
    'nobody waits a minute with one leg',
  );
  const refused = (await service.ledger.ordersOf(key)).filter(({ state }) => state === 'rejected');
  assert.deepEqual(new Set(refused.map(({ leg }) => leg)), new Set(['spot']));
  await assertTruth();
});

describe('a venue that is down', () => {
  test('while a position is told to close: it stays hedged, a person is alerted, and it closes when the venue is back', async () => {
    const handle = await service.openPosition('short_spot_long_perp');
    const { key } = await service.untilStatus(handle, 'hedged');
    await service.control('POST', '/faults', { kind: 'venue_down', venue: 'bybit' });
    await handle.signal('forceClose');
    await eventually(async () => (await service.ledger.openAlerts()).some((alert) => alert.key === `no_prices/${key}`));
    // One leg must not go without the other.
    assert.deepEqual(await sentToClose(key), []);
    await service.control('DELETE', '/faults');
    const result = await handle.result();
    assert.equal(result.kind, 'closed');
    assert.equal(
      (await service.ledger.openAlerts()).some((alert) => alert.positionKey === key),
      false,
    );
    await assertTruth();
  });

  test('for longer than a close waits for order books: it is stuck, and what a person resolves meanwhile is done', async () => {
    const handle = await service.openPosition('short_spot_long_perp');
    const { key } = await service.untilStatus(handle, 'hedged');
    await service.control('POST', '/faults', { kind: 'venue_down', venue: 'bybit' });
    await handle.signal('forceClose');
    await eventually(async () => (await service.ledger.openAlerts()).some((alert) => alert.key === `no_prices/${key}`));
    const database = new Client({ connectionString: service.env['DATABASE_URL'] });
    await database.connect();
    try {
      // The ledger cannot be told that it is stuck yet; it is asked to try again meanwhile.
      await database.query('begin');
      await database.query('select 1 from positions where key = $1 for update', [key]);
      await eventually(
        async () => (await handle.query<PositionView>('position')).status === 'stuck',
        () => 'it waits for ever',
        100_000,
      );
      assert.deepEqual(await sentToClose(key), []);
      await service.control('DELETE', '/faults');
      assert.equal(await handle.executeUpdate('resolve', { args: ['retry'] }), 'retry');
    } finally {
      await database.end();
    }
    assert.equal((await handle.result()).kind, 'closed');
    assert.deepEqual(await waitsFor(handle, 'try again'), [], 'it did not wait for its next try');
    await assertTruth();
  });

  test('as the closing orders leave: the other leg closes, this one follows when it is back, and nothing is sent twice', async () => {
    const handle = await service.openPosition('short_spot_long_perp');
    const { key } = await service.untilStatus(handle, 'hedged');
    await service.control('POST', '/faults', { kind: 'http_5xx', count: 30, ...spotOrders });
    await handle.signal('forceClose');
    await eventually(async () => (await sentToClose(key)).includes('perp done'));
    await service.control('DELETE', '/faults');
    const result = await handle.result();
    assert.equal(result.kind, 'closed');
    await assertTruth();
  });

  async function sentToClose(key: string): Promise<string[]> {
    const orders = await service.ledger.ordersOf(key);
    return orders.filter(({ purpose }) => purpose === 'close').map(({ leg, state }) => `${leg} ${state}`);
  }
});
