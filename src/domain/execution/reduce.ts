/**
 * Reducing an open position: both legs come down together to what is to remain, and are equal within a lot afterwards.
 *
 * A step like any other of the machine: at most one order a leg at a time, both legs at once, nothing while one of the
 * legs' orders is unresolved, reduce-only on the perpetual. What cannot be brought to an end this way is closed whole.
 * Pure: the same observations give the same decision.
 */
import { decimal, floorToStep, maximum, minimum, toText, zero, type Decimal, type DecimalText } from '../decimal.ts';
import type { LegName } from '../order.ts';
import type { PositionPlan } from '../position.ts';
import { isClosable, restingIds, unresolvedIds } from './decide.ts';
import { moveOf, referencePrice, type Move } from './moves.ts';
import { project, type OrderObservation, type Projection } from './observation.ts';
import { closeDelayMs } from './pacing.ts';
import { closeSlippageBps, stuckReason } from './progress.ts';
import { coarserLot, leastOrder } from './quantity.ts';
import type { Decision } from './decision.ts';

export type ReduceDecision =
  | Extract<Decision, { kind: 'resolve' | 'send' | 'hedged' }>
  /** It cannot be reduced, or not to something that could be closed later: both legs to zero. */
  | { readonly kind: 'whole'; readonly reason: string };

/** What a reduction is meant to come to, fixed when it begins. */
export interface Reduction {
  /** Base units that each leg keeps. */
  readonly targetBase: DecimalText;
  /** The last step before it. */
  readonly afterStep: number;
}

/** Steps of one reduction: crumbs beyond that are no way to make a position safe. */
const mostSteps = 25;

/** @param keepShare of what is on now, from 0 to 1 */
export function reductionTo(
  plan: PositionPlan,
  observations: readonly OrderObservation[],
  keepShare: DecimalText,
): Reduction {
  const { spot, perp } = project(plan.direction, observations);
  const kept = minimum(spot.heldBase, perp.heldBase).times(decimal(keepShare));
  return {
    targetBase: toText(maximum(zero, floorToStep(kept, coarserLot(plan.spot, plan.perp)))),
    afterStep: Math.max(0, ...observations.map(({ order }) => order.step)),
  };
}

export function decideReduction(
  plan: PositionPlan,
  observations: readonly OrderObservation[],
  reduction: Reduction,
): ReduceDecision {
  const projection = project(plan.direction, observations);
  const open = [...unresolvedIds(projection), ...restingIds(projection)];
  if (open.length > 0) return { kind: 'resolve', clientOrderIds: open };
  if (observations.some(({ order }) => order.purpose === 'venue')) {
    return { kind: 'whole', reason: 'the venue has taken something off a leg meanwhile' };
  }
  const { spot, perp } = projection;
  // A leg that came down further than it was meant to takes the other one with it.
  const goal = minimum(decimal(reduction.targetBase), spot.heldBase, perp.heldBase);
  if (!isClosable(plan, goal)) return { kind: 'whole', reason: 'what would remain is too small to be closed later' };
  const steps = observations.filter(({ order }) => order.step > reduction.afterStep).length;
  if (steps >= 2 * mostSteps) return { kind: 'whole', reason: `not reduced after ${steps} orders` };
  const moves = movesTo(plan, observations, projection, reduction, goal);
  if (moves.length > 0) return sendUnlessStuck(plan, projection, moves);
  if (spot.heldBase.minus(perp.heldBase).abs().lte(coarserLot(plan.spot, plan.perp))) {
    return { kind: 'hedged', spotBase: toText(spot.heldBase), perpBase: toText(perp.heldBase) };
  }
  // What is left between the legs is under the least order: further down, to where the difference can be traded.
  const further = goal.minus(twoLeastOrders(plan));
  if (!isClosable(plan, further)) return { kind: 'whole', reason: 'the legs differ by less than their least order' };
  return sendUnlessStuck(plan, projection, movesTo(plan, observations, projection, reduction, further));
}

/** Both legs, where both have to come down by something that can be sent. */
function movesTo(
  plan: PositionPlan,
  observations: readonly OrderObservation[],
  projection: Projection,
  { afterStep }: Reduction,
  goal: Decimal,
): readonly Move[] {
  return (['spot', 'perp'] as const).flatMap((leg: LegName) => {
    const excess = projection[leg].heldBase.minus(goal);
    const slippageBps = closeSlippageBps(plan, projection, leg, 'reduce', afterStep);
    return moveOf(plan, projection, leg, 'reduce', 'reduce', excess, slippageBps, observations) ?? [];
  });
}

function sendUnlessStuck(plan: PositionPlan, projection: Projection, moves: readonly Move[]): ReduceDecision {
  for (const { leg } of moves) {
    const stop = stuckReason(plan, projection, leg, 'reduce');
    if (stop !== null) return { kind: 'whole', reason: stop };
  }
  return { kind: 'send', moves, afterMs: closeDelayMs(projection, 'reduce') };
}

function twoLeastOrders(plan: PositionPlan): Decimal {
  return maximum(
    leastOrder(plan.spot, referencePrice(plan, 'spot')),
    leastOrder(plan.perp, referencePrice(plan, 'perp')),
  ).times(decimal('2'));
}
