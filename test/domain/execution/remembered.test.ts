/** A position that cannot be closed for days: what it carries along stays small, and it goes on as it would have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideFlat } from '../../../src/domain/execution/decide.ts';
import { project, type OrderObservation, type OrderResolution } from '../../../src/domain/execution/observation.ts';
import { rememberedOrders } from '../../../src/domain/execution/remembered.ts';
import { examplePlan } from '../../support/plans.ts';
import { orderIntent } from '../../../src/strategy/plan.ts';
import { decimal } from '../../../src/domain/decimal.ts';

const plan = examplePlan();
const done = (filledBase: string, receivedBase: string): OrderResolution => ({
  kind: 'done',
  filledBase,
  receivedBase,
  averagePrice: filledBase === '0' ? null : '0.9996',
  feesQuote: '0',
  firstFillAtMs: filledBase === '0' ? null : 1,
});
const refused: OrderResolution = { kind: 'not_executed', reason: 'no permission', retryable: true, retryAfterMs: null };

function observed(
  leg: 'spot' | 'perp',
  purpose: 'open' | 'close',
  step: number,
  resolution: OrderResolution,
): OrderObservation {
  const side = (leg === 'spot') === (purpose === 'open') ? 'sell' : 'buy';
  const reduceOnly = purpose === 'close' && leg === 'perp';
  const move = { leg, side, purpose, quantityBase: '10000', reduceOnly, slippageBps: '5', step, attempt: 1 } as const;
  const clientOrderId = `${leg}-${step}`;
  return { order: { ...orderIntent(plan, move, decimal('1')), clientOrderId, positionKey: plan.key }, resolution };
}

/** Short 10,000 spot, long 10,000 perpetual; every closing order since was refused at one leg and found nothing at the other. */
function stuckFor(rounds: number): OrderObservation[] {
  const orders = [
    observed('spot', 'open', 1, done('10000', '-10000')),
    observed('perp', 'open', 1, done('10000', '10000')),
  ];
  for (let step = 2; step < 2 + rounds; step += 1) {
    orders.push(observed('spot', 'close', step, refused), observed('perp', 'close', step, done('0', '0')));
  }
  return orders;
}

test('two days of refusals fit into the input of a continuation', () => {
  // Two legs, five orders each a minute.
  const twoDays = stuckFor(2 * 24 * 60 * 5);
  // The server takes no input over 2 MB, and ends a workflow that asks for one.
  assert.ok(JSON.stringify(twoDays).length > 2_000_000);
  assert.ok(JSON.stringify(rememberedOrders(twoDays)).length < 50_000);
});

test('what was held, what may still execute and the next order are the same', () => {
  const orders = [...stuckFor(1_000), observed('perp', 'close', 1_002, { kind: 'unresolved' })];
  const kept = rememberedOrders(orders);
  for (const leg of ['spot', 'perp'] as const) {
    const [whole, short] = [project(plan.direction, orders)[leg], project(plan.direction, kept)[leg]];
    assert.deepEqual([short.heldBase, short.unresolved], [whole.heldBase, whole.unresolved]);
  }
  const settled = stuckFor(1_000);
  for (const isForced of [false, true]) {
    const [before, after] = [settled, rememberedOrders(settled)].map((all) => decideFlat(plan, all, 'close', isForced));
    assert.equal(after?.kind, before?.kind);
    assert.ok(before?.kind !== 'send' || after?.kind !== 'send' || after.moves[0]?.step === before.moves[0]?.step);
  }
});

test('few orders are all remembered, in their order', () => {
  assert.deepEqual(rememberedOrders(stuckFor(5)), stuckFor(5));
});
