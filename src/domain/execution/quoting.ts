/**
 * Opening by orders that rest on one leg: each fill is hedged on the other before anything else.
 *
 * One quote at a time, of at most what may be unhedged, and a new one only when the fills of those before are hedged
 * or too small to be: what has no hedge is never more than `maxUnhedgedUsd`. A part of `decideOpening`, which goes on
 * where this has nothing left to say: what remains unequal then is topped up, trimmed or unwound as in any opening.
 */
import {
  ceilToStep,
  decimal,
  divide,
  floorToStep,
  maximum,
  minimum,
  one,
  toText,
  zero,
  type Decimal,
} from '../decimal.ts';
import { feeIsTakenFromBase, fractionOfBps } from '../fees.ts';
import type { LegPlan, MakerStyle, PositionPlan } from '../position.ts';
import { buildMove, increasingSide, legPlan, moveOf, otherLeg, referencePrice, type Move } from './moves.ts';
import {
  hasFilled,
  trailingRefusals,
  type LegProjection,
  type OrderObservation,
  type Projection,
} from './observation.ts';
import { coarserLot, leastOrder, orderQuantity } from './quantity.ts';
import type { Decision } from './decision.ts';

/** What is known of an opening by resting orders beside its orders; wall times. */
export interface QuoteMoment {
  /** When quoting began; null before it. */
  readonly startedAtMs: number | null;
  /** Since when the legs have differed by more than a lot; null while they are equal. */
  readonly unequalSinceMs: number | null;
  /** Nothing is to rest any more: a close was asked for, or the gap did not come in time. */
  readonly isOver: boolean;
  /** The quote is not at its price any more, or the gap is gone. */
  readonly isQuoteStale: boolean;
  /** What is missing at the deadline may be taken: no close was asked for, and the gap was not seen gone. */
  readonly mayConvert: boolean;
}

/** Quotes of one position: each costs requests, and some events of its workflow. */
export const maxQuotes = 20;
/** Fills of one position that are hedged one by one; crumbs beyond that are no way to open a position. */
export const maxHedges = 100;
/** Refusals in a row after which the venue is not asked to let anything rest again. */
const maxQuoteRefusals = 5;
/** Hedges in a row that found nothing, until the excess is taken back. */
const maxEmptyHedges = 25;
/** Before the next quote after one that was refused or moved, and before a hedge after one that found nothing. */
const pauseMs = 1_000;

/** Null: there is nothing to quote, to watch, to hedge or to convert. */
export function decideQuoting(
  plan: PositionPlan,
  style: MakerStyle,
  projection: Projection,
  observations: readonly OrderObservation[],
  nowMs: number,
  moment: QuoteMoment,
): Decision | null {
  const maker = projection[style.makerLeg];
  const excess = maker.heldBase.minus(projection[otherLeg(style.makerLeg)].heldBase);
  const lot = coarserLot(plan.spot, plan.perp);
  const end = { kind: 'resolve' as const, clientOrderIds: maker.resting.map(({ order }) => order.clientOrderId) };
  const isResting = maker.resting.length > 0;
  if (excess.gt(lot)) {
    const hedge = decideHedge(plan, style, projection, observations, nowMs, moment);
    if (hedge.kind === 'send')
      return isResting && hedge.afterMs > pauseMs ? { ...hedge, endFirst: end.clientOrderIds } : hedge;
    if (hedge.kind === 'failing') return isResting ? end : null;
  }
  // More on the other leg than here: a fill that we did not make. Quoting does not mend it.
  if (excess.lt(zero.minus(lot))) return isResting ? end : null;

  const refusals = trailingRefusals(maker).length;
  const quotes = maker.orders.filter(({ order }) => order.timeInForce === 'post_only').length;
  const endsAtMs = (moment.startedAtMs ?? nowMs) + style.makerDeadlineMs;
  // Trimmed or taken once, the position goes the way of any other.
  const isPast = observations.some(({ order }) => order.purpose === 'trim' || isTaken(order));
  const hedges = observations.filter(({ order }) => order.purpose === 'hedge').length;
  const isSpent = quotes >= maxQuotes || hedges >= maxHedges || refusals >= maxQuoteRefusals;
  const isOver = moment.isOver || isPast || isSpent || nowMs >= endsAtMs;
  const [quote] = maker.resting;
  if (quote !== undefined) {
    if (isOver || moment.isQuoteStale || maker.resting.length > 1) return end;
    return { kind: 'watch', clientOrderId: quote.order.clientOrderId, wakeAtBase: wakeAt(plan, style, quote, excess) };
  }
  if (!isOver) {
    const move = quoteMove(plan, style, projection, observations, excess);
    if (move === null) return null;
    const last = maker.orders.at(-1);
    return { kind: 'quote', move, afterMs: last === undefined || hasFilled(last.resolution) ? 0 : pauseMs };
  }
  const mayConvert = style.atMakerDeadline === 'convert' && moment.mayConvert && !isPast;
  return mayConvert && refusals < maxQuoteRefusals ? decideConversion(plan, projection, observations) : null;
}

type Hedge = Extract<Decision, { kind: 'send' }> | { readonly kind: 'too_small' } | { readonly kind: 'failing' };

