/**
 * How much to open: a stake, brought under every cap that applies, then floored to the lots of both legs.
 * A size at or under the minimum is refused with the reason; it is never lifted to it.
 */
import { depthWithinBps, executablePrice, levelsFor } from '../domain/basis.ts';
import {
  decimal,
  divide,
  floorToStep,
  maximum,
  minimum,
  toText,
  zero,
  type Decimal,
  type DecimalText,
} from '../domain/decimal.ts';
import { coarserLot, isTradable, orderQuantity } from '../domain/execution/quantity.ts';
import { figure } from '../domain/figures.ts';
import type { OrderSide } from '../domain/order.ts';
import type { Quote } from '../domain/quote.ts';
import {
  affordableQuantities,
  cashNeeded,
  cashQuantity,
  isAffordable,
  openingNeeds,
  type FreeOf,
  type OpeningPrices,
  type OpeningTerms,
} from './needs.ts';
import { bookSides, openingSides } from './evaluate.ts';
import { venuePair, type Pair } from './pair.ts';
import type { Direction } from '../domain/direction.ts';
import type { CapitalNeed } from '../domain/portfolio/capital-need.ts';

/** An amount of notional, with its name. */
export interface UsdBound {
  readonly amountUsd: Decimal;
  readonly bound: string;
}

export interface SizeRules {
  readonly minPositionUsd: DecimalText;
  readonly maxPositionUsd: DecimalText;
  readonly maxPairUsd: DecimalText;
  readonly maxOpenSlippageBps: DecimalText;
  readonly maxCloseSlippageBps: DecimalText;
  /** Both sides of both order books hold the size this many times within `depthWithinBps`; null: not asked for. */
  readonly minDepthMultiple: DecimalText | null;
  readonly depthWithinBps: DecimalText;
}

export interface SizeRequest {
  readonly pair: Pair;
  readonly direction: Direction;
  readonly rules: SizeRules;
  readonly spotQuote: Quote;
  readonly perpQuote: Quote;
  /** What it is meant to come to. */
  readonly stake: UsdBound;
  /** What other limits leave. */
  readonly rooms?: readonly UsdBound[];
  /** Spot notional that open positions and reservations hold between the two exchanges. */
  readonly pairExposureUsd: Decimal;
  readonly freeOf: FreeOf;
  /** What may be spent of all dollar coins together; null or absent: what the accounts have. */
  readonly cash?: UsdBound | null;
  /** Of a short spot leg that is borrowed. */
  readonly loan?: { readonly collateralRate: DecimalText; readonly available: DecimalText | null } | null;
}

export type Size =
  | {
      readonly kind: 'sized';
      readonly quantityBase: Decimal;
      /** Q·S at the executable price; the quote coin is taken at par. */
      readonly notionalUsd: Decimal;
      /** What kept it from being larger. */
      readonly bound: string;
    }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] };

export interface Bound {
  readonly quantityBase: Decimal;
  /** Its name. */
  readonly bound: string;
}

/** What no account has a part in. */
export type MarketRequest = Pick<SizeRequest, 'pair' | 'direction' | 'spotQuote' | 'perpQuote' | 'loan'> & {
  readonly rules: Pick<SizeRules, 'maxOpenSlippageBps' | 'minDepthMultiple' | 'depthWithinBps'>;
};

