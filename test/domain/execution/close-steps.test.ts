/** A close must neither send for ever nor stop while it makes progress. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideFlat } from '../../../src/domain/execution/decide.ts';
import type { OrderObservation, OrderResolution } from '../../../src/domain/execution/observation.ts';
import { stuckPauseMs } from '../../../src/domain/execution/progress.ts';
import { refusedResolution } from '../../../src/domain/execution/refused.ts';
import type { LegName, OrderPurpose, OrderSide, SubmitOutcome } from '../../../src/domain/order.ts';
import { examplePlan } from '../../support/plans.ts';

const plan = examplePlan();

test('without liquidity a close ends stuck, also when one of its orders was refused in between', () => {
  const orders = [
    ...opened(),
    order('perp', 'close', 'sell', 2, done('10000', '-10000')),
    order('spot', 'close', 'buy', 2, done('0', '0')),
    order('spot', 'close', 'buy', 3, {
      kind: 'not_executed',
      reason: 'rate limit',
      retryable: true,
      retryAfterMs: 1_000,
    }),
  ];
  for (let step = 4; step < 40; step += 1) {
    const decision = decideFlat(plan, orders, 'close');
    if (decision.kind === 'stuck') return;
    orders.push(order('spot', 'close', 'buy', step, done('0', '0')));
  }
  assert.fail('36 orders without a fill, and it goes on sending');
});

test('where the venue refuses what finds nothing to take, a close reaches further all the same, up to its cap', () => {
  const refused: SubmitOutcome = {
    kind: 'rejected',
    reason: 'iocWouldNotExecute (HTTP 200)',
    category: 'order_rejected',
    code: 'iocWouldNotExecute',
    retryAfterMs: 250,
    isUnmatched: true,
  };
  const orders = [...opened(), order('spot', 'close', 'buy', 2, done('10000', '10000'))];
  const sent: unknown[] = [];
  for (let step = 2; step < 6; step += 1) {
    const decision = decideFlat(plan, orders, 'close');
    assert.ok(decision.kind === 'send', decision.kind);
    sent.push([decision.moves.map(({ slippageBps }) => slippageBps), decision.afterMs]);
    orders.push(order('perp', 'close', 'sell', step, refusedResolution('krakenfutures', refused)));
  }
  // A quarter of 20 bps, half of it, all of it; the first at once, and then a second for the order book.
  assert.deepEqual(sent, [
    [['5'], 0],
    [['10'], 1_000],
    [['20'], 1_000],
    [['20'], 1_000],
  ]);
  assert.deepEqual(decideFlat(plan, orders, 'close'), { kind: 'stuck', reason: 'no liquidity within 20 bps' });
});

test('what else a venue refuses is tried again as it was', () => {
  const refused: SubmitOutcome = {
    kind: 'rejected',
    reason: 'apiLimitExceeded (HTTP 200)',
    category: 'rate_limited',
    code: 'apiLimitExceeded',
    retryAfterMs: 3_000,
  };
  assert.deepEqual(refusedResolution('krakenfutures', refused), {
    kind: 'not_executed',
    reason: 'krakenfutures refused it: apiLimitExceeded (HTTP 200) (apiLimitExceeded)',
    retryable: true,
    retryAfterMs: 3_000,
  });
});

test('a close that fills a part at every step is not stuck', () => {
  const orders = [...opened(), order('perp', 'close', 'sell', 2, done('10000', '-10000'))];
  for (let step = 3; step < 12; step += 1) {
    assert.equal(decideFlat(plan, orders, 'close').kind, 'send', `stuck after ${step - 3} partial fills`);
    orders.push(order('spot', 'close', 'buy', step, done('1000', '1000')));
  }
});

test('a leg that left something over waits for its order book before it goes on, and no other leg does', () => {
  const pauseOf = (orders: readonly OrderObservation[]) => {
    const decision = decideFlat(plan, orders, 'close');
    assert.ok(decision.kind === 'send', decision.kind);
    return [decision.moves.map(({ leg }) => leg), decision.depthPauseMs];
  };
  const orders = opened();
  assert.deepEqual(pauseOf(orders), [['spot', 'perp'], 0], 'a close begins at once');
  orders.push(order('perp', 'close', 'sell', 2, done('4000', '-4000')));
  assert.deepEqual(pauseOf(orders), [['spot', 'perp'], 250]);
  orders.push(order('perp', 'close', 'sell', 3, done('6000', '-6000')));
  assert.deepEqual(pauseOf(orders), [['spot'], 0], 'the leg that is done has nothing to wait for');
  orders.push(order('spot', 'close', 'buy', 4, { kind: 'not_executed', reason: '', retryable: true, retryAfterMs: 0 }));
  assert.deepEqual(pauseOf(orders), [['spot'], 0], 'nor has one whose order was refused');
});

test('a stuck position is tried again within seconds, then every minute', () => {
  const pauses = [1, 2, 3, 4, 5, 6, 500].map(stuckPauseMs);
  assert.deepEqual(pauses, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
});

test('what is not to be closed stays as it is, whatever becomes of the other leg', () => {
  const decide = (orders: readonly OrderObservation[], force = false) =>
    decideFlat(plan, orders, 'close', force, ['perp']);
  const orders = opened();
  for (const filled of ['4000', '0', '6000']) {
    const decision = decide(orders);
    assert.ok(decision.kind === 'send', decision.kind);
    assert.deepEqual(
      decision.moves.map(({ leg, side, reduceOnly }) => [leg, side, reduceOnly]),
      [['perp', 'sell', true]],
    );
    orders.push(order('perp', 'close', 'sell', orders.length, done(filled, `-${filled}`)));
  }
  assert.deepEqual(decide(orders), { kind: 'flat' });
  assert.deepEqual(decide(orders, true), { kind: 'flat' });
  assert.equal(decideFlat(plan, orders, 'close').kind, 'send', 'any other close buys it back');
});

test('an order of the leg that stays is followed to its end first', () => {
  const orders = [...opened(), order('spot', 'top_up', 'sell', 2, { kind: 'unresolved' })];
  assert.deepEqual(decideFlat(plan, orders, 'close', false, ['perp']), {
    kind: 'resolve',
    clientOrderIds: ['spot-2'],
  });
});

/** Short spot, long perpetual: 10,000 each. */
function opened(): OrderObservation[] {
  return [
    order('spot', 'open', 'sell', 1, done('10000', '-10000')),
    order('perp', 'open', 'buy', 1, done('10000', '10000')),
  ];
}

function done(filledBase: string, receivedBase: string): OrderResolution {
  return { kind: 'done', filledBase, receivedBase, averagePrice: null, feesQuote: '0', firstFillAtMs: null };
}

function order(
  leg: LegName,
  purpose: OrderPurpose,
  side: OrderSide,
  step: number,
  resolution: OrderResolution,
): OrderObservation {
  const { account, instrument } = plan[leg];
  return {
    order: {
      leg,
      account,
      venue: instrument.venue,
      symbol: instrument.symbol,
      side,
      purpose,
      step,
      attempt: 1,
      quantityBase: '1',
      limitPrice: '1',
      timeInForce: 'ioc',
      reduceOnly: false,
      clientOrderId: `${leg}-${step}`,
      positionKey: plan.key,
    },
    resolution,
  };
}
