/** What the legs of a position hold, for a person who gives it up. */
import { toText, zero, type DecimalText } from '../decimal.ts';
import type { LegName } from '../order.ts';
import { legSign, project, type OrderObservation } from './observation.ts';
import type { Direction } from '../direction.ts';

/** Signed base units of each leg: what was sold short, or is owed, is negative. */
export interface Residual {
  readonly spotBase: DecimalText;
  readonly perpBase: DecimalText;
}

/** @param legs those that are to be brought to zero: what another one holds stays as it is, and was declared */
export function residualOf(
  direction: Direction,
  observations: readonly OrderObservation[],
  legs: readonly LegName[],
): Residual {
  const projection = project(direction, observations);
  const signed = (leg: LegName): DecimalText => {
    const { heldBase } = projection[leg];
    return toText(legSign(leg, direction) === 1 ? heldBase : zero.minus(heldBase));
  };
  return { spotBase: legs.includes('spot') ? signed('spot') : '0', perpBase: signed('perp') };
}
