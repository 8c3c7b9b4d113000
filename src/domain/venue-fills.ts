/**
 * Fills that no order of ours made: a liquidation, an auto-deleveraging, or a person's hand on the account. They shrink
 * the positions that held the leg, oldest first; what no position held is nobody's, and stays to be explained.
 */
import { decimal, divide, minimum, roundTo, toText, zero, type Decimal } from './decimal.ts';
import type { VenueFill } from './fill.ts';

/** What a position holds of one instrument at one account: signed base units, bought positive. */
export interface HeldLeg {
  readonly positionKey: string;
  readonly heldBase: Decimal;
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
  const held = new Map(legs.map(({ positionKey, heldBase }) => [positionKey, heldBase]));
  const shares: FillShare[] = [];
  const unexplained: VenueFill[] = [];
  for (const fill of fills) {
    const whole = decimal(fill.quantityBase);
    let left = whole;
    let feeLeft = decimal(fill.fee);
    let piece = 0;
    for (const [positionKey, heldBase] of held) {
      if (left.eq(zero)) break;
      const taken = reduces(fill, heldBase) ? minimum(left, heldBase.abs()) : zero;
      if (taken.eq(zero)) continue;
      left = left.minus(taken);
      const fee = left.eq(zero) ? feeLeft : roundTo(divide(decimal(fill.fee).times(taken), whole), feePlaces, 'down');
      feeLeft = feeLeft.minus(fee);
      shares.push({ positionKey, piece, fill: { ...fill, quantityBase: toText(taken), fee: toText(fee) } });
      held.set(positionKey, fill.side === 'buy' ? heldBase.plus(taken) : heldBase.minus(taken));
      piece += 1;
    }
    if (left.gt(zero)) unexplained.push(fill);
  }
  return { shares, unexplained };
}

function reduces(fill: VenueFill, heldBase: Decimal): boolean {
  return fill.side === 'buy' ? heldBase.lt(zero) : heldBase.gt(zero);
}
