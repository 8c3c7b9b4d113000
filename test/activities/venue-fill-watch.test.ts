/** Who hears of a fill that the venue made by itself, whatever state the position is in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bookForeignFills, createVenueFillWatch, type VenueFillSignals } from '../../activities/records/venue-fills.ts';
import { hedged, perpetual, takenByVenue } from '../ledger/support/hedged-position.ts';
import { nowMs, opening, plan, reading } from '../ledger/support/requests.ts';
import { withLedger } from '../ledger/support/with-ledger.ts';
import { anchor } from './support/account-story.ts';
import { instantVenue } from './support/instant-venue.ts';

test('a position that is closing or stuck hears of what somebody else has booked, until it was told once', () =>
  withLedger(async ({ ledger }) => {
    const key = await hedged(ledger, 'A');
    await ledger.updatePosition({ key, status: 'closing', nowWallMs: nowMs });
    // Booked by another's look, which died before it could tell.
    const scope = { kind: 'perpetual', venueHeldBase: '-600', first: null } as const;
    await ledger.bookVenueFills('binance', perpetual, [takenByVenue('400')], scope);

    const told: string[] = [];
    let isAway = true;
    const signals: VenueFillSignals = {
      workflow: {
        getHandle: (workflowId) => ({
          signal: (_name, { order }) => {
            if (isAway) return Promise.reject(new Error('14 UNAVAILABLE'));
            told.push(`${workflowId} ${order.side} ${order.quantityBase}`);
            return Promise.resolve();
          },
        }),
      },
    };
    const ports = {
      venue: instantVenue('binance', []),
      ledger,
      alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() },
      clock: { nowMs: () => nowMs },
    };
    const watch = createVenueFillWatch(
      ports,
      anchor,
      () => signals,
      () => undefined,
      () => assert.fail('nothing was on its way'),
    );
    await watch.look(perpetual);
    assert.deepEqual(told, []);
    isAway = false;
    await watch.look(perpetual);
    await watch.look(perpetual);
    assert.deepEqual(told, [`position/${key} buy 400`]);

    // More of it is news again.
    await ledger.updatePosition({ key, status: 'stuck', nowWallMs: nowMs });
    const more = [takenByVenue('400'), takenByVenue('200', { tradeId: '10' })];
    await ledger.bookVenueFills('binance', perpetual, more, { ...scope, venueHeldBase: '-400' });
    await watch.look(perpetual);
    await watch.look(perpetual);
    assert.deepEqual(told.slice(1), [`position/${key} buy 600`]);
  }));

test('an order of ours on its way delays what the venue took by moments, and not by a pass', () =>
  withLedger(async ({ ledger }) => {
    const key = await hedged(ledger, 'A');
    const prepared = await ledger.prepareOpening(opening(plan('B')));
    assert.ok(prepared.kind === 'prepared');
    const onItsWay = prepared.orders.find(({ leg }) => leg === 'perp')?.clientOrderId ?? '';
    await ledger.claimOrder(onItsWay, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
    const held = { symbol: perpetual, quantityBase: '-600', entryPrice: null, markPrice: null };
    const positions = [{ ...held, liquidationPrice: null, leverage: null }];
    const told: string[] = [];
    const getHandle = (workflowId: string) => ({ signal: async () => void told.push(workflowId) });
    const waited: number[] = [];
    const watch = createVenueFillWatch(
      {
        venue: {
          ...instantVenue('binance', []),
          fillsSince: () => Promise.resolve([takenByVenue('400')]),
          reading: () => Promise.resolve(reading('binance', '0', { positions })),
        },
        ledger,
        alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() },
        clock: { nowMs: () => nowMs },
      },
      anchor,
      () => ({ workflow: { getHandle } }),
      () => undefined,
      async (durationMs) => {
        waited.push(durationMs);
        // It came to nothing while the second look waits.
        if (waited.length === 2) await ledger.markAbsent(onItsWay, 'never arrived');
      },
    );
    await watch.look(perpetual);
    assert.deepEqual(waited, [500, 1_000]);
    assert.deepEqual(told, [`position/${key}`]);
  }));

test('what another position opens while the venue’s position is read is not taken for a liquidation', () =>
  withLedger(async ({ ledger }) => {
    const first = await hedged(ledger, 'A');
    // Somebody had sold 50 by hand before the service came, and buys them back.
    const byHand = takenByVenue('50');
    let isOpening = true;
    const venue = {
      ...instantVenue('binance', []),
      fillsSince: () => Promise.resolve([byHand]),
      reading: async () => {
        // The venue's answer is on its way while B sells its 1,000, and is booked before it arrives.
        const quantityBase = isOpening ? '-1000' : '-2000';
        if (isOpening) await hedged(ledger, 'B');
        isOpening = false;
        const unknown = { entryPrice: null, markPrice: null, liquidationPrice: null, leverage: null };
        const held = { symbol: perpetual, quantityBase, ...unknown };
        return reading('binance', '0', { positions: [held] });
      },
    };
    const ports = {
      venue,
      ledger,
      alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() },
      clock: { nowMs: () => nowMs },
    };
    const request = { symbol: perpetual, anchor, positionKey: null };
    assert.equal(await bookForeignFills(ports, request), null, 'asked again in the next pass');
    assert.deepEqual(await bookForeignFills(ports, request), [], 'all 2,000 are there');
    assert.deepEqual(await ledger.venueOrdersOfLive('binance'), []);
    assert.equal((await ledger.ordersOf(first)).length, 2);
  }));
