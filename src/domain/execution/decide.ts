/**
 * Decides the next orders of a position from what is known of the ones before.
 *
 * Opening, topping up, trimming, unwinding and closing are one loop: observe, project, decide, act. A leg gets at
 * most one order at a time, both legs at once when both may go, and nothing while one of the leg's orders is
 * unresolved. Pure: the same observations give the same decision.
 */
import { decimal, maximum, minimum, toText, zero, type Decimal, type DecimalText } from '../decimal.ts';
import type { LegName, OrderPurpose, OrderSide } from '../order.ts';
import type { LegPlan, PositionPlan } from '../position.ts';
import {
  hasFilled,
  legSign,
  project,
  trailingRefusals,
  type OrderObservation,
  type Projection,
} from './observation.ts';
import { coarserLot, orderQuantity } from './quantity.ts';

/** One order to send; its price is set from fresh or decision-time quotes and `slippageBps`. */
export interface Move {
  readonly leg: LegName;
  readonly side: OrderSide;
  readonly purpose: OrderPurpose;
  readonly quantityBase: DecimalText;
  readonly reduceOnly: boolean;
  readonly slippageBps: DecimalText;
  readonly step: number;
  readonly attempt: number;
}

export type Decision =
  /** Look these up; nothing new is sent for their legs. */
  | { readonly kind: 'resolve'; readonly clientOrderIds: readonly string[] }
  | { readonly kind: 'send'; readonly moves: readonly Move[]; readonly afterMs: number }
  /** Both legs on and equal within one lot. */
  | { readonly kind: 'hedged'; readonly spotBase: DecimalText; readonly perpBase: DecimalText }
  /** Nothing that the venues would still accept an order for; what is left is dust. */
  | { readonly kind: 'flat' }
  /** Opening failed with exposure on: bring both legs to zero. */
  | { readonly kind: 'unwind'; readonly reason: string }
  /** Closing cannot go on by itself. */
  | { readonly kind: 'stuck'; readonly reason: string };

/** Wait between top-ups of the short leg that found no liquidity within the slippage cap. */
const topUpIntervalMs = 1_000;

/** Order steps on one leg after which an opening that still makes no progress is unwound. */
const maxTopUps = 25;

/** Closing starts at this share of the slippage cap and doubles at each further step. */
const firstCloseSlippageShare = decimal('0.25');

/**
 * The next act of an opening.
 * @param nowMs wall time
 * @param sentAtMs wall time of the first send, no later than the venue's first fill; null before it
 */
export function decideOpening(
  plan: PositionPlan,
  observations: readonly OrderObservation[],
  nowMs: number,
  sentAtMs: number | null,
): Decision {
  const projection = project(plan.direction, observations);
  if (observations.length === 0) return { kind: 'send', moves: openingMoves(plan), afterMs: 0 };
  const unresolved = unresolvedIds(projection);
  if (unresolved.length > 0) return { kind: 'resolve', clientOrderIds: unresolved };

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
  const deadlineMs = (sentAtMs ?? nowMs) + plan.hedgeDeadlineMs;
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
  return decideTrim(plan, observations, projection, short === 'perp' ? 'spot' : 'perp', least);
}

/**
 * Both legs to zero: a close, or an unwind of a failed opening.
 * @param force sends once more where the answer would be `stuck`: the retry of a person or of the minute timer
 */
export function decideFlat(
  plan: PositionPlan,
  observations: readonly OrderObservation[],
  purpose: 'close' | 'unwind',
  force = false,
): Decision {
  const projection = project(plan.direction, observations);
  const unresolved = unresolvedIds(projection);
  if (unresolved.length > 0) return { kind: 'resolve', clientOrderIds: unresolved };
  const moves: Move[] = [];
  for (const leg of ['spot', 'perp'] as const) {
    const stop = stuckReason(plan, projection, leg, purpose);
    const slippageBps = closeSlippageBps(plan, projection, leg, purpose);
    const move = moveOf(plan, projection, leg, 'reduce', purpose, projection[leg].heldBase, slippageBps, observations);
    if (move === null) continue;
    if (stop !== null && !force) return { kind: 'stuck', reason: stop };
    moves.push(move);
  }
  if (moves.length === 0) return { kind: 'flat' };
  return { kind: 'send', moves, afterMs: closeDelayMs(projection, purpose) };
}

/** Whether either leg still holds something that the venue accepts an order for. */
export function isExposed(plan: PositionPlan, projection: Projection): boolean {
  return (['spot', 'perp'] as const).some((leg) =>
    orderQuantity(legPlan(plan, leg), reducingSide(plan, leg), projection[leg].heldBase, referencePrice(plan, leg)).gt(
      zero,
    ),
  );
}

export function legPlan(plan: PositionPlan, leg: LegName): LegPlan {
  return leg === 'spot' ? plan.spot : plan.perp;
}

export function referencePrice(plan: PositionPlan, leg: LegName): Decimal {
  return decimal(leg === 'spot' ? plan.spotReferencePrice : plan.perpReferencePrice);
}

export function increasingSide(plan: PositionPlan, leg: LegName): OrderSide {
  return legSign(leg, plan.direction) === 1 ? 'buy' : 'sell';
}

