/**
 * Sizes of market orders. They carry no limit, so what protects them is what they may find: no more is sent than the
 * order book holds within the slippage cap of its best price.
 */
import { depthWithinBps, levelsFor } from '../domain/basis.ts';
import { decimal, floorToStep, minimum, toText, zero, type Decimal } from '../domain/decimal.ts';
import { legPlan, type Move } from '../domain/execution/moves.ts';
import { isTradable } from '../domain/execution/quantity.ts';
import type { PositionPlan } from '../domain/position.ts';
import type { Quote } from '../domain/quote.ts';

export interface SizedMove {
  /** With the quantity that may be sent. */
  readonly move: Move;
  /** Best price of the side that it takes from, text. */
  readonly price: string;
  /** The order book holds too little within the cap for any order: nothing is sent, and it counts as one that found nothing. */
  readonly isWithheld: boolean;
}

/** Null for an empty side of the order book. */
export function sizedToDepth(plan: PositionPlan, move: Move, quote: Quote): SizedMove | null {
  const [best] = levelsFor(quote, move.side);
  if (best === undefined) return null;
  const leg = legPlan(plan, move.leg);
  const depth = depthWithinBps(quote, move.side, decimal(move.slippageBps));
  const wanted = decimal(move.quantityBase);
  const size = minimum(wanted, floorToStep(depth, decimal(leg.instrument.quantityStep)));
  const isWithheld = !isTradable(leg, size, decimal(best.price));
  return { move: isWithheld ? move : { ...move, quantityBase: toText(size) }, price: best.price, isWithheld };
}

/** Whether the order books hold both legs of an opening within its slippage cap; null when they do. */
export function shallowLeg(plan: PositionPlan, moves: readonly Move[], quotes: readonly [Quote, Quote]): string | null {
  for (const move of moves) {
    const quote = quotes[move.leg === 'spot' ? 0 : 1];
    const sized = sizedToDepth(plan, move, quote);
    const size: Decimal = sized === null || sized.isWithheld ? zero : decimal(sized.move.quantityBase);
    if (size.gte(decimal(move.quantityBase))) continue;
    return `${quote.venue} ${quote.symbol} holds ${toText(size)} of ${move.quantityBase} within ${move.slippageBps} bps`;
  }
  return null;
}
