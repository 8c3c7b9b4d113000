/** When reducing orders go on: after which wait, and which of them need not wait for the others. */
import type { LegName, OrderPurpose } from '../order.ts';
import type { PositionPlan } from '../position.ts';
import { legPlan, moveOf, otherLeg, type Move } from './moves.ts';
import { hasFilled, type OrderObservation, type Projection } from './observation.ts';
import { coarserLot } from './quantity.ts';

/** Before the next reducing order when the last one found no liquidity. */
const emptyStepDelayMs = 1_000;
/** Before the next reducing order when the last one was refused, unless the venue says how long. */
const refusalDelayMs = 200;
/** A venue that asks to be left alone for longer is asked again by then; until then nobody would be told. */
const longestWaitMs = 60_000;

/** Orders of this purpose since the leg's last fill: what makes no progress is counted from there. */
export function withoutProgress(
  projection: Projection,
  leg: LegName,
  purpose: OrderPurpose,
): readonly OrderObservation[] {
  const { orders } = projection[leg];
  const lastFill = orders.findLastIndex(({ resolution }) => hasFilled(resolution));
  return orders.slice(lastFill + 1).filter(({ order }) => order.purpose === purpose);
}

/** The longest of both legs' waits. */
export function closeDelayMs(projection: Projection, purpose: OrderPurpose): number {
  return Math.max(legDelayMs(projection, 'spot', purpose), legDelayMs(projection, 'perp', purpose));
}

function legDelayMs(projection: Projection, leg: LegName, purpose: OrderPurpose): number {
  const last = withoutProgress(projection, leg, purpose).at(-1);
  if (last === undefined) return 0;
  return last.resolution.kind === 'not_executed'
    ? Math.min(last.resolution.retryAfterMs ?? refusalDelayMs, longestWaitMs)
    : emptyStepDelayMs;
}

/** For how long the leg's venue has asked to be left alone, if that is longer than is waited for; else null. */
function askedForTooLongMs(projection: Projection, leg: LegName, purpose: OrderPurpose): number | null {
  const last = withoutProgress(projection, leg, purpose).at(-1);
  const askedMs = last?.resolution.kind === 'not_executed' ? (last.resolution.retryAfterMs ?? 0) : 0;
  return askedMs > longestWaitMs ? askedMs : null;
}

/** What a person is told where a venue asks to be left alone for longer than is waited for; null where none does. */
export function leftAloneReason(
  plan: PositionPlan,
  projection: Projection,
  legs: readonly LegName[],
  purpose: OrderPurpose,
): string | null {
  for (const leg of legs) {
    const askedMs = askedForTooLongMs(projection, leg, purpose);
    if (askedMs === null) continue;
    return `${legPlan(plan, leg).instrument.venue} refuses orders, and asks for ${Math.ceil(askedMs / 1_000)} s`;
  }
  return null;
}

/** Of a position that is stuck: how long the venues of its last orders have asked to be left alone, up to a minute. */
export function venueWaitMs(observations: readonly OrderObservation[]): number {
  const asked = (['spot', 'perp'] as const).map((leg) => {
    const last = observations.findLast(({ order }) => order.leg === leg);
    return last?.resolution.kind === 'not_executed' ? (last.resolution.retryAfterMs ?? 0) : 0;
  });
  return Math.min(Math.max(...asked), longestWaitMs);
}

export interface Paced {
  readonly moves: readonly Move[];
  readonly afterMs: number;
}

/**
 * What is sent instead of all moves at once, where one leg's venue asks for much longer than the other's; null where all
 * go together. Of the leg that need not wait no more goes than what has no hedge on the other leg: the rest is the hedge
 * of what waits.
 * @param force the time that was asked for is over, or a person says so
 */
export function pacedByLeg(
  plan: PositionPlan,
  projection: Projection,
  observations: readonly OrderObservation[],
  purpose: OrderPurpose,
  moves: readonly Move[],
  force: boolean,
): Paced | null {
  const [first, second] = moves.toSorted((one, other) => delayOf(one) - delayOf(other));
  if (first === undefined) return null;
  if (second === undefined) {
    return delayOf(first) < closeDelayMs(projection, purpose) ? { moves, afterMs: delayOf(first) } : null;
  }
  if (delayOf(second) - delayOf(first) <= emptyStepDelayMs) return null;
  const unhedged = unhedgedPart(plan, projection, observations, first);
  if (unhedged !== null) return { moves: [unhedged], afterMs: delayOf(first) };
  // Nobody knows whether its venue takes orders again: the other leg goes once it has taken one.
  const isProbed = force && askedForTooLongMs(projection, second.leg, purpose) !== null;
  return isProbed ? { moves: [second], afterMs: emptyStepDelayMs } : null;

  function delayOf({ leg }: Move): number {
    return legDelayMs(projection, leg, purpose);
  }
}

/**
 * What of a reducing order may go while the other leg can do nothing: what has no hedge there. Null where the legs are
 * equal within a lot, where the other one holds more, and where it is too little for an order.
 */
export function unhedgedPart(
  plan: PositionPlan,
  projection: Projection,
  observations: readonly OrderObservation[],
  { leg, purpose, slippageBps }: Move,
): Move | null {
  const excess = projection[leg].heldBase.minus(projection[otherLeg(leg)].heldBase);
  if (excess.lte(coarserLot(plan.spot, plan.perp))) return null;
  return moveOf(plan, projection, leg, 'reduce', purpose, excess, slippageBps, observations);
}

/** Order books of perpetuals and stablecoins are quoted anew several times a second; longer, and one leg may be alone. */
const refillPauseMs = 250;

/**
 * Before the next reducing order when the last one took all that the order book held within its limit: what it saw
 * next would be the hole that it has made itself, and its best price no measure of the market's.
 */
export function depthPauseMs(projection: Projection, legs: readonly LegName[], purpose: OrderPurpose): number {
  const hasTakenAll = legs.some(
    (leg) => projection[leg].orders.findLast(({ order }) => order.purpose === purpose)?.resolution.kind === 'done',
  );
  return hasTakenAll ? refillPauseMs : 0;
}
