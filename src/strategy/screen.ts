/**
 * A first look at every pair, both sides, in floats: what fails here fails in decimals too, and of what passes the best
 * is worked out there. It looks at the best prices, which no size can beat, and gives every doubt to the pair.
 */
import { approximateFunding, type FundingOutlook } from '../domain/carry.ts';
import { approximate, decimal, type DecimalText } from '../domain/decimal.ts';
import { fourFeesFraction } from '../domain/fees.ts';
import type { Quote } from '../domain/quote.ts';
import type { Pair, StrategyRules } from './pair.ts';
import { riskScore } from './rank.ts';

/** Far above what floats lose here, far below what anybody trades for. */
const doubt = 1e-9;
const dayMs = 86_400_000;

/** Bits of `Passing.sides`. */
export const longSide = 1;
export const shortSide = 2;

export interface Passing {
  readonly pair: Pair;
  /** Those that may pass every rule: `longSide`, `shortSide` or both. */
  readonly sides: number;
  /** No side of it is rated higher, at a multiplier of 1: net APY in percent over the venues' risk score. */
  readonly mostRating: number;
}

export interface Screen {
  /** Takes the best prices of a quote, and the worst that it shows. */
  update(quote: Quote): void;
  /** Takes a perpetual's carry over the horizon; null: nothing is known, and none of its pairs passes. */
  setOutlook(venue: string, symbol: string, outlook: FundingOutlook | null, nowMarketMs: number): void;
  /** m of a pair in bps, where the rules ask for it; null: not known, and no gap of the pair passes. */
  setCentre(pairId: string, centreBps: DecimalText | null): void;
  /** Pairs of which a side may pass every rule. */
  passing(): Passing[];
  /** The same among the pairs of one market. */
  passingAt(venue: string, symbol: string): Passing[];
  pairsAt(venue: string, symbol: string): readonly Pair[];
}

