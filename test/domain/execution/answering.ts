/** How venues answer the orders of a pure episode: fills in any part, refusals, and replies that are lost. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decimal, toText, zero } from '../../../src/domain/decimal.ts';
import { legPlan, type Move } from '../../../src/domain/execution/decide.ts';
import type { OrderObservation, OrderResolution } from '../../../src/domain/execution/observation.ts';
import type { ReduceDecision } from '../../../src/domain/execution/reduce.ts';
import type { Order } from '../../../src/domain/order.ts';
import type { PositionPlan } from '../../../src/domain/position.ts';
import type { Decision } from '../../../src/domain/execution/decision.ts';

export interface Answer {
  readonly kind: string;
  /** Quarters of the order that fill. */
  readonly share: number;
}

export const answer = fc.record({
  kind: fc.constantFrom('fill', 'fill', 'fill', 'refuse', 'refuse_for_good', 'lose'),
  share: fc.integer({ min: 0, max: 4 }),
});

export function resolutionOf(one: PositionPlan, order: Order, next: Answer): OrderResolution {
  return answerOf(one, { ...order, slippageBps: '0' }, next.kind === 'lose' ? { ...next, kind: 'refuse' } : next);
}

export function answerOf(one: PositionPlan, move: Move, next: Answer): OrderResolution {
  if (next.kind === 'fill' || next.kind === 'lose') {
    const part = decimal(move.quantityBase).times(decimal(String(next.share / 4)));
    return fillOf(one, move, toText(part.round(move.leg === 'spot' ? 2 : 0, 0)));
  }
  return { kind: 'not_executed', reason: 'refused', retryable: next.kind === 'refuse', retryAfterMs: null };
}

export function fillOf(one: PositionPlan, move: Pick<Move, 'leg' | 'side'>, quantity: string): OrderResolution {
  const filledBase = decimal(quantity);
  const { takerFeeBps, instrument } = legPlan(one, move.leg);
  const fee =
    instrument.feeCurrency === 'received' && move.side === 'buy'
      ? filledBase.times(decimal(takerFeeBps)).times(decimal('0.0001'))
      : zero;
  const received = (move.side === 'buy' ? filledBase : zero.minus(filledBase)).minus(fee);
  return {
    kind: 'done',
    filledBase: quantity,
    receivedBase: toText(received),
    averagePrice: '1',
    feesQuote: '0',
    firstFillAtMs: 1,
  };
}

export function observe(one: PositionPlan, move: Move, resolution: OrderResolution): OrderObservation {
  const { account, instrument } = legPlan(one, move.leg);
  const { slippageBps: _, ...intent } = move;
  const order: Order = {
    ...intent,
    account,
    venue: instrument.venue,
    symbol: instrument.symbol,
    limitPrice: '1',
    timeInForce: 'ioc',
    clientOrderId: `${move.leg}-${move.step}`,
    positionKey: one.key,
  };
  return { order, resolution };
}

export function movesOf(decision: Decision | ReduceDecision): readonly Move[] {
  assert.equal(decision.kind, 'send', JSON.stringify(decision));
  return decision.kind === 'send' ? decision.moves : [];
}