export function reducingSide(plan: PositionPlan, leg: LegName): OrderSide {
  return increasingSide(plan, leg) === 'buy' ? 'sell' : 'buy';
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
  const quantity = orderQuantity(legPlan(plan, leg), reducingSide(plan, leg), excess, referencePrice(plan, leg));
  if (quantity.eq(zero)) return { kind: 'unwind', reason: 'the excess of one leg is below its minimum order' };
  const slippageBps = closeSlippageBps(plan, projection, leg, 'trim');
  return {
    kind: 'send',
    moves: [buildMove(plan, leg, reducingSide(plan, leg), 'trim', quantity, leg === 'perp', slippageBps, observations)],
    afterMs: closeDelayMs(projection, 'trim'),
  };
}

function moveOf(
  plan: PositionPlan,
  projection: Projection,
  leg: LegName,
  change: 'increase' | 'reduce',
  purpose: OrderPurpose,
  amount: Decimal,
  slippageBps: DecimalText,
  observations: readonly OrderObservation[],
): Move | null {
  const side = change === 'increase' ? increasingSide(plan, leg) : reducingSide(plan, leg);
  const wanted = change === 'increase' ? amount.minus(projection[leg].heldBase) : amount;
  const quantity = orderQuantity(legPlan(plan, leg), side, wanted, referencePrice(plan, leg));
  if (quantity.eq(zero)) return null;
  return buildMove(
    plan,
    leg,
    side,
    purpose,
    quantity,
    change === 'reduce' && leg === 'perp',
    slippageBps,
    observations,
  );
}

function buildMove(
  plan: PositionPlan,
  leg: LegName,
  side: OrderSide,
  purpose: OrderPurpose,
  quantity: Decimal,
  reduceOnly: boolean,
  slippageBps: DecimalText,
  observations: readonly OrderObservation[],
): Move {
  const step = 1 + Math.max(0, ...observations.map(({ order }) => order.step));
  const refusals = trailingRefusals(project(plan.direction, observations)[leg]);
  const attempt = 1 + refusals.filter(({ order }) => order.purpose === purpose).length;
  return { leg, side, purpose, quantityBase: toText(quantity), reduceOnly, slippageBps, step, attempt };
}

/** Slippage of the next reducing order: a quarter of the cap, doubled after each step that left something over. */
function closeSlippageBps(
  plan: PositionPlan,
  projection: Projection,
  leg: LegName,
  purpose: OrderPurpose,
): DecimalText {
  const cap = decimal(plan.maxCloseSlippageBps);
  const executedSteps = projection[leg].orders.filter(
    ({ order, resolution }) => order.purpose === purpose && resolution.kind === 'done',
  ).length;
  const widening = decimal(String(2 ** Math.min(executedSteps, 10)));
  return toText(minimum(cap, cap.times(firstCloseSlippageShare).times(widening)));
}

/** Orders of this purpose since the leg's last fill: what makes no progress is counted from there. */
function withoutProgress(projection: Projection, leg: LegName, purpose: OrderPurpose): readonly OrderObservation[] {
  const { orders } = projection[leg];
  const lastFill = orders.findLastIndex(({ resolution }) => hasFilled(resolution));
  return orders.slice(lastFill + 1).filter(({ order }) => order.purpose === purpose);
}

/** Refusals without end, or orders that reached the venue up to the slippage cap and found nothing. */
function stuckReason(plan: PositionPlan, projection: Projection, leg: LegName, purpose: OrderPurpose): string | null {
  const idle = withoutProgress(projection, leg, purpose);
  const last = idle.at(-1);
  const refusals = idle.filter(({ resolution }) => resolution.kind === 'not_executed');
  if (last?.resolution.kind === 'not_executed' && refusals.length % plan.maxCloseRejections === 0) {
    return `${refusals.length} orders were not executed: ${last.resolution.reason}`;
  }
  return idle.length - refusals.length > stepsToCap ? `no liquidity within ${plan.maxCloseSlippageBps} bps` : null;
}

/** Steps of closeSlippageBps from its first share up to and including the cap: 1/4, 1/2, 1. */
const stepsToCap = 3;
/** Before the next reducing order when the last one found no liquidity. */
const emptyStepDelayMs = 1_000;
/** Before the next reducing order when the last one was refused, unless the venue says how long. */
const refusalDelayMs = 200;

function closeDelayMs(projection: Projection, purpose: OrderPurpose): number {
  const delays = (['spot', 'perp'] as const).map((leg) => {
    const last = withoutProgress(projection, leg, purpose).at(-1);
    if (last === undefined) return 0;
    return last.resolution.kind === 'not_executed'
      ? (last.resolution.retryAfterMs ?? refusalDelayMs)
      : emptyStepDelayMs;
  });
  return Math.max(...delays);
}

function isClosable(plan: PositionPlan, quantity: Decimal): boolean {
  return (['spot', 'perp'] as const).every((leg) =>
    orderQuantity(legPlan(plan, leg), reducingSide(plan, leg), quantity, referencePrice(plan, leg)).gt(zero),
  );
}

function unresolvedIds(projection: Projection): string[] {
  return [...projection.spot.unresolved, ...projection.perp.unresolved].map(({ order }) => order.clientOrderId);
}

function reasonOf(observation: OrderObservation): string {
  return observation.resolution.kind === 'not_executed' ? observation.resolution.reason : observation.resolution.kind;
}
