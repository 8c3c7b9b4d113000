/** What the orders of a position built: sizes, average opening prices and fees of its two legs. */
import { decimal, divide, sum, toText, zero, type DecimalText } from '../decimal.ts';
import type { LegName } from '../order.ts';
import type { Direction } from '../position.ts';
import { legSign, project, type OrderObservation } from './observation.ts';

export interface BuiltLegs {
  readonly spotBase: DecimalText;
  readonly perpBase: DecimalText;
  /** Volume-weighted average of the fills that built the leg. */
  readonly spotOpenPrice: DecimalText;
  readonly perpOpenPrice: DecimalText;
  /** Of both legs' orders so far, in USD. */
  readonly openFeesUsd: DecimalText;
}

/** Null when a leg has no fill that built it. */
export function builtLegs(direction: Direction, observations: readonly OrderObservation[]): BuiltLegs | null {
  const { spot, perp } = project(direction, observations);
  const spotOpenPrice = openPrice(direction, observations, 'spot');
  const perpOpenPrice = openPrice(direction, observations, 'perp');
  if (spotOpenPrice === null || perpOpenPrice === null) return null;
  return {
    spotBase: toText(spot.heldBase),
    perpBase: toText(perp.heldBase),
    spotOpenPrice,
    perpOpenPrice,
    openFeesUsd: toText(
      sum(observations.map(({ resolution }) => (resolution.kind === 'done' ? decimal(resolution.feesQuote) : zero))),
    ),
  };
}

function openPrice(direction: Direction, observations: readonly OrderObservation[], leg: LegName): DecimalText | null {
  const building = legSign(leg, direction) === 1 ? 'buy' : 'sell';
  const fills = observations.flatMap(({ order, resolution }) =>
    order.leg === leg && order.side === building && resolution.kind === 'done' && resolution.averagePrice !== null
      ? [{ quantity: decimal(resolution.filledBase), price: decimal(resolution.averagePrice) }]
      : [],
  );
  const quantity = sum(fills.map((fill) => fill.quantity));
  if (quantity.eq(zero)) return null;
  return toText(divide(sum(fills.map((fill) => fill.quantity.times(fill.price))), quantity, 12));
}
