/**
 * What is known of a position's orders, and what follows for each leg.
 *
 * The projection is computed afresh at every decision and never stored. It counts an unresolved order, and what
 * is left of a resting one, as able to fill in full, so that a mistake can only leave a position under-hedged, never
 * doubled.
 */
import { decimal, sum, zero, type Decimal } from '../decimal.ts';
import type { LegName, Order } from '../order.ts';
import { sideOf } from '../position.ts';
import type { FilledOrder } from './received.ts';
import type { Direction } from '../direction.ts';

/** How an order of ours ended, as far as it is known. */
export type OrderResolution =
  /** Sent, or possibly sent: it may have filled, or may still. */
  | { readonly kind: 'unresolved' }
  /** Acknowledged by the venue and waiting there: what it has filled counts, and the rest may fill at any moment. */
  | ({ readonly kind: 'resting' } & FilledOrder)
  /** No more fills can come. */
  | ({ readonly kind: 'done' } & FilledOrder)
  /** Definitely nothing of it was or can be executed. */
  | {
      readonly kind: 'not_executed';
      readonly reason: string;
      /** False when sending the same order again can only be refused again (no balance, no permission). */
      readonly retryable: boolean;
      readonly retryAfterMs: number | null;
    };

export interface OrderObservation {
  readonly order: Order;
  readonly resolution: OrderResolution;
}

export interface LegProjection {
  /** Base units held in the position's direction: positive when the leg is on, for either direction. */
  readonly heldBase: Decimal;
  readonly unresolved: readonly OrderObservation[];
  readonly resting: readonly OrderObservation[];
  /** Orders of this leg, in the order in which they were decided. */
  readonly orders: readonly OrderObservation[];
}

export interface Projection {
  readonly spot: LegProjection;
  readonly perp: LegProjection;
}

/** +1 when buying increases the leg, −1 when selling does. */
export function legSign(leg: LegName, direction: Direction): 1 | -1 {
  const side = sideOf(direction);
  return leg === 'spot' ? side : side === 1 ? -1 : 1;
}

export function project(direction: Direction, observations: readonly OrderObservation[]): Projection {
  const leg = (name: LegName): LegProjection => {
    const orders = observations.filter((observation) => observation.order.leg === name);
    const received = sum(orders.map(receivedBase));
    return {
      heldBase: legSign(name, direction) === 1 ? received : zero.minus(received),
      unresolved: orders.filter((observation) => observation.resolution.kind === 'unresolved'),
      resting: orders.filter((observation) => observation.resolution.kind === 'resting'),
      orders,
    };
  };
  return { spot: leg('spot'), perp: leg('perp') };
}

function receivedBase({ resolution }: OrderObservation): Decimal {
  return resolution.kind === 'done' || resolution.kind === 'resting' ? decimal(resolution.receivedBase) : zero;
}

/** Base units of the venue's own fills on both legs. */
export function takenByVenueBase(observations: readonly OrderObservation[]): Decimal {
  return sum(
    observations.map(({ order, resolution }) =>
      order.purpose === 'venue' && resolution.kind === 'done' ? decimal(resolution.filledBase) : zero,
    ),
  );
}

export function hasFilled(
  resolution: OrderResolution,
): resolution is Extract<OrderResolution, { kind: 'done' | 'resting' }> {
  return (resolution.kind === 'done' || resolution.kind === 'resting') && decimal(resolution.filledBase).gt(zero);
}

/** Definite refusals of a leg since its last fill. */
export function trailingRefusals(leg: LegProjection): readonly OrderObservation[] {
  const lastFill = leg.orders.findLastIndex(({ resolution }) => hasFilled(resolution));
  return leg.orders.slice(lastFill + 1).filter(({ resolution }) => resolution.kind === 'not_executed');
}
