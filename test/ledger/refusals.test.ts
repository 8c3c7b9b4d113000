/** What stands against a reservation, as the limits see it; the same over a database is in `reservations.test.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Admission, LiveReservation } from '../../src/ledger/portfolio/admission.ts';
import { refusals } from '../../src/ledger/portfolio/refusals.ts';
import { limits, plan, reading, request } from './support/requests.ts';

function live(change: Partial<LiveReservation> = {}): LiveReservation {
  const { key, pairId, direction, spot, perp, notionalUsd } = plan('HELD');
  return {
    key,
    pairId,
    spotVenue: spot.instrument.venue,
    perpVenue: perp.instrument.venue,
    direction,
    spotAccount: spot.account,
    spotCoin: spot.instrument.base,
    borrows: false,
    perpAccount: perp.account,
    perpSymbol: perp.instrument.symbol,
    notionalUsd,
    needs: [],
    settledAtWallMs: 1,
    ...change,
  };
}

function admission(change: Partial<Admission> = {}): Admission {
  return {
    held: null,
    live: [],
    readings: [reading('bybit', '100000'), reading('binance', '100000')],
    holdings: [],
    haltReason: null,
    unownedPerpBase: '0',
    lastEnd: null,
    ...change,
  };
}

test('everything between two exchanges is under one cap, whichever of them has the spot leg', () => {
  // 45,000 of spot at binance against a perpetual at bybit, and 6,000 the other way round: 51,000 of 50,000.
  const other = live({ spotVenue: 'binance', perpVenue: 'bybit', perpAccount: 'bybit-swaps', notionalUsd: '45000' });
  const caps = { ...limits, maxPositionUsd: '100000', maxPairUsd: '50000' };
  const asked = (notionalUsd: string) =>
    refusals(request(plan('NEW', { notionalUsd }), { limits: caps }), admission({ live: [other] }));
  assert.deepEqual(asked('6000'), ['maxPairUsd: 45000 + 6000 = 51000 USD between binance and bybit is over 50000']);
  assert.deepEqual(asked('5000'), []);
});

test('coins of an open position are not free for another one, long after its reservation was settled', () => {
  // 10,000 USDC bought at bybit and settled at wall 1; the reading of wall 5 calls them free. A short would sell them.
  const { spot } = plan('HELD');
  const holding = {
    direction: 'long_spot_short_perp',
    spot,
    spotReferencePrice: '1',
    maxCloseSlippageBps: '20',
  } as const;
  const readings = [
    reading('bybit', '0', { balances: [{ currency: 'USDC', total: '12000', free: '12000' }], readAtMs: 5 }),
    reading('binance', '100000', { readAtMs: 5 }),
  ];
  const held = live({ settledAtWallMs: 1, perpAccount: 'okx', notionalUsd: '10000' });
  const known = admission({
    live: [held],
    readings,
    holdings: [{ ...holding, spotBase: '10000', borrows: false }],
  });
  const short = plan('NEW', { direction: 'short_spot_long_perp' });
  const asked = (amount: string) => {
    const needs = [{ account: 'bybit', currency: 'USDC', amount }];
    return refusals(request(short, { needs, nowWallMs: 6 }), known);
  };
  assert.deepEqual(asked('2000'), []);
  assert.deepEqual(asked('2000.5'), [
    'free at bybit: 2000.5 USDC needed, 12000 free − 10000 for the closes of positions − 0 reserved = 2000',
  ]);
});
