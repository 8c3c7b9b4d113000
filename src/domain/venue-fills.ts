/**
 * Fills that no order of ours made: a liquidation, an auto-deleveraging, or a person's hand on the account. They shrink
 * the positions that held the leg, oldest first; what no position held is nobody's, and stays to be explained.
 */
import { decimal, divide, minimum, roundTo, toText, zero, type Decimal } from './decimal.ts';
import type { VenueFill } from './fill.ts';

/** What a position holds of one instrument at one account: signed base units, bought positive. */
export interface HeldLeg {
  readonly positionKey: string;
  /** Now. */
  readonly heldBase: Decimal;
  /** At a market time: a fill shrinks only what was there when it happened. What is held now, unless given. */
  readonly heldAt?: (atMs: number) => Decimal;
}

/** The part of a fill that shrank one position; `piece` counts the parts of one fill from 0. */
export interface FillShare {
  readonly positionKey: string;
  readonly piece: number;
  /** Quantity and fee are the share's. */
  readonly fill: VenueFill;
}

export interface SharedFills {
  readonly shares: readonly FillShare[];
  /** Fills of which a part, or all, shrank no position. */
  readonly unexplained: readonly VenueFill[];
}

/** Places to which a shared fee is rounded; the last share takes what is left, so that the shares add up exactly. */
const feePlaces = 12;

/** @param fills of one account and symbol, oldest first  @param legs oldest first */
export function shareVenueFills(fills: readonly VenueFill[], legs: readonly HeldLeg[]): SharedFills {
  const changes = new Map(legs.map(({ positionKey }) => [positionKey, zero]));
  const shares: FillShare[] = [];
  const unexplained: VenueFill[] = [];
  for (const fill of fills) {
    const whole = decimal(fill.quantityBase);
    let left = whole;
    let feeLeft = decimal(fill.fee);
    let piece = 0;
    for (const leg of legs) {
      if (left.eq(zero)) break;
      const { positionKey } = leg;
      const change = changes.get(positionKey) ?? zero;
      const taken = minimum(
        left,
        reducible(fill, leg.heldBase.plus(change)),
        reducible(fill, heldThen(leg, fill, change)),
      );
      if (taken.eq(zero)) continue;
      left = left.minus(taken);
      const fee = left.eq(zero) ? feeLeft : roundTo(divide(decimal(fill.fee).times(taken), whole), feePlaces, 'down');
      feeLeft = feeLeft.minus(fee);
      shares.push({ positionKey, piece, fill: { ...fill, quantityBase: toText(taken), fee: toText(fee) } });
      changes.set(positionKey, fill.side === 'buy' ? change.plus(taken) : change.minus(taken));
      piece += 1;
    }
    if (left.gt(zero)) unexplained.push(fill);
  }
  return { shares, unexplained };
}

/** @param change by fills of the venue that were shared before this one */
function heldThen({ heldBase, heldAt }: HeldLeg, { executedAtMs }: VenueFill, change: Decimal): Decimal {
  return (heldAt === undefined ? heldBase : heldAt(executedAtMs)).plus(change);
}

/** How much of a holding a fill of this side can have taken. */
function reducible({ side }: VenueFill, heldBase: Decimal): Decimal {
  const isReduced = side === 'buy' ? heldBase.lt(zero) : heldBase.gt(zero);
  return isReduced ? heldBase.abs() : zero;
}