/** Brings the other leg up to what the resting orders have received. */
function decideHedge(
  plan: PositionPlan,
  style: MakerStyle,
  projection: Projection,
  observations: readonly OrderObservation[],
  nowMs: number,
  { unequalSinceMs }: QuoteMoment,
): Hedge {
  const leg = otherLeg(style.makerLeg);
  const target = projection[style.makerLeg].heldBase;
  const move = moveOf(plan, projection, leg, 'increase', 'hedge', target, plan.maxOpenSlippageBps, observations);
  if (move === null) return { kind: 'too_small' };
  const idle = withoutFill(projection[leg]);
  const refusals = trailingRefusals(projection[leg]);
  const isRefused = refusals.some(({ resolution }) => resolution.kind === 'not_executed' && !resolution.retryable);
  const leftMs = (unequalSinceMs ?? nowMs) + plan.hedgeDeadlineMs - nowMs;
  const isLate = leftMs <= 0;
  if (isRefused || isLate || idle.length >= maxEmptyHedges) return { kind: 'failing' };
  const waits = refusals.map(({ resolution }) =>
    resolution.kind === 'not_executed' ? (resolution.retryAfterMs ?? 0) : 0,
  );
  // The first follows at once, and so does one after a refusal that says when; a dry order book gets a second. A venue
  // that asks for longer than a fill may be unhedged is not waited for.
  const isDry = idle.some(({ resolution }) => resolution.kind === 'done');
  return { kind: 'send', moves: [move], afterMs: Math.min(Math.max(isDry ? pauseMs : 0, ...waits), leftMs) };
}

function withoutFill(leg: LegProjection): readonly OrderObservation[] {
  const lastFill = leg.orders.findLastIndex(({ resolution }) => hasFilled(resolution));
  return leg.orders.slice(lastFill + 1).filter(({ order }) => order.purpose === 'hedge');
}

/** The next slice: what is missing, as far as it may be unhedged; null when it is too small on either leg. */
function quoteMove(
  plan: PositionPlan,
  style: MakerStyle,
  projection: Projection,
  observations: readonly OrderObservation[],
  excess: Decimal,
): Move | null {
  const leg = style.makerLeg;
  const price = referencePrice(plan, leg);
  const room = divide(decimal(style.maxUnhedgedUsd), price).minus(maximum(excess, zero));
  const missing = decimal(plan.quantityBase).minus(projection[leg].heldBase);
  const slice = floorToStep(maximum(minimum(missing, room), zero), coarserLot(plan.spot, plan.perp));
  const side = increasingSide(plan, leg);
  const quantity = orderQuantity(makerTerms(legPlan(plan, leg)), side, slice, price);
  const hedge = otherLeg(leg);
  const hedged = orderQuantity(
    legPlan(plan, hedge),
    increasingSide(plan, hedge),
    slice.plus(maximum(excess, zero)),
    referencePrice(plan, hedge),
  );
  if (quantity.eq(zero) || hedged.eq(zero)) return null;
  return buildMove(plan, leg, side, 'open', quantity, false, '0', observations);
}

/** The leg with the fee that a resting order pays. */
function makerTerms(leg: LegPlan): LegPlan {
  return { ...leg, takerFeeBps: leg.makerFeeBps ?? leg.takerFeeBps };
}

/** The cumulative fill at which the other leg can follow. */
function wakeAt(plan: PositionPlan, style: MakerStyle, { resolution }: OrderObservation, excess: Decimal) {
  const filled = resolution.kind === 'resting' ? decimal(resolution.filledBase) : zero;
  const leg = legPlan(plan, style.makerLeg);
  const hedge = otherLeg(style.makerLeg);
  const lot = coarserLot(plan.spot, plan.perp);
  const wanted = leastOrder(legPlan(plan, hedge), referencePrice(plan, hedge)).plus(lot).minus(excess);
  const fee = fractionOfBps(decimal(leg.makerFeeBps ?? leg.takerFeeBps));
  const gross = feeIsTakenFromBase(leg, increasingSide(plan, style.makerLeg)) ? divide(wanted, one.minus(fee)) : wanted;
  const step = decimal(leg.instrument.quantityStep);
  return toText(filled.plus(maximum(ceilToStep(gross, step), step)));
}

/** Both legs up to the plan, at once, as in an opening by marketable orders. */
function decideConversion(
  plan: PositionPlan,
  projection: Projection,
  observations: readonly OrderObservation[],
): Decision | null {
  const whole = decimal(plan.quantityBase);
  const moves = (['spot', 'perp'] as const).map((leg) =>
    moveOf(plan, projection, leg, 'increase', 'open', whole, plan.maxOpenSlippageBps, observations),
  );
  const [spot, perp] = moves;
  if (!spot || !perp) return null;
  const missing = maximum(decimal(spot.quantityBase), decimal(perp.quantityBase));
  return { kind: 'convert', moves: [spot, perp], quantityBase: toText(missing) };
}

function isTaken({ purpose, timeInForce }: OrderObservation['order']): boolean {
  return purpose === 'open' && timeInForce !== 'post_only';
}