export function createScreen(pairs: readonly Pair[], rules: StrategyRules): Screen {
  const markets = new Map<string, number>();
  const indexOf = (venue: string, symbol: string): number => {
    const name = `${venue} ${symbol}`;
    const index = markets.get(name) ?? markets.size;
    markets.set(name, index);
    return index;
  };
  const spotOf = Int32Array.from(pairs, ({ spot }) => indexOf(spot.instrument.venue, spot.instrument.symbol));
  const perpOf = Int32Array.from(pairs, ({ perp }) => indexOf(perp.instrument.venue, perp.instrument.symbol));
  const fees = Float64Array.from(pairs, ({ spot, perp }) => approximate(fourFeesFraction(spot, perp)));
  const margin = Float64Array.from(pairs, ({ leverage }) => 1 / approximate(decimal(leverage)));
  const kinds = Uint8Array.from(
    pairs,
    ({ kinds: named = ['basis'] }) => (named.includes('basis') ? 1 : 0) + (named.includes('funding') ? 2 : 0),
  );
  const scores = Float64Array.from(pairs, ({ spot, perp }) =>
    approximate(riskScore(spot.instrument.venue, perp.instrument.venue)),
  );
  const unknown = (): Float64Array => new Float64Array(markets.size).fill(NaN);
  const [bids, asks, lastBids, lastAsks, carries] = [unknown(), unknown(), unknown(), unknown(), unknown()];
  const pairsOf = Array.from({ length: markets.size }, (): number[] => []);
  for (const [index] of pairs.entries()) {
    for (const market of [spotOf[index], perpOf[index]]) if (market !== undefined) pairsOf[market]?.push(index);
  }
  const bounds = boundsOf(rules);
  const centres = new Float64Array(pairs.length).fill(rules.centre === 'zero' ? 0 : NaN);
  const indexOfPair = new Map(pairs.map(({ pairId }, index) => [pairId, index]));

  /** An unknown price, carry or centre is NaN, and NaN passes no comparison. */
  function lookAt(index: number): Passing | null {
    const pair = pairs[index];
    const [spot, perp] = [spotOf[index] ?? 0, perpOf[index] ?? 0];
    const [carry, centre] = [carries[perp] ?? NaN, centres[index] ?? NaN];
    // Orders are filled within the levels that are shown, and the nearer to the last, the less margin a long takes.
    const longBasis = basis(bids[perp], asks[spot]);
    const longRatio = 1 + basis(lastBids[perp], lastAsks[spot]);
    const long = mostOnCapital(index, longBasis, longBasis - centre, carry, 1, longRatio);
    const shortBasis = basis(asks[perp], bids[spot]);
    const short = bounds.shortSpot
      ? mostOnCapital(index, shortBasis, centre - shortBasis, -carry, bounds.isLent ? 0 : 1, 1 + shortBasis)
      : NaN;
    const sides = (long === long ? longSide : 0) + (short === short ? shortSide : 0);
    if (sides === 0 || pair === undefined) return null;
    return { pair, sides, mostRating: ratingOf(sides === shortSide || short > long ? short : long, index) };
  }

  /**
   * The most that a side may earn on capital over the horizon; NaN where it fails. What a loan costs, and what it takes of
   * the account, is left out: the doubt is the pair's.
   * @param priceRatio the least P/S
   */
  function mostOnCapital(
    index: number,
    best: number,
    gap: number,
    carry: number,
    spotCapital: 0 | 1,
    priceRatio: number,
  ): number {
    const kind = kinds[index] ?? 0;
    const capital = spotCapital + priceRatio * (margin[index] ?? NaN);
    const onCarry = carry - (fees[index] ?? NaN);
    const isCarry = (kind & 2) !== 0 && bounds.onCarry !== null && onCarry > bounds.onCarry * capital - doubt;
    const most = isCarry && best === best ? onCarry : NaN;
    if ((kind & 1) === 0 || !(gap > bounds.entry - doubt)) return most / capital;
    const net = gap - Math.min(bounds.exit, gap) + onCarry;
    const passes = bounds.anyReturn ? carry === carry : net > bounds.onCapital * capital - doubt;
    return (passes && !(most > net) ? net : most) / capital;
  }

  /** Good for what earns something; the rest is given every doubt. */
  function ratingOf(onCapital: number, index: number): number {
    if (!(onCapital > 0)) return Infinity;
    const apyPct = Math.expm1(Math.log1p(onCapital) * bounds.horizonsPerYear) * 100;
    const rating = apyPct / (scores[index] ?? NaN);
    return rating + rating * doubt + doubt;
  }

  const found = (candidates: Iterable<number>): Passing[] => {
    const passed: Passing[] = [];
    for (const index of candidates) {
      const looked = lookAt(index);
      if (looked !== null) passed.push(looked);
    }
    return passed;
  };
  const at = (venue: string, symbol: string): readonly number[] =>
    pairsOf[markets.get(`${venue} ${symbol}`) ?? -1] ?? [];

  return {
    update({ venue, symbol, bids: bidLevels, asks: askLevels }) {
      const index = markets.get(`${venue} ${symbol}`);
      if (index === undefined) return;
      bids[index] = screenPrice(bidLevels[0]?.price);
      asks[index] = screenPrice(askLevels[0]?.price);
      lastBids[index] = screenPrice(bidLevels.at(-1)?.price);
      lastAsks[index] = screenPrice(askLevels.at(-1)?.price);
    },
    setOutlook(venue, symbol, outlook, nowMarketMs) {
      const index = markets.get(`${venue} ${symbol}`);
      if (index !== undefined)
        carries[index] =
          outlook === null ? NaN : approximateFunding(outlook, nowMarketMs, nowMarketMs + bounds.horizonMs);
    },
    setCentre(pairId, centreBps) {
      const index = indexOfPair.get(pairId);
      if (index === undefined || rules.centre === 'zero') return;
      centres[index] = centreBps === null ? NaN : Number(centreBps) / 10_000;
    },
    passing: () => found(pairs.keys()),
    passingAt: (venue, symbol) => found(at(venue, symbol)),
    pairsAt: (venue, symbol) => at(venue, symbol).flatMap((index) => pairs[index] ?? []),
  };
}

/** (perpetual − spot) / spot. */
function basis(perpPrice = NaN, spotPrice = NaN): number {
  return (perpPrice - spotPrice) / spotPrice;
}

/** The one place where a price becomes a float: for the screen alone. */
function screenPrice(price: string | undefined): number {
  return price === undefined ? NaN : Number(price);
}

/** The rules as fractions. */
function boundsOf(rules: StrategyRules) {
  const days = approximate(decimal(rules.horizonDays));
  const onCapital = (apyPct: string | null): number =>
    apyPct === null ? 0 : (1 + approximate(decimal(apyPct)) / 100) ** (days / 365) - 1;
  return {
    entry: approximate(decimal(rules.entryBps)) / 10_000,
    exit: approximate(decimal(rules.exitBps)) / 10_000,
    onCapital: onCapital(rules.minNetApyPct),
    onCarry: rules.funding === null ? null : onCapital(rules.funding.minNetApyPct),
    anyReturn: rules.anyReturn === true,
    shortSpot: rules.shortSpot !== 'off',
    isLent: rules.shortSpot === 'borrow',
    horizonMs: Math.round(days * dayMs),
    horizonsPerYear: 365 / days,
  };
}
