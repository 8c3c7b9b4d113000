/** The checks of the venues' orders, each on one order that is as it should be and on one that is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VenueOrderView, VenueState } from '../arena/control.ts';
import type { LedgerOrder, Truth } from './truth.ts';
import { stillOpen, uniqueOrders } from './venue-orders.ts';

const closing: VenueOrderView = {
  account: 'bybit-a',
  id: '17',
  clientOrderId: 'close-perp',
  symbol: 'USDC/USDT:USDT',
  side: 'buy',
  timeInForce: 'ioc',
  price: '1.001',
  quantity: '2299',
  reduceOnly: true,
  origin: 'user',
  status: 'filled',
  filledBase: '2299',
  createdAtMs: 1_000,
  updatedAtMs: 1_020,
};

test('an order that is known, alone, reduce-only and over is as it should be', () => {
  assert.deepEqual(found(closing), []);
});

test('a perpetual that is reduced by an order which could turn it round', () => {
  assert.deepEqual(found({ ...closing, reduceOnly: false }), [
    [2, 'K', 'close order bybit-a close-perp is not reduce-only'],
  ]);
});

test('one client order id that became two orders', () => {
  assert.deepEqual(found(closing, { ...closing, id: '18' }), [[2, 'K', 'bybit has 2 orders bybit-a close-perp']]);
});

test('an order that the ledger never heard of', () => {
  const details = [[2, null, 'bybit has order bybit-a stray, which the ledger does not know']];
  assert.deepEqual(found(closing, { ...closing, clientOrderId: 'stray' }), details);
});

test('an order that is left behind', () => {
  assert.deepEqual(found({ ...closing, status: 'open' }), [[1, 'K', 'bybit still has order bybit-a close-perp open']]);
});

test('what a venue does by itself is no order of ours, whatever it looks like', () => {
  const struck = { ...closing, clientOrderId: 'adl-1', reduceOnly: false, status: 'open' } as const;
  assert.deepEqual(found({ ...struck, origin: 'adl' }, { ...struck, origin: 'liquidation' }), []);
});

function found(...orders: readonly VenueOrderView[]) {
  const none: VenueState = { orders: [], trades: [], balances: [], positions: [], income: [] };
  const ledger = { positions: [], fills: [], funding: [], charges: [], alerts: [], baselines: [], orders: [known] };
  const truth: Truth = { venues: { bybit: { ...none, orders }, binanceusdm: none }, ledger };
  return [...uniqueOrders(truth), ...stillOpen(truth)].map(({ invariant, positionKey, detail }) => [
    invariant,
    positionKey,
    detail,
  ]);
}

const known: LedgerOrder = {
  client_order_id: 'close-perp',
  position_key: 'K',
  leg: 'perp',
  account: 'bybit-a',
  venue: 'bybit',
  symbol: 'USDC/USDT:USDT',
  side: 'buy',
  purpose: 'close',
  step: 2,
  attempt: 1,
  quantity_base: '2299',
  limit_price: '1.001',
  time_in_force: 'ioc',
  state: 'done',
  venue_order_id: '17',
  claimed_at_wall_ms: '990',
  filled_base: '2299',
  reason: null,
  seq: '4',
};
