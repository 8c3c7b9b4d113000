/** What a loan adds to the exits: the margin account's own distance, a recall, and interest in all that is still to come. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MarginState } from '../../../src/domain/margin/borrow.ts';
import { decimal, toText, zero } from '../../../src/domain/decimal.ts';
import { evaluateExits } from '../../../src/domain/exits.ts';
import { borrowRecalled } from '../../../src/domain/exits/borrow-recalled.ts';
import { carryAhead } from '../../../src/domain/exits/carry-ahead.ts';
import { loanRate, marginDistance, marginDistancePct } from '../../../src/domain/exits/margin-distance.ts';
import { everyPegExempt } from '../../../src/domain/peg.ts';
import { unrealisedPnl } from '../../../src/domain/pnl.ts';
import type { PositionPlan } from '../../../src/domain/position.ts';
import { bybitSpot, binancePerpetual } from '../../support/plans.ts';
import { concernOf, hourMs, leaves, nowMs, seenOf, watchOf } from './support.ts';

const borrow = { hourlyRate: '0.000006', collateralRate: '0.2' };
const lent: Partial<PositionPlan> = { direction: 'short_spot_long_perp', borrow };

function state(change: Partial<MarginState> = {}): MarginState {
  const loan = { currency: 'USDC', owed: '10000', hourlyRate: '0.000007', isLent: true, available: null };
  return {
    equityUsd: '2000',
    maintenanceUsd: '100',
    owedUsd: '10000',
    collateralRate: '0.2',
    loans: [loan],
    ...change,
  };
}

const seen = (change: Partial<MarginState> = {}, readAtMs = nowMs) =>
  seenOf(watchOf({ liquidationDistancePct: '10' }, lent), { margin: { state: state(change), readAtMs } });

describe('the margin account’s own distance', () => {
  test('is what is left beyond the maintenance margin over what is owed', () => {
    // (2,000 − 100) / 10,000
    assert.equal(marginDistancePct(state())?.toFixed(), '19');
    assert.equal(marginDistancePct(state({ owedUsd: '0' })), null);
  });

  test('exactly at its bound it is held, nearer it is left', () => {
    assert.equal(marginDistance(seen({ equityUsd: '1100' })), null);
    assert.equal(
      leaves(marginDistance(seen({ equityUsd: '1050' }))),
      'liquidation distance 9.5 % < 10 % at bybit (1050 USD net, 100 USD maintenance, 10000 USD owed)',
    );
  });

  test('an old reading, or one that says nothing of loans, decides nothing, and a person hears of it', () => {
    assert.equal(concernOf(marginDistance(seen({ equityUsd: '0' }, nowMs - 30_001))), 'loan_unread');
    const silent = seenOf(watchOf({}, lent), { margin: { state: null, readAtMs: nowMs } });
    assert.equal(concernOf(marginDistance(silent)), 'loan_unread');
  });

  test('is nothing to a position that borrows nothing', () => {
    const inventory = seenOf(watchOf({}, { direction: 'short_spot_long_perp' }), {
      margin: { state: state({ equityUsd: '0' }), readAtMs: nowMs },
    });
    assert.equal(marginDistance(inventory), null);
    assert.equal(borrowRecalled(inventory), null);
  });
});

test('a coin that is lent no longer is left for, before any rule on prices', () => {
  const [loan] = state().loans;
  assert.ok(loan);
  assert.equal(borrowRecalled(seen()), null);
  const recalled = { loans: [{ ...loan, isLent: false }] };
  const words = 'bybit lends no USDC any more, and bybit owes 10000';
  assert.equal(leaves(borrowRecalled(seen(recalled))), words);
  assert.equal(borrowRecalled(seen(recalled, nowMs - hourMs - 1)), null, 'read before the position was on');
  const found = evaluateExits({
    watch: watchOf({}, lent),
    spotQuote: null,
    perpQuote: null,
    fundingUsd: '0',
    expectedCarry: null,
    pegOf: everyPegExempt,
    perpReading: null,
    margin: { state: state(recalled), readAtMs: nowMs },
    nowWallMs: nowMs,
    stopSinceWallMs: null,
  });
  assert.equal(found.reason, 'borrow_recalled');
});

test('a loan near its limit is closed whole, where the perpetual alone would have been reduced', () => {
  const looked = (equityUsd: string) =>
    evaluateExits({
      watch: watchOf({ liquidationDistancePct: '10' }, lent),
      spotQuote: null,
      perpQuote: null,
      fundingUsd: '0',
      expectedCarry: null,
      pegOf: everyPegExempt,
      perpReading: { liquidationPrice: '0.9500', markPrice: '1.0000', readAtMs: nowMs },
      margin: { state: state({ equityUsd }), readAtMs: nowMs },
      nowWallMs: nowMs,
      stopSinceWallMs: null,
    });
  const [well, near] = [looked('2000'), looked('1050')];
  // 5 % of 20 %.
  assert.deepEqual([well.reason, well.keepShare], ['liquidation_distance', '0.25']);
  assert.deepEqual([near.reason, near.keepShare], ['liquidation_distance', null]);
  assert.match(near.detail, /1050 USD net/);
});

describe('what is still to come', () => {
  const outlook = {
    rate: '-0.0001',
    rateOf: 'next_settlement' as const,
    nextSettlementAtMs: nowMs + hourMs,
    intervalHours: 8,
    meanRate: null,
    persistence: '1',
  };

  test('is the carry less the interest until then, at the rate of now', () => {
    const watch = watchOf({}, lent);
    // Seven days since an hour ago: 167 h, 21 settlements of 1 bp, and 167 · 0.000006 of interest.
    assert.equal(carryAhead(watch, outlook, nowMs, '0.000006')?.toFixed(), '0.001098');
    assert.equal(carryAhead(watchOf({}, { direction: 'short_spot_long_perp' }), outlook, nowMs)?.toFixed(), '0.0021');
  });

  test('is not known while the rate is not', () => {
    assert.equal(carryAhead(watchOf({}, lent), outlook, nowMs, null), null);
    assert.equal(loanRate({ state: state(), readAtMs: nowMs }, watchOf({}, lent).plan), '0.000007');
    assert.equal(loanRate({ state: state({ loans: [] }), readAtMs: nowMs }, watchOf({}, lent).plan), null);
  });
});

test('interest so far is bought back at the closing price', () => {
  const free = {
    spot: { account: 'bybit', instrument: bybitSpot, takerFeeBps: '0' },
    perp: { account: 'binance', instrument: binancePerpetual, takerFeeBps: '0' },
  };
  const watch = { ...watchOf({}, { ...lent, ...free }), perpOpenPrice: '0.9980', openFeesUsd: '10' };
  const close = { spotPrice: decimal('0.9990'), perpPrice: decimal('0.9982') };
  // 10,000 · (0.0010 + 0.0002) − 10 − 0.12 · 0.999
  assert.equal(toText(unrealisedPnl(watch, close, zero, decimal('0.12')).netUsd), '1.88012');
});
