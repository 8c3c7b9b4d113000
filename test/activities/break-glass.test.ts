/** The last resort, on a real ledger and a venue made by hand: whatever state a dead service left its orders in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flattenByHand } from '../../activities/break-glass.ts';
import type { VenueFill } from '../../src/domain/fill.ts';
import type { Venue, VenueOrderRequest } from '../../src/ports/venue.ts';
import { fill, nowMs, opening, plan, reading } from '../ledger/support/requests.ts';
import { withLedger } from '../ledger/support/with-ledger.ts';
import { anchor } from './support/account-story.ts';

const nobodyAsks = (): Promise<never> => Promise.reject(new Error('not expected'));

/** Fills every order at once; what it was never sent is absent. */
function venueOf(account: string, sent: VenueOrderRequest[]): Venue {
  const own = new Map<string, VenueOrderRequest>();
  const fillOf = ({ clientOrderId, symbol, side, quantityBase }: VenueOrderRequest): VenueFill =>
    fill(`venue-${clientOrderId}`, clientOrderId, { symbol, side, quantityBase, fee: '0', feeCurrency: 'USDT' });
  return {
    account,
    capabilities: {
      venue: account,
      clientOrderIdForm: 'alphanumeric',
      clientOrderIdScope: 'open_orders',
      requestExpiry: null,
      visibilityLagMs: 0,
      spotFeeCurrency: 'quote',
      fundingDelayMs: 0,
      orderKinds: ['ioc'],
    },
    submit: (request) => {
      own.set(request.clientOrderId, request);
      sent.push(request);
      return Promise.resolve({ kind: 'accepted', venueOrderId: `venue-${request.clientOrderId}` });
    },
    lookUp: ({ clientOrderId }) => {
      const order = own.get(clientOrderId);
      if (order === undefined) return Promise.resolve({ kind: 'absent' });
      const { symbol, side, quantityBase } = order;
      const venueOrderId = `venue-${clientOrderId}`;
      const found = { venueOrderId, clientOrderId, symbol, side, quantityBase, filledBase: quantityBase } as const;
      return Promise.resolve({ kind: 'found', order: { ...found, status: 'done' } });
    },
    orderFills: ({ venueOrderId }) =>
      Promise.resolve([...own.values()].map(fillOf).filter((one) => one.venueOrderId === venueOrderId)),
    fillsSince: () => Promise.resolve([...own.values()].map(fillOf)),
    reading: () => Promise.resolve(reading(account, '0')),
    fundingPaymentsSince: () => Promise.resolve([]),
    instruments: nobodyAsks,
    serverTimeMs: nobodyAsks,
    prepare: nobodyAsks,
    cancel: nobodyAsks,
    permissions: nobodyAsks,
    close: () => Promise.resolve(),
  };
}

test('an order that a dead worker left on its way is followed to its end first, and stops nobody', () =>
  withLedger(async ({ ledger }) => {
    const of = plan('A');
    for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
    const prepared = await ledger.prepareOpening(opening(of));
    assert.ok(prepared.kind === 'prepared');
    const [spot, perp] = prepared.orders;
    assert.ok(spot && perp);
    for (const { clientOrderId } of [spot, perp]) {
      await ledger.claimOrder(clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
    }
    const bought = fill('spot-1', 't1', { fee: '0', feeCurrency: 'USDT' });
    await ledger.recordSettlement(
      spot.clientOrderId,
      { venueOrderId: 'spot-1', filledBase: '1000', averagePrice: '0.9997' },
      [bought],
    );
    // The perpetual's order is `sending`, and no workflow is there to ask what became of it.
    const sent: VenueOrderRequest[] = [];
    const venues = new Map(['bybit', 'binance'].map((account) => [account, venueOf(account, sent)]));
    const result = await flattenByHand(
      {
        ledger,
        venues,
        closingPrices: () => Promise.resolve({ spot: '0.9997', perp: '1.0001' }),
        alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() },
        clock: { nowMs: () => Date.now() },
        progress: () => undefined,
      },
      of.key,
      anchor,
    );
    assert.equal(result.kind, 'flat', JSON.stringify(result));
    assert.deepEqual(
      sent.map(({ symbol, side, quantityBase }) => [symbol, side, quantityBase]),
      [['USDC/USDT', 'sell', '1000']],
    );
    assert.equal((await ledger.order(perp.clientOrderId))?.state, 'absent');
    assert.equal((await ledger.position(of.key))?.status, 'aborted');
  }));
