/**
 * Decides the next orders of a position from what is known of the ones before.
 *
 * Opening, topping up, trimming, unwinding and closing are one loop: observe, project, decide, act. A leg gets at
 * most one order at a time, both legs at once when both may go, and nothing while one of the leg's orders is
 * unresolved. Quoting by resting orders (`quoting.ts`) is a part of opening. Pure: the same observations give the same
 * decision.
 */
import { loanOf, runningHour } from '../margin/borrow.ts';
import { decimal, maximum, minimum, sum, toText, zero, type Decimal, type DecimalText } from '../decimal.ts';
import type { LegName } from '../order.ts';
import type { PositionPlan } from '../position.ts';
import { buildMove, legPlan, moveOf, otherLeg, reducingSide, referencePrice, type Move } from './moves.ts';
import { hasFilled, project, trailingRefusals, type OrderObservation, type Projection } from './observation.ts';
import { closeDelayMs, depthPauseMs, leftAloneReason, pacedByLeg } from './pacing.ts';
import { closeSlippageBps, stuckReason } from './progress.ts';
import { coarserLot, leastOrder, orderQuantity } from './quantity.ts';
import { decideQuoting, type QuoteMoment } from './quoting.ts';
import type { Decision } from './decision.ts';

export { legPlan, reducingSide, referencePrice, type Move } from './moves.ts';

const bothLegs: readonly LegName[] = ['spot', 'perp'];

/** Wait between top-ups of the short leg that found no liquidity within the slippage cap. */
const topUpIntervalMs = 1_000;

/** Of a retry that waited while the position was stuck. */
const longestForcedDelayMs = 1_000;

/** Order steps on one leg after which an opening that still makes no progress is unwound. */
const maxTopUps = 25;

/**
 * The next act of an opening.
 * @param nowMs wall time
 * @param sentAtMs wall time of the first send, no later than the venue's first fill; null before it
 * @param quoting of a plan that opens by resting orders: what its workflow knows beside the orders
 */
export function decideOpening(
  plan: PositionPlan,
  observations: readonly OrderObservation[],
  nowMs: number,
  sentAtMs: number | null,
  quoting: QuoteMoment = notQuoting,
): Decision {
  const projection = project(plan.direction, observations);
  const isMaker = plan.style?.kind === 'maker_hedge';
  if (observations.length === 0 && !isMaker) return { kind: 'send', moves: openingMoves(plan), afterMs: 0 };
  const unresolved = unresolvedIds(projection);
  if (unresolved.length > 0) return { kind: 'resolve', clientOrderIds: unresolved };
  if (plan.style?.kind === 'maker_hedge') {
    const decision = decideQuoting(plan, plan.style, projection, observations, nowMs, quoting);
    if (decision !== null) return decision;
  }

  const { spot, perp } = projection;
  const difference = spot.heldBase.minus(perp.heldBase);
  const least = minimum(spot.heldBase, perp.heldBase);
  const most = maximum(spot.heldBase, perp.heldBase);
  if (difference.abs().lte(coarserLot(plan.spot, plan.perp))) {
    if (isClosable(plan, least)) {
      return { kind: 'hedged', spotBase: toText(spot.heldBase), perpBase: toText(perp.heldBase) };
    }
    return isExposed(plan, projection)
      ? { kind: 'unwind', reason: 'the filled size is too small to close later' }
      : { kind: 'flat' };
  }

  const short: LegName = difference.gt(zero) ? 'perp' : 'spot';
  const shortLeg = projection[short];
  const refusals = trailingRefusals(shortLeg);
  const refusedForGood = refusals.find(({ resolution }) => resolution.kind === 'not_executed' && !resolution.retryable);
  const deadlineMs = ((isMaker ? quoting.unequalSinceMs : sentAtMs) ?? nowMs) + plan.hedgeDeadlineMs;
  const topUps = shortLeg.orders.filter(({ order }) => order.purpose === 'top_up').length;
  if (refusedForGood === undefined && nowMs < deadlineMs && topUps < maxTopUps) {
    const move = moveOf(plan, projection, short, 'increase', 'top_up', most, plan.maxOpenSlippageBps, observations);
    if (move !== null) {
      const retryAfterMs = Math.max(
        0,
        ...refusals.map(({ resolution }) => (resolution.kind === 'not_executed' ? (resolution.retryAfterMs ?? 0) : 0)),
      );
      const waitMs = topUps === 0 ? retryAfterMs : Math.max(topUpIntervalMs, retryAfterMs);
      return { kind: 'send', moves: [move], afterMs: Math.min(waitMs, Math.max(0, deadlineMs - nowMs)) };
    }
  }
  if (!isClosable(plan, least))
    return { kind: 'unwind', reason: refusedForGood === undefined ? 'one leg did not fill' : reasonOf(refusedForGood) };
  return decideTrim(plan, observations, projection, otherLeg(short), least);
}

