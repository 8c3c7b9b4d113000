/**
 * A close whose venue asks to be left alone: short spot, long perpetual, 10,000 each. Spot charges 0.5 bps in coin, so that
 * 10,000 / (1 − 0.00005) = 10,000.50… are bought back, in lots of 0.01.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decideFlat, decideOpening, type Move } from '../../../src/domain/execution/decide.ts';
import type { OrderObservation, OrderResolution } from '../../../src/domain/execution/observation.ts';
import { venueWaitMs } from '../../../src/domain/execution/pacing.ts';
import type { LegName, OrderPurpose, OrderSide } from '../../../src/domain/order.ts';
import { examplePlan } from '../../support/plans.ts';
import { orderOf } from './quoting-venue.ts';
import type { Decision } from '../../../src/domain/execution/decision.ts';

const plan = examplePlan();
const perpVenue = plan.perp.instrument.venue;

describe('the perpetual of a close is refused', () => {
  test('for half a minute: the whole close waits for it, and is sent again', () => {
    const decision = sent(decideFlat(plan, [...opened(), perpRefused(30_000)], 'close'));
    assert.deepEqual([decision.afterMs, decision.byLeg, decision.leftAlone], [30_000, undefined, undefined]);
  });

  test('for ten minutes: a person is told, and nobody waits for longer than a minute', () => {
    const decision = sent(decideFlat(plan, [...opened(), perpRefused(600_000)], 'close'));
    assert.equal(decision.afterMs, 60_000);
    assert.equal(decision.leftAlone, `${perpVenue} refuses orders, and asks for 600 s`);
  });

  test('for ten minutes, and spot is left with more: that is bought back at once, down to the perpetual', () => {
    const orders = [
      ...opened(),
      order('perp', 'close', 'sell', 2, '10000', done('4000', '-4000')),
      order('spot', 'close', 'buy', 2, '10000', done('1000', '1000')),
      order('perp', 'close', 'sell', 3, '6000', refused(600_000)),
    ];
    // Spot is short of 9,000 and the perpetual long of 6,000.
    const decision = sent(decideFlat(plan, orders, 'close'));
    assert.deepEqual(decision.byLeg?.moves.map(summary), ['spot buy 3000.16 close step 4']);
    assert.equal(decision.byLeg?.afterMs, 0);
    const equal = [...orders, order('spot', 'close', 'buy', 4, '3000', done('3000', '3000'))];
    assert.equal(sent(decideFlat(plan, equal, 'close')).byLeg, undefined, 'the rest hedges what waits');
  });

  test('for ten minutes, and is tried again after a minute: alone, so that spot stays its hedge until it is taken', () => {
    const decision = sent(decideFlat(plan, [...opened(), perpRefused(600_000)], 'close', true));
    assert.deepEqual(decision.byLeg?.moves.map(summary), ['perp sell 10000 close step 3']);
    assert.deepEqual([decision.byLeg?.afterMs, decision.afterMs, decision.leftAlone], [1_000, 1_000, undefined]);
    const taken = [...opened(), perpRefused(600_000), order('perp', 'close', 'sell', 3, '1', done('10000', '-10000'))];
    const next = sent(decideFlat(plan, taken, 'close'));
    assert.deepEqual([next.moves.map(summary), next.afterMs], [['spot buy 10000.51 close step 4'], 0]);
  });

  test('for ten minutes, and then the venue takes it by itself: spot waits for nothing', () => {
    const orders = [
      ...opened(),
      perpRefused(600_000),
      order('perp', 'venue', 'sell', 3, '10000', done('10000', '-10000')),
    ];
    const decision = sent(decideFlat(plan, orders, 'close'));
    assert.deepEqual([decision.moves.map(summary), decision.afterMs], [['spot buy 10000.51 close step 4'], 0]);
  });
});

test('a leg that is down to dust, and was refused last, holds up the other no more', () => {
  const orders = [
    ...opened(),
    order('perp', 'close', 'sell', 2, '10000', done('9999.5', '-9999.5')),
    order('perp', 'close', 'sell', 3, '1', refused(600_000)),
  ];
  const decision = sent(decideFlat(plan, orders, 'close'));
  assert.deepEqual(decision.byLeg?.moves.map(summary), ['spot buy 10000.51 close step 4']);
  assert.deepEqual([decision.byLeg?.afterMs, decision.leftAlone], [0, undefined]);
});

test('a position that is stuck leaves a venue alone for as long as it asks, up to a minute', () => {
  const waitMs = (...orders: OrderObservation[]) => venueWaitMs([...opened(), ...orders]);
  assert.equal(waitMs(), 0);
  assert.equal(waitMs(perpRefused(45_000)), 45_000);
  assert.equal(waitMs(perpRefused(600_000)), 60_000);
  assert.equal(waitMs(perpRefused(600_000), order('perp', 'close', 'sell', 3, '1', done('0', '0'))), 0);
});

test('a trim that is refused for ten minutes is asked for again after one', () => {
  const orders = [
    order('spot', 'open', 'sell', 1, '10000', done('6000', '-6000')),
    order('perp', 'open', 'buy', 1, '10000', done('10000', '10000')),
    order('perp', 'trim', 'sell', 2, '4000', refused(600_000)),
  ];
  const decision = sent(decideOpening(plan, orders, plan.hedgeDeadlineMs + 1, 0));
  assert.deepEqual([decision.moves.map(summary), decision.afterMs], [['perp sell 4000 trim step 3'], 60_000]);
});

function sent(decision: Decision): Extract<Decision, { kind: 'send' }> {
  assert.ok(decision.kind === 'send', JSON.stringify(decision));
  return decision;
}

function summary({ leg, side, quantityBase, purpose, step }: Move): string {
  return `${leg} ${side} ${quantityBase} ${purpose} step ${step}`;
}

function opened(): OrderObservation[] {
  return [
    order('spot', 'open', 'sell', 1, '10000', done('10000', '-10000')),
    order('perp', 'open', 'buy', 1, '10000', done('10000', '10000')),
  ];
}

function perpRefused(retryAfterMs: number): OrderObservation {
  return order('perp', 'close', 'sell', 2, '10000', refused(retryAfterMs));
}

function refused(retryAfterMs: number): OrderResolution {
  return { kind: 'not_executed', reason: 'too many requests', retryable: true, retryAfterMs };
}

function done(filledBase: string, receivedBase: string): OrderResolution {
  return { kind: 'done', filledBase, receivedBase, averagePrice: null, feesQuote: '0', firstFillAtMs: null };
}

function order(
  leg: LegName,
  purpose: OrderPurpose,
  side: OrderSide,
  step: number,
  quantityBase: string,
  resolution: OrderResolution,
): OrderObservation {
  const move: Move = { leg, side, purpose, quantityBase, reduceOnly: false, slippageBps: '0', step, attempt: 1 };
  return { order: orderOf(plan, move, 'ioc'), resolution };
}
