/**
 * Fills that no order of ours made: a liquidation, an auto-deleveraging, or a person's hand on the account. They shrink
 * the positions that held the leg, oldest first; what no position held is nobody's, and stays to be explained.
 */
import { decimal, divide, maximum, minimum, roundTo, sum, toText, zero, type Decimal } from '../decimal.ts';
import type { VenueFill } from '../fill.ts';
import type { OrderSide } from '../order.ts';

/** Client order ids of the orders that a venue made by itself begin so in the ledger. */
export const venueOrderPrefix = 'venue/';

export function isVenueMade(clientOrderId: string): boolean {
  return clientOrderId.startsWith(venueOrderPrefix);
}

/** What a position holds of one instrument at one account: signed base units, bought positive. */
export interface HeldLeg {
  readonly positionKey: string;
  /** Now. */
  readonly heldBase: Decimal;
  /** At a market time: a fill shrinks only what was there when it happened. What is held now, unless given. */
  readonly heldAt?: (atMs: number) => Decimal;
}

/** How much of the fills of each side can have shrunk positions: base units. */
export type MostShrunk = Readonly<Record<OrderSide, Decimal>>;

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

/**
 * Positions have shrunk as far as the venue holds less than they do. A person may trade in and out beside them, or close
 * what was there before them: as long as the venue holds all that is theirs, none of it was taken from them. What was
 * there the other way has been netted with theirs: it hides as much of it.
 * @param venueHeldBase the perpetual position as the venue shows it, signed, with all of the fills in it
 * @param besideBase what the account held before any position, signed
 */
export function mostShrunk(legs: readonly HeldLeg[], venueHeldBase: Decimal, besideBase: Decimal = zero): MostShrunk {
  const long = sum(legs.map(({ heldBase }) => maximum(heldBase, zero)));
  const short = sum(legs.map(({ heldBase }) => maximum(zero.minus(heldBase), zero)));
  return {
    sell: maximum(long.minus(maximum(venueHeldBase.minus(minimum(besideBase, zero)), zero)), zero),
    buy: maximum(short.minus(maximum(maximum(besideBase, zero).minus(venueHeldBase), zero)), zero),
  };
}

/**
 * First to those who held the leg when the fill happened, and still do. What is left has shrunk those who hold it now:
 * an account's positions are one at the venue, so one that was struck and closed all the same has closed another's.
 * @param fills of one account and symbol, oldest first
 * @param legs in the order in which they are taken to shrink
 */
export function shareVenueFills(
  fills: readonly VenueFill[],
  legs: readonly HeldLeg[],
  most: MostShrunk | null = null,
): SharedFills {
  const changes = new Map(legs.map(({ positionKey }) => [positionKey, zero]));
  const mostLeft = most === null ? null : { ...most };
  const shares: FillShare[] = [];
  const unexplained: VenueFill[] = [];
  for (const fill of fills) {
    const whole = decimal(fill.quantityBase);
    let left = whole;
    let feeLeft = decimal(fill.fee);
    let piece = 0;
    const candidates = [
      ...legs.map((leg) => ({ leg, held: heldThen })),
      ...legs.map((leg) => ({ leg, held: heldNow })),
    ];
    for (const { leg, held } of candidates) {
      if (left.eq(zero)) break;
      const { positionKey } = leg;
      const change = changes.get(positionKey) ?? zero;
      const taken = minimum(
        left,
        mostLeft?.[fill.side] ?? left,
        reducible(fill, heldNow(leg).plus(change)),
        reducible(fill, held(leg, fill).plus(change)),
      );
      if (taken.eq(zero)) continue;
      left = left.minus(taken);
      if (mostLeft !== null) mostLeft[fill.side] = mostLeft[fill.side].minus(taken);
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

function heldNow({ heldBase }: HeldLeg): Decimal {
  return heldBase;
}

function heldThen({ heldBase, heldAt }: HeldLeg, { executedAtMs }: VenueFill): Decimal {
  return heldAt === undefined ? heldBase : heldAt(executedAtMs);
}

/** How much of a holding a fill of this side can have taken. */
function reducible({ side }: VenueFill, heldBase: Decimal): Decimal {
  const isReduced = side === 'buy' ? heldBase.lt(zero) : heldBase.gt(zero);
  return isReduced ? heldBase.abs() : zero;
}
