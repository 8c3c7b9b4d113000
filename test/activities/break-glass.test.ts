/** The last resort, on a real ledger and a venue made by hand: whatever state a dead service left its orders in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flattenByHand } from '../../activities/break-glass.ts';
import type { VenueOrderRequest } from '../../src/ports/venue.ts';
import { fill, intent, nowMs, opening, perpIntent, plan, reading } from '../ledger/support/requests.ts';
import { withLedger } from '../ledger/support/with-ledger.ts';
import { anchor } from './support/account-story.ts';
import { instantVenue } from './support/instant-venue.ts';

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
    const venues = new Map(['bybit', 'binance'].map((account) => [account, instantVenue(account, sent)]));
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

test('what was declared to stay sold is not bought back by hand either', () =>
  withLedger(async ({ ledger }) => {
    const of = plan('A', { direction: 'short_spot_long_perp' });
    for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
    const prepared = await ledger.prepareOpening(
      opening(of, { intents: [intent({ side: 'sell' }), { ...perpIntent, side: 'buy' }] }),
    );
    assert.ok(prepared.kind === 'prepared');
    for (const { clientOrderId, leg, symbol, side } of prepared.orders) {
      await ledger.claimOrder(clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
      await ledger.recordSettlement(clientOrderId, { venueOrderId: leg, filledBase: '1000', averagePrice: '0.9997' }, [
        fill(leg, 't1', { symbol, side, fee: '0', feeCurrency: 'USDT' }),
      ]);
    }
    await ledger.updatePosition({ key: of.key, status: 'hedged', nowWallMs: nowMs, openedAtMarketMs: nowMs });
    await ledger.declareBaselineChange({
      positionKey: of.key,
      account: 'bybit',
      currency: 'USDC',
      quantityBase: '-1000',
      price: '0.87',
      reason: 'depeg',
      declaredAtWallMs: nowMs,
      declaredAtMarketMs: nowMs,
    });
    const sent: VenueOrderRequest[] = [];
    const venues = new Map(['bybit', 'binance'].map((account) => [account, instantVenue(account, sent)]));
    const result = await flattenByHand(
      {
        ledger,
        venues,
        // The broken coin's spot market has stopped.
        closingPrices: (_plan, legs) =>
          legs.includes('spot') ? Promise.reject(new Error('no order book')) : Promise.resolve({ perp: '0.8690' }),
        alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() },
        clock: { nowMs: () => Date.now() },
        progress: () => undefined,
      },
      of.key,
      anchor,
    );
    assert.deepEqual(
      sent.map(({ symbol, side, quantityBase, reduceOnly }) => [symbol, side, quantityBase, reduceOnly]),
      [['USDC/USDT:USDT', 'sell', '1000', true]],
    );
    // Everything filled at 0.9997, so that the perpetual gave nothing; the coin fell to 0.87: 1,000 · (0.9997 − 0.87).
    assert.equal(result.kind === 'flat' && result.attribution.realisedUsd, '129.7');
  }));