/**
 * Both legs to zero: a close, or an unwind of a failed opening.
 * @param force sends once more where the answer would be `stuck`: the retry of a person or of the minute timer
 * @param legs those that are brought to zero, where what one holds is to stay as it is
 * @param interestBase what the venue has charged the position for a borrowed spot leg, in the coin: it is owed as well
 */
export function decideFlat(
  plan: PositionPlan,
  observations: readonly OrderObservation[],
  purpose: 'close' | 'unwind',
  force = false,
  legs: readonly LegName[] = bothLegs,
  interestBase: DecimalText = '0',
): Decision {
  const projection = project(plan.direction, observations);
  const open = [...unresolvedIds(projection), ...restingIds(projection)];
  if (open.length > 0) return { kind: 'resolve', clientOrderIds: open };
  const moves: Move[] = [];
  for (const leg of legs) {
    const stop = stuckReason(plan, projection, leg, purpose);
    const slippageBps = closeSlippageBps(plan, projection, leg, purpose);
    const amount = leg === 'spot' ? owedSpot(plan, projection, decimal(interestBase)) : projection[leg].heldBase;
    const move = moveOf(plan, projection, leg, 'reduce', purpose, amount, slippageBps, observations);
    if (move === null) continue;
    if (stop !== null && !force) return { kind: 'stuck', reason: stop };
    moves.push(move);
  }
  if (moves.length === 0) return { kind: 'flat' };
  const sendingLegs = moves.map(({ leg }) => leg);
  const delayMs = closeDelayMs(projection, purpose);
  const byLeg = pacedByLeg(plan, projection, observations, purpose, moves, force);
  const leftAlone = force ? null : leftAloneReason(plan, projection, sendingLegs, purpose);
  return {
    kind: 'send',
    moves,
    // What a venue asks for has passed while the position was stuck.
    afterMs: force ? Math.min(delayMs, longestForcedDelayMs) : delayMs,
    depthPauseMs: depthPauseMs(projection, sendingLegs, purpose),
    ...(byLeg === null ? {} : { byLeg }),
    ...(leftAlone === null ? {} : { leftAlone }),
  };
}

/**
 * What brings the spot leg to zero. A loan is paid back with all that was charged for it, and with what the hour that
 * runs will be; a position that sold nothing owes nothing.
 */
function owedSpot(plan: PositionPlan, { spot }: Projection, interestBase: Decimal): Decimal {
  const loan = loanOf(plan);
  if (loan === null) return spot.heldBase;
  const sold = sum(
    spot.orders.map(({ order, resolution }) =>
      order.side === 'sell' && hasFilled(resolution) ? decimal(resolution.filledBase) : zero,
    ),
  );
  return spot.heldBase.plus(interestBase).plus(runningHour(sold, loan));
}

/** Whether any of the legs still holds something that the venue accepts an order for. */
export function isExposed(plan: PositionPlan, projection: Projection, legs: readonly LegName[] = bothLegs): boolean {
  return legs.some((leg) =>
    orderQuantity(legPlan(plan, leg), reducingSide(plan, leg), projection[leg].heldBase, referencePrice(plan, leg)).gt(
      zero,
    ),
  );
}

