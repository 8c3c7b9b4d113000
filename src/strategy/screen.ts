/**
 * A first look at every pair, both sides, in floats: what fails here fails in decimals too, and what passes is worked
 * out there. It looks at the best prices, which no size can beat, and gives every doubt to the pair.
 */
import { approximateFunding, type FundingOutlook } from '../domain/carry.ts';
import { approximate, decimal, type DecimalText } from '../domain/decimal.ts';
import { fourFeesFraction } from '../domain/fees.ts';
import type { Quote } from '../domain/quote.ts';
import type { Pair, StrategyRules } from './pair.ts';

/** Far above what floats lose here, far below what anybody trades for. */
const doubt = 1e-9;
const dayMs = 86_400_000;

export interface Screen {
  /** Takes the best prices of a quote. */
  update(quote: Quote): void;
  /** Takes a perpetual's carry over the horizon; null: nothing is known, and none of its pairs passes. */
  setOutlook(venue: string, symbol: string, outlook: FundingOutlook | null, nowMarketMs: number): void;
  /** m of a pair in bps, where the rules ask for it; null: not known, and no gap of the pair passes. */
  setCentre(pairId: string, centreBps: DecimalText | null): void;
  /** Pairs of which a side may pass every rule. */
  passing(): Pair[];
  /** The same among the pairs of one market. */
  passingAt(venue: string, symbol: string): Pair[];
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
  const [bids, asks] = [new Float64Array(markets.size).fill(NaN), new Float64Array(markets.size).fill(NaN)];
  const carries = new Float64Array(markets.size).fill(NaN);
  const pairsOf = Array.from({ length: markets.size }, (): number[] => []);
  for (const [index] of pairs.entries()) {
    for (const market of [spotOf[index], perpOf[index]]) if (market !== undefined) pairsOf[market]?.push(index);
  }
  const bounds = boundsOf(rules);
  const centres = new Float64Array(pairs.length).fill(rules.centre === 'zero' ? 0 : NaN);
  const indexOfPair = new Map(pairs.map(({ pairId }, index) => [pairId, index]));

  /** Either side, for either kind. An unknown price, carry or centre is NaN, and NaN passes no comparison. */
  function passes(pair: number): boolean {
    const spot = spotOf[pair] ?? 0;
    const perp = perpOf[pair] ?? 0;
    const carry = carries[perp] ?? NaN;
    const long = ((bids[perp] ?? NaN) - (asks[spot] ?? NaN)) / (asks[spot] ?? NaN);
    const centre = centres[pair] ?? NaN;
    if (sidePasses(pair, long, long - centre, carry, 1)) return true;
    const short = ((bids[spot] ?? NaN) - (asks[perp] ?? NaN)) / (bids[spot] ?? NaN);
    return bounds.shortSpot && sidePasses(pair, short, short + centre, -carry, -1);
  }

  function sidePasses(pair: number, signedBasis: number, gap: number, carry: number, side: 1 | -1): boolean {
    const kind = kinds[pair] ?? 0;
    // What a loan costs, and what it takes of the account, is left out: the doubt is the pair's.
    const spotCapital = side === -1 && bounds.isLent ? 0 : 1;
    const capital = spotCapital + (1 + side * signedBasis) * (margin[pair] ?? NaN);
    const fee = fees[pair] ?? NaN;
    if ((kind & 2) !== 0 && bounds.onCarry !== null && carry - fee > bounds.onCarry * capital - doubt) {
      return signedBasis === signedBasis;
    }
    if ((kind & 1) === 0 || !(gap > bounds.entry - doubt)) return false;
    const gain = gap - Math.min(bounds.exit, gap);
    return bounds.anyReturn ? carry === carry : gain + carry - fee > bounds.onCapital * capital - doubt;
  }

  const found = (candidates: Iterable<number>): Pair[] => {
    const passed: Pair[] = [];
    for (const index of candidates) {
      const pair = passes(index) ? pairs[index] : undefined;
      if (pair !== undefined) passed.push(pair);
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
  };
}
