/** The desk of a position: what its orders have come to, and who else may work on it. The workflow's memory. */
import { decimal, zero, type Decimal } from '../src/domain/decimal.ts';
import { takenByVenueBase, type OrderObservation, type OrderResolution } from '../src/domain/execution/observation.ts';
import type { ClockAnchor } from '../src/domain/market-clock.ts';
import type { PositionPlan } from '../src/domain/position.ts';
import type { PositionInput } from '../src/domain/position-state.ts';

export interface OrderDesk {
  readonly plan: PositionPlan;
  readonly workflowId: string;
  readonly observations: OrderObservation[];
  readonly anchor: ClockAnchor;
  /** A person works on the position without Temporal: nothing is sent from here any more. */
  isFenced: boolean;
  /** Base units of the venue's own fills that the last decision knew of; more may have been told since. */
  decidedOnTakenBase: Decimal;
  /** Takes a fill that the venue made by itself, and what follows from it. */
  readonly onVenueFill: (observation: OrderObservation) => void;
  /** A person says how a stuck position ends: no further order is sent before that is done. */
  readonly isHeld: () => boolean;
}

export function createDesk(
  { plan, anchor, orders }: PositionInput,
  workflowId: string,
  isHeld: OrderDesk['isHeld'],
  onVenueFill: OrderDesk['onVenueFill'],
): OrderDesk {
  const observations = [...orders];
  return { plan, workflowId, observations, anchor, isFenced: false, decidedOnTakenBase: zero, onVenueFill, isHeld };
}

/** Thrown once nothing of ours is on its way: what remains is another's to do. */
export class FencedOff extends Error {}

/** Takes an order that the venue made by itself, or what has come to it since. False when that is known already. */
export function takeVenueOrder(desk: OrderDesk, observation: OrderObservation): boolean {
  const { clientOrderId } = observation.order;
  const index = desk.observations.findIndex(({ order }) => order.clientOrderId === clientOrderId);
  const known = desk.observations[index];
  if (known === undefined) {
    desk.observations.push(observation);
    return true;
  }
  if (filledOf(known).gte(filledOf(observation))) return false;
  desk.observations[index] = observation;
  return true;
}

function filledOf({ resolution }: OrderObservation): Decimal {
  return resolution.kind === 'done' ? decimal(resolution.filledBase) : zero;
}

/** What follows is decided on the observations of now, whatever is heard before it is written. */
export function deciding(desk: OrderDesk): OrderDesk {
  desk.decidedOnTakenBase = takenByVenueBase(desk.observations);
  return desk;
}

/** What is known of an order now. */
export function updateOrder(desk: OrderDesk, clientOrderId: string, resolution: OrderResolution): void {
  const index = desk.observations.findIndex(({ order }) => order.clientOrderId === clientOrderId);
  const before = desk.observations[index];
  if (before === undefined) throw new Error(`order ${clientOrderId} is not on this desk`);
  desk.observations[index] = { order: before.order, resolution };
}