function openingMoves(plan: PositionPlan): Move[] {
  const empty = project(plan.direction, []);
  return (['spot', 'perp'] as const).map((leg) => {
    const move = moveOf(plan, empty, leg, 'increase', 'open', decimal(plan.quantityBase), plan.maxOpenSlippageBps, []);
    if (move === null)
      throw new Error(`plan ${plan.key}: its size is below the minimum of ${legPlan(plan, leg).instrument.symbol}`);
    return move;
  });
}

/** Brings the larger leg down to the smaller one. */
function decideTrim(
  plan: PositionPlan,
  observations: readonly OrderObservation[],
  projection: Projection,
  leg: LegName,
  target: Decimal,
): Decision {
  const stop = stuckReason(plan, projection, leg, 'trim');
  if (stop !== null) return { kind: 'unwind', reason: stop };
  const excess = projection[leg].heldBase.minus(target);
  const side = reducingSide(plan, leg);
  const exact = orderQuantity(legPlan(plan, leg), side, excess, referencePrice(plan, leg));
  const quantity = exact.gt(zero) ? exact : beyondDust(plan, projection, leg, excess, target);
  const reason = 'the excess of one leg is below its minimum order';
  if (quantity.eq(zero)) return { kind: 'unwind', reason };
  const slippageBps = closeSlippageBps(plan, projection, leg, 'trim');
  const trims = {
    kind: 'send' as const,
    moves: [buildMove(plan, leg, side, 'trim', quantity, leg === 'perp', slippageBps, observations)],
    afterMs: closeDelayMs(projection, 'trim'),
  };
  return exact.gt(zero) || plan.style?.kind === 'maker_hedge' ? trims : { kind: 'unwind', reason, trims };
}

/** Trims for dust before a position is unwound for it after all. */
const maxDustTrims = 5;

/**
 * Fills come in any size, and fees in any coin: either may leave an excess under the minimum order. Trimming by two minimum
 * orders more makes a difference that can be traded: the other leg then follows, or this one is topped up again.
 */
function beyondDust(
  plan: PositionPlan,
  projection: Projection,
  leg: LegName,
  excess: Decimal,
  target: Decimal,
): Decimal {
  const trims = projection[leg].orders.filter(({ order }) => order.purpose === 'trim').length;
  if (trims >= maxDustTrims) return zero;
  const least = maximum(
    leastOrder(plan.spot, referencePrice(plan, 'spot')),
    leastOrder(plan.perp, referencePrice(plan, 'perp')),
  ).times(decimal('2'));
  if (!isClosable(plan, target.minus(least))) return zero;
  return orderQuantity(legPlan(plan, leg), reducingSide(plan, leg), excess.plus(least), referencePrice(plan, leg));
}

/** Whether both venues take an order that closes so much. */
export function isClosable(plan: PositionPlan, quantity: Decimal): boolean {
  return (['spot', 'perp'] as const).every((leg) =>
    orderQuantity(legPlan(plan, leg), reducingSide(plan, leg), quantity, referencePrice(plan, leg)).gt(zero),
  );
}

export function unresolvedIds(projection: Projection): string[] {
  return [...projection.spot.unresolved, ...projection.perp.unresolved].map(({ order }) => order.clientOrderId);
}

export function restingIds(projection: Projection): string[] {
  return [...projection.spot.resting, ...projection.perp.resting].map(({ order }) => order.clientOrderId);
}

/** Nothing rests, and nothing is to. */
const notQuoting: QuoteMoment = {
  startedAtMs: null,
  unequalSinceMs: null,
  isOver: true,
  isQuoteStale: false,
  mayConvert: false,
};

function reasonOf(observation: OrderObservation): string {
  return observation.resolution.kind === 'not_executed' ? observation.resolution.reason : observation.resolution.kind;
}
