/**
 * What may be at stake of a position that quotes: 1,000 USD at the perpetual's reference of 0.9990635 are 1,000.93 USDC,
 * and two lots of 1 make 1,002.93.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal, zero } from '../../../src/domain/decimal.ts';
import type { LegName } from '../../../src/domain/order.ts';
import { makerPlan } from '../../support/makers.ts';
import { examplePlan } from '../../support/plans.ts';
import type { VenueOrderView } from '../arena/control.ts';
import type { LegChange } from './exposure.ts';
import { quotedTooMuch } from './maker-limits.ts';

const plan = makerPlan();

test('a quote of as much as may be unhedged is allowed, and one of more is not', () => {
  assert.equal(quotedTooMuch(plan, [quote('1002', 1_000, null)], []), null);
  assert.equal(
    quotedTooMuch(plan, [quote('1003', 1_000, null)], []),
    '1003 rested or had no hedge, of 1000 USD allowed',
  );
});

test('a fill moves from what rests to what has no hedge, and the hedge takes it away', () => {
  const first = quote('1000', 1_000, { atMs: 4_000, filledBase: '400' });
  const next = quote('1000', 4_500, null);
  const trades = [trade('perp', 2_000, '400', '400'), trade('spot', 3_000, '-400', '0')];
  assert.equal(quotedTooMuch(plan, [first, next], trades), null);
  assert.equal(
    quotedTooMuch(plan, [first, next], trades.slice(0, 1)),
    '1400 rested or had no hedge, of 1000 USD allowed',
  );
});

test('two at once are one too many, however small', () => {
  const orders = [quote('10', 1_000, { atMs: 3_000, filledBase: '0' }), quote('10', 2_000, null)];
  assert.equal(quotedTooMuch(plan, orders, []), '2 of its orders rested at once');
});

test('a position that takes both legs lets nothing rest', () => {
  assert.equal(quotedTooMuch(examplePlan(), [], []), null);
  assert.equal(quotedTooMuch(examplePlan(), [quote('10', 1_000, null)], []), 'an order rested that was to take');
});

function quote(
  quantity: string,
  createdAtMs: number,
  ended: { readonly atMs: number; readonly filledBase: string } | null,
): VenueOrderView {
  return {
    account: 'binance',
    id: '1',
    clientOrderId: 'quote',
    symbol: 'USDC/USDT:USDT',
    side: 'buy',
    timeInForce: 'post_only',
    price: '1',
    quantity,
    reduceOnly: false,
    origin: 'user',
    status: ended === null ? 'open' : 'cancelled',
    filledBase: ended?.filledBase ?? '0',
    createdAtMs,
    updatedAtMs: ended?.atMs ?? createdAtMs,
  };
}

function trade(leg: LegName, atMs: number, changeBase: string, ofQuoteBase: string): LegChange {
  return { leg, atMs, changeBase: decimal(changeBase), ofQuoteBase: ofQuoteBase === '0' ? zero : decimal(ofQuoteBase) };
}