export function sizePosition(request: SizeRequest): Size {
  const { pair, direction, rules, spotQuote, perpQuote } = request;
  const sides = openingSides(direction);
  const depth = tightestOf(depthBounds(request));
  if (depth.quantityBase.lte(zero)) return refused(`no ${depth.bound}`);
  const usd = usdBound(request);
  const spotBest = bestPrice(spotQuote, sides.spot);
  const perpBest = bestPrice(perpQuote, sides.perp);
  // A first size at the best prices is an upper bound: a larger one only trades at worse prices. Prices for that
  // size are then prices that the final, smaller one does not exceed.
  const first = minimum(depth.quantityBase, divide(usd.amountUsd, spotBest));
  const prices: OpeningPrices = {
    spot: maximum(spotBest, executablePrice(levelsFor(spotQuote, sides.spot), first) ?? spotBest),
    perp: maximum(perpBest, executablePrice(levelsFor(perpQuote, sides.perp), first) ?? perpBest),
  };
  const terms: OpeningTerms = {
    direction,
    spot: pair.spot,
    perp: pair.perp,
    leverage: decimal(pair.leverage),
    maxOpenSlippageBps: decimal(rules.maxOpenSlippageBps),
    maxCloseSlippageBps: decimal(rules.maxCloseSlippageBps),
    ...(request.loan == null ? {} : { collateralRate: decimal(request.loan.collateralRate) }),
  };
  const bounds: Bound[] = [
    { quantityBase: divide(usd.amountUsd, prices.spot), bound: usd.bound },
    depth,
    ...loanBounds(request),
    ...affordableQuantities(terms, prices, request.freeOf),
    ...cashBounds(request, terms, prices),
  ];
  const tightest = tightestOf(bounds);
  const quantityBase = floorToLots(request, terms, prices, tightest.quantityBase);
  return accept(request, quantityBase, tightest.bound);
}

/** What the market has for a position, not floored to lots: the order books, and what is lent for a short on a loan. */
export function marketBounds(request: MarketRequest): readonly Bound[] {
  return [...depthBounds(request), ...loanBounds(request)];
}

/** The first of the least. */
export function tightestOf(bounds: readonly Bound[]): Bound {
  return bounds.reduce((least, bound) => (bound.quantityBase.lt(least.quantityBase) ? bound : least));
}

/** What the venue still lends. */
function loanBounds({ pair, loan }: MarketRequest): Bound[] {
  if (loan?.available == null) return [];
  const { base } = pair.spot.instrument;
  return [{ quantityBase: decimal(loan.available), bound: `${base} that can be borrowed at ${pair.spot.account}` }];
}

/** What must stay free over all accounts, be there more on these two or not. */
function cashBounds({ cash }: SizeRequest, terms: OpeningTerms, prices: OpeningPrices): Bound[] {
  if (cash == null) return [];
  const quantityBase = cashQuantity(terms, prices, cash.amountUsd);
  return quantityBase === null ? [] : [{ quantityBase, bound: cash.bound }];
}

/** The first cap in USD that binds: what is wanted, the position cap, what the pair cap and other limits leave. */
function usdBound(request: SizeRequest): UsdBound {
  const { rules, pair, pairExposureUsd, stake, rooms = [] } = request;
  return leastUsd([
    stake,
    ...rooms,
    { amountUsd: decimal(rules.maxPositionUsd), bound: 'maxPositionUsd' },
    {
      amountUsd: maximum(zero, decimal(rules.maxPairUsd).minus(pairExposureUsd)),
      bound: `maxPairUsd: ${venuePair(pair)} already hold ${figure(pairExposureUsd, 2)} of ${rules.maxPairUsd} USD`,
    },
  ]);
}

/** The first of the least. */
export function leastUsd(bounds: readonly UsdBound[]): UsdBound {
  return bounds.reduce((least, bound) => (bound.amountUsd.lt(least.amountUsd) ? bound : least));
}

function depthBounds(request: MarketRequest): Bound[] {
  return [slippageDepth(request), ...depthMultipleBounds(request)];
}

/** What both order books carry within the slippage cap of their best prices. */
function slippageDepth({ direction, rules, spotQuote, perpQuote }: MarketRequest): Bound {
  const sides = openingSides(direction);
  const slippageBps = decimal(rules.maxOpenSlippageBps);
  const spot = depthWithinBps(spotQuote, sides.spot, slippageBps);
  const perp = depthWithinBps(perpQuote, sides.perp, slippageBps);
  const thinner = spot.lt(perp) ? spotQuote : perpQuote;
  return {
    quantityBase: minimum(spot, perp),
    bound: `depth of ${thinner.venue} ${thinner.symbol} within ${rules.maxOpenSlippageBps} bps`,
  };
}

