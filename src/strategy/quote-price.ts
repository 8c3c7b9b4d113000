/** Where an order rests: at the source article's price, and only while the gap is there with the other leg taken. */
import { basisBps, executablePrice, levelsFor } from '../domain/basis.ts';
import {
  ceilToStep,
  decimal,
  floorToStep,
  maximum,
  minimum,
  toText,
  zero,
  type Decimal,
  type DecimalText,
} from '../domain/decimal.ts';
import { increasingSide, legPlan, otherLeg } from '../domain/execution/moves.ts';
import { figure } from '../domain/figures.ts';
import { staleness } from '../domain/freshness.ts';
import type { OrderSide } from '../domain/order.ts';
import { sideOf, type MakerStyle, type PositionPlan } from '../domain/position.ts';
import type { BookLevel, Quote } from '../domain/quote.ts';
import type { LegPrices } from '../domain/watch.ts';

/** An order of ours that the order book may show. */
export interface OwnQuote {
  readonly limitPrice: DecimalText;
  readonly quantityBase: DecimalText;
}

export type QuotePrice =
  /** Where the order rests on its leg, and what the other leg would be taken at. */
  { readonly kind: 'quote'; readonly prices: LegPrices } | { readonly kind: 'none'; readonly reason: string };

/** The article's step from the best price of the own side towards the other: a basis point. */
const step = decimal('0.0001');
/** A quote is left where it is until its price has moved by half that step, and by a tick at least. */
const tolerance = decimal('0.00005');

/** @param quantityBase what would rest, and be hedged at once if it filled whole */
export function quotePrice(
  plan: PositionPlan,
  { makerLeg }: MakerStyle,
  quotes: { readonly spot: Quote; readonly perp: Quote },
  quantityBase: Decimal,
  own: OwnQuote | null,
  nowWallMs: number,
): QuotePrice {
  const stale = staleness(quotes.spot, quotes.perp, nowWallMs);
  if (stale !== null) return { kind: 'none', reason: stale };
  const hedgeLeg = otherLeg(makerLeg);
  const tick = decimal(legPlan(plan, makerLeg).instrument.priceTick);
  const rest = restingPrice(quotes[makerLeg], increasingSide(plan, makerLeg), tick, own);
  const hedge = executablePrice(levelsFor(quotes[hedgeLeg], increasingSide(plan, hedgeLeg)), quantityBase);
  if (rest === null || hedge === null) {
    return { kind: 'none', reason: `the order books do not hold ${toText(quantityBase)} for a quote and its hedge` };
  }
  const [spot, perp] = makerLeg === 'spot' ? [rest, hedge] : [hedge, rest];
  const basis = basisBps(spot, perp);
  const signed = sideOf(plan.direction) === 1 ? basis : zero.minus(basis);
  if (signed.lt(decimal(plan.minimumEntryBps))) {
    const seen = `s·B_open of a quote is ${figure(signed, 2)} bps`;
    return { kind: 'none', reason: `${seen}, under the ${plan.minimumEntryBps} bps it needs` };
  }
  return { kind: 'quote', prices: { spot: toText(spot), perp: toText(perp) } };
}

/** Whether a quote should not stay where it is. */
export function isMoved(limitPrice: DecimalText, wanted: DecimalText, priceTick: DecimalText): boolean {
  const resting = decimal(limitPrice);
  return decimal(wanted)
    .minus(resting)
    .abs()
    .gte(maximum(decimal(priceTick), resting.times(tolerance)));
}

/**
 * Best bid × 1.0001 to buy, best ask × 0.9999 to sell, rounded to the tick away from the other side, and never across
 * it. Our own order is no one to outbid. Null for an empty side.
 */
export function restingPrice(quote: Quote, side: OrderSide, tick: Decimal, own: OwnQuote | null): Decimal | null {
  const isBuy = side === 'buy';
  const best = without(isBuy ? quote.bids : quote.asks, own)[0];
  const opposite = (isBuy ? quote.asks : quote.bids)[0];
  if (best === undefined || opposite === undefined) return null;
  const price = decimal(best.price);
  return isBuy
    ? minimum(floorToStep(price.plus(price.times(step)), tick), decimal(opposite.price).minus(tick))
    : maximum(ceilToStep(price.minus(price.times(step)), tick), decimal(opposite.price).plus(tick));
}

function without(levels: readonly BookLevel[], own: OwnQuote | null): readonly BookLevel[] {
  if (own === null) return levels;
  return levels.filter(
    ({ price, quantityBase }) =>
      !decimal(price).eq(decimal(own.limitPrice)) || decimal(quantityBase).gt(decimal(own.quantityBase)),
  );
}
