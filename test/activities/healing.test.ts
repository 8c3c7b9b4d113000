/** What a reconciliation puts right by itself, on a real ledger: orders that nobody follows, and news that was not heard. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLookedFor, healAccount } from '../../activities/reconciliation/healing.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { VenueError, type Venue } from '../../src/ports/venue.ts';
import { intent, nowMs, opening, perpIntent, plan, reading } from '../ledger/support/requests.ts';
import { withLedger } from '../ledger/support/with-ledger.ts';
import { anchor } from './support/account-story.ts';
import { instantVenue } from './support/instant-venue.ts';

const perpetual = 'USDC/USDT:USDT';

async function opened(ledger: Ledger, name: string) {
  const of = plan(name);
  for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
  const prepared = await ledger.prepareOpening(opening(of));
  assert.ok(prepared.kind === 'prepared');
  const perp = prepared.orders.find(({ leg }) => leg === 'perp');
  assert.ok(perp);
  await ledger.claimOrder(perp.clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
  return perp;
}

function heal(ledger: Ledger, venue: Venue, lookedFor = createLookedFor()) {
  const alerts = { raise: () => Promise.resolve(), resolve: (key: string) => ledger.resolveAlert(key, nowMs) };
  // Ten minutes later: nobody has followed the order for as long.
  const clock = { nowMs: () => nowMs + 600_000 };
  return healAccount({ venue, ledger, alerts, clock }, { perpetuals: [perpetual], anchor }, lookedFor);
}

test('an order that was left on its way is followed, so that it no longer hides what the venue does', () =>
  withLedger(async ({ ledger }) => {
    const [filled, absent] = [await opened(ledger, 'A'), await opened(ledger, 'B')];
    const venue = instantVenue('binance', []);
    await venue.submit({ ...filled, timeInForce: 'ioc', sendByMs: nowMs + 2_000 });
    await heal(ledger, venue);
    assert.equal((await ledger.order(filled.clientOrderId))?.state, 'done');
    assert.equal((await ledger.order(absent.clientOrderId))?.state, 'absent');
    assert.equal((await ledger.netFills('binance'))[0]?.unresolvedOrders, 0);
  }));

test('so is one whose acceptance came in after its position had ended', () =>
  withLedger(async ({ ledger }) => {
    const order = await opened(ledger, 'A');
    await ledger.markAbsent(order.clientOrderId, 'proven absent at the venue');
    await ledger.updatePosition({ key: order.positionKey, status: 'aborted', nowWallMs: nowMs });
    const venue = instantVenue('binance', []);
    const outcome = await venue.submit({ ...order, timeInForce: 'ioc', sendByMs: nowMs + 2_000 });
    await ledger.recordOutcome(order.clientOrderId, outcome);
    await heal(ledger, venue);
    assert.equal((await ledger.order(order.clientOrderId))?.state, 'done');
  }));

test('a quote that rests past its time, without the workflow that would hedge it, is cancelled; a fresh one is left', () =>
  withLedger(async ({ ledger }) => {
    const style = { kind: 'maker_hedge', makerLeg: 'perp', maxUnhedgedUsd: '500', atMakerDeadline: 'stop' } as const;
    for (const [name, makerDeadlineMs] of [
      ['A', 300_000],
      ['B', 3_600_000],
    ] as const) {
      const of = plan(name, { style: { ...style, makerDeadlineMs } });
      for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
      const quote = intent({ ...perpIntent, timeInForce: 'post_only' });
      const prepared = await ledger.prepareOpening(opening(of, { intents: [quote] }));
      assert.ok(prepared.kind === 'prepared' && prepared.orders[0]);
      const { clientOrderId } = prepared.orders[0];
      await ledger.claimOrder(clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
      await ledger.recordOutcome(clientOrderId, { kind: 'accepted', venueOrderId: name });
    }
    const cancelled: (string | null)[] = [];
    const venue: Venue = {
      ...instantVenue('binance', []),
      lookUp: ({ clientOrderId, symbol, venueOrderId }) => {
        const status = cancelled.includes(venueOrderId) ? 'done' : 'open';
        const found = { clientOrderId, symbol, side: 'sell', quantityBase: '1000', filledBase: '0', status } as const;
        return Promise.resolve({ kind: 'found', order: { ...found, venueOrderId: venueOrderId ?? '' } });
      },
      cancel: ({ venueOrderId }) => {
        cancelled.push(venueOrderId);
        return Promise.resolve();
      },
    };
    await heal(ledger, venue);
    assert.deepEqual(cancelled, ['A']);
  }));

test('an order that was taken for absent and is there after all is told until it is over, whatever else fails', () =>
  withLedger(async ({ ledger }) => {
    const [order, other] = [await opened(ledger, 'A'), await opened(ledger, 'B')];
    for (const { clientOrderId } of [order, other])
      await ledger.markAbsent(clientOrderId, 'proven absent at the venue');
    const venue = instantVenue('binance', []);
    await venue.submit({ ...order, timeInForce: 'ioc', sendByMs: nowMs + 2_000 });
    const halfDown: Venue = {
      ...venue,
      lookUp: (query) =>
        query.clientOrderId === other.clientOrderId
          ? Promise.reject(new VenueError('unavailable', 'down'))
          : venue.lookUp(query),
    };
    for (const run of ['first', 'second']) {
      const { news } = await heal(ledger, halfDown);
      assert.deepEqual(
        news.map(({ workflowId, observation }) => [
          workflowId,
          observation.order.clientOrderId,
          observation.resolution.kind,
        ]),
        [[`position/${order.positionKey}`, order.clientOrderId, 'done']],
        run,
      );
    }
  }));

test('an order that came to nothing is looked for once more, and where the past is scarce five of them a run', () =>
  withLedger(async ({ ledger }) => {
    for (const name of ['A', 'B', 'C', 'D', 'E', 'F', 'G']) {
      const { clientOrderId } = await opened(ledger, name);
      await ledger.markAbsent(clientOrderId, 'proven absent at the venue');
    }
    const asked: string[] = [];
    const instant = instantVenue('binance', []);
    const venue: Venue = {
      ...instant,
      capabilities: { ...instant.capabilities, scarceHistory: true },
      lookUp: ({ clientOrderId }) => {
        asked.push(clientOrderId);
        return Promise.resolve({ kind: 'absent' });
      },
    };
    const lookedFor = createLookedFor();
    const counts: number[] = [];
    for (let run = 1; run <= 3; run += 1) {
      await heal(ledger, venue, lookedFor);
      counts.push(asked.length);
    }
    assert.deepEqual(counts, [5, 7, 7]);
    assert.equal(new Set(asked).size, 7);
  }));

test('an order that is there after all is looked for until its fills are listed, too', () =>
  withLedger(async ({ ledger }) => {
    const order = await opened(ledger, 'A');
    await ledger.markAbsent(order.clientOrderId, 'proven absent at the venue');
    const venue = instantVenue('binance', []);
    await venue.submit({ ...order, timeInForce: 'ioc', sendByMs: nowMs + 2_000 });
    const lookedFor = createLookedFor();
    await heal(ledger, { ...venue, orderFills: () => Promise.resolve([]) }, lookedFor);
    assert.equal((await ledger.order(order.clientOrderId))?.state, 'absent');
    await heal(ledger, venue, lookedFor);
    assert.equal((await ledger.order(order.clientOrderId))?.state, 'done');
  }));

test('an alert that an order is not settled ends with the order, whoever raised it, and when', () =>
  withLedger(async ({ ledger }) => {
    const settled = await opened(ledger, 'A');
    const venue = instantVenue('binance', []);
    await venue.submit({ ...settled, timeInForce: 'ioc', sendByMs: nowMs + 2_000 });
    await heal(ledger, venue);
    const going = await opened(ledger, 'B');
    // As a workflow does whose timer ran out while the order was settled.
    const late = { severity: 'critical', message: 'not settled after 30 s', positionKey: settled.positionKey } as const;
    const keys = [settled.clientOrderId, going.clientOrderId, 'of-another-ledger'].map((id) => `unresolved/${id}`);
    for (const key of [`stuck/${settled.positionKey}`, ...keys]) await ledger.raiseAlert({ ...late, key }, nowMs);
    const standing = async () => new Set((await ledger.openAlerts()).map(({ key }) => key));
    await heal(ledger, instantVenue('bybit', []));
    assert.equal((await standing()).size, 4, 'the account has another worker');
    const away = { ...venue, lookUp: () => Promise.reject(new VenueError('unavailable', 'down')) };
    await heal(ledger, away);
    assert.deepEqual(await standing(), new Set([`stuck/${settled.positionKey}`, keys[1], keys[2]]));
    await heal(ledger, venue);
    assert.deepEqual(await standing(), new Set([`stuck/${settled.positionKey}`, keys[2]]), 'proven absent in this run');
  }));