/** What the thinnest side of both order books carries so many times over, those of the close too. */
function depthMultipleBounds({ rules, spotQuote, perpQuote }: MarketRequest): Bound[] {
  const { minDepthMultiple, depthWithinBps: within } = rules;
  if (minDepthMultiple === null) return [];
  const { name, depthBase } = bookSides([spotQuote, perpQuote], decimal(within)).reduce((least, side) =>
    side.depthBase.lt(least.depthBase) ? side : least,
  );
  return [
    {
      quantityBase: divide(depthBase, decimal(minDepthMultiple)),
      bound: `depth of ${name} within ${within} bps, ${toText(depthBase)}, over minDepthMultiple ${minDepthMultiple}`,
    },
  ];
}

/** Floors to the coarser lot; one or two lots less when the rounding of the order sent would overdraw an account. */
function floorToLots(request: SizeRequest, terms: OpeningTerms, prices: OpeningPrices, quantityBase: Decimal): Decimal {
  const lot = coarserLot(terms.spot, terms.perp);
  let size = floorToStep(maximum(zero, quantityBase), lot);
  while (size.gt(zero) && !isPaid(request, openingNeeds(terms, size, prices))) size = size.minus(lot);
  return maximum(zero, size);
}

function isPaid({ freeOf, cash }: SizeRequest, needs: readonly CapitalNeed[]): boolean {
  return isAffordable(needs, freeOf) && (cash == null || cashNeeded(needs).lte(cash.amountUsd));
}

function accept(request: SizeRequest, quantityBase: Decimal, bound: string): Size {
  const { pair, direction, rules } = request;
  const sides = openingSides(direction);
  const spotPrice = executablePrice(levelsFor(request.spotQuote, sides.spot), quantityBase);
  const perpPrice = executablePrice(levelsFor(request.perpQuote, sides.perp), quantityBase);
  if (spotPrice === null || perpPrice === null) return refused(`nothing is left to open: bound by ${bound}`);
  const prices = { spot: spotPrice, perp: perpPrice };
  const reasons = tooSmall({ pair, direction, rules, quantityBase, prices, bound });
  const notionalUsd = quantityBase.times(spotPrice);
  return reasons.length > 0 ? { kind: 'refused', reasons } : { kind: 'sized', quantityBase, notionalUsd, bound };
}

/** Why so much is too little, for the configuration and for both venues; none: it is enough. */
export function tooSmall(size: {
  readonly pair: Pair;
  readonly direction: Direction;
  readonly rules: Pick<SizeRules, 'minPositionUsd'>;
  readonly quantityBase: Decimal;
  /** Of exactly this quantity. */
  readonly prices: OpeningPrices;
  /** What kept it from being larger. */
  readonly bound: string;
}): string[] {
  const { pair, direction, rules, quantityBase, prices, bound } = size;
  const sides = openingSides(direction);
  const notionalUsd = quantityBase.times(prices.spot);
  const reasons: string[] = [];
  if (notionalUsd.lte(decimal(rules.minPositionUsd))) {
    const usd = `${figure(notionalUsd, 2)} USD`;
    reasons.push(`size ${usd} is not above minPositionUsd ${rules.minPositionUsd}: bound by ${bound}`);
  }
  for (const [leg, side, price] of [
    [pair.spot, sides.spot, prices.spot],
    [pair.perp, sides.perp, prices.perp],
  ] as const) {
    const { venue, symbol, minimumQuantity, minimumNotional } = leg.instrument;
    if (!isTradable(leg, orderQuantity(leg, side, quantityBase, price), price)) {
      reasons.push(
        `${toText(quantityBase)} is under the minimum of ${venue} ${symbol} (${minimumQuantity} base, ${minimumNotional} quote)`,
      );
    }
  }
  return reasons;
}

function bestPrice(quote: Quote, side: OrderSide): Decimal {
  const best = levelsFor(quote, side)[0];
  if (best === undefined) throw new Error(`${quote.venue} ${quote.symbol}: depth without a best price`);
  return decimal(best.price);
}

function refused(reason: string): Size {
  return { kind: 'refused', reasons: [reason] };
}
