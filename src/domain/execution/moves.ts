/** Orders that may be sent, before they have a price: which leg, which side, how much. */
import { decimal, toText, zero, type Decimal, type DecimalText } from '../decimal.ts';
import type { LegName, OrderPurpose, OrderSide } from '../order.ts';
import type { LegPlan, PositionPlan } from '../position.ts';
import { legSign, project, trailingRefusals, type OrderObservation, type Projection } from './observation.ts';
import { loanOf } from '../margin/borrow.ts';
import { orderQuantity, repayQuantity } from './quantity.ts';

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

export function legPlan(plan: PositionPlan, leg: LegName): LegPlan {
  return leg === 'spot' ? plan.spot : plan.perp;
}

export function otherLeg(leg: LegName): LegName {
  return leg === 'spot' ? 'perp' : 'spot';
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

/** Null when what is wanted is too small to be sent. */
export function moveOf(
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
  // A reduction pays a part of a debt back: only what ends it must leave nothing of it.
  const isRepaid = leg === 'spot' && change === 'reduce' && purpose !== 'reduce' && loanOf(plan) !== null;
  const quantityFor = isRepaid ? repayQuantity : orderQuantity;
  const quantity = quantityFor(legPlan(plan, leg), side, wanted, referencePrice(plan, leg));
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

export function buildMove(
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
