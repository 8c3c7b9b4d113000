/** Looks over all pairs for candidates, and reports the best three: at an interval, and at once on a crossing. */
import { approximate, type Decimal, type DecimalText } from '../../src/domain/decimal.ts';
import { staleness } from '../../src/domain/freshness.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { FundingOutlook } from '../../src/domain/carry.ts';
import { pegRefusal, type PegOf } from '../../src/domain/peg.ts';
import { bestSides, type Rating } from '../../src/strategy/best-sides.ts';
import { shallowQuote, type Candidate, type OpportunityReport } from '../../src/strategy/candidate.ts';
import type { ApprovedSide } from '../../src/strategy/evaluate.ts';
import { directions, evaluatePair, type ScanSizing } from '../../src/strategy/evaluate-pair.ts';
import { coinsOf, type LoanOffer, type Pair, type PairMarket, type StrategyRules } from '../../src/strategy/pair.ts';
import { rating, riskScore } from '../../src/strategy/rank.ts';
import { createScreen, longSide, shortSide, type Passing } from '../../src/strategy/screen.ts';
import type { Direction } from '../../src/domain/direction.ts';

const reportedCandidates = 3;

export interface ScanTerms {
  readonly pairs: readonly Pair[];
  readonly rules: StrategyRules;
  /** A pair is evaluated for as much as its order books allow of what is wanted. */
  readonly sizing: ScanSizing;
  /** Wall time between two looks at everything while candidates last: they are reported again. */
  readonly scanIntervalMs: number;
  /** The same while there are none. */
  readonly idleScanIntervalMs: number;
}

export interface ScanMarket {
  quote(venue: string, symbol: string): Quote | undefined;
  outlook(venue: string, symbol: string): FundingOutlook | null;
  /** A pair whose position is open is not looked at. */
  isTaken(pairId: string): boolean;
  readonly pegOf: PegOf;
  /** The pair's median basis in bps; null: not known. */
  centre(pairId: string): DecimalText | null;
  /** Of the pair's risk score, by how wild its basis is. */
  multiplier(pairId: string): Decimal;
  /** What an account can borrow of a coin; null: not known. */
  loan(account: string, coin: string): LoanOffer | null;
}

export interface OpportunityScan {
  /**
   * The report that is due now, or null: nothing to report, or looked a moment ago.
   * @param changed only its pairs are looked at, and the rest only when one of them comes among the best; null: all, when
   * it is time
   */
  scan(market: ScanMarket, nowWallMs: number, nowMarketMs: number, changed?: Quote | null): OpportunityReport | null;
}

export function createOpportunityScan(terms: ScanTerms): OpportunityScan {
  const screen = createScreen(terms.pairs, terms.rules);
  const markets = new Map(
    terms.pairs.flatMap(({ spot, perp }) =>
      [spot.instrument, perp.instrument].map((one) => [`${one.venue} ${one.symbol}`, one] as const),
    ),
  );
  const perpetuals = new Map(
    terms.pairs.map(({ perp }) => [`${perp.instrument.venue} ${perp.instrument.symbol}`, perp.instrument]),
  );
  let lookedAtMs = -Infinity;
  /** The sides that were reported, by pair, whose prices still allow them. */
  let standing = new Map<string, number>();
  /** Of the last of them; what cannot be rated as high would not be reported. */
  let leastRating = -Infinity;
  /** Each decimal made a float once. */
  const floats = new WeakMap<Decimal, number>();

  return {
    scan(market, nowWallMs, nowMarketMs, changed = null) {
      const approvedOf = ({ pair, sides: passed }: Passing): ApprovedSide[] => {
        const shown = marketOf(pair, terms.rules, market, nowWallMs, nowMarketMs);
        if (shown === null) return [];
        const sides = evaluatePair(pair, terms.rules, shown, terms.sizing, directionsOf(passed));
        return sides.filter((side) => side.kind === 'approved');
      };
      const by = ratingBy(market);
      if (changed !== null ? !isCrossed(changed, market, approvedOf, by, nowMarketMs) : !isDue(nowWallMs)) return null;
      refresh(market, nowMarketMs);
      const found = bestSides(screen.passing(), approvedOf, by, reportedCandidates);
      lookedAtMs = nowWallMs;
      standing = new Map();
      for (const { pair, direction } of found.best) {
        standing.set(pair.pairId, (standing.get(pair.pairId) ?? 0) | bitOf(direction));
      }
      leastRating = found.leastRating;
      const candidates = found.best.flatMap((side) => candidateOf(side, terms.rules, market));
      return candidates.length === 0 ? null : { candidates, observedAtMs: nowWallMs };
    },
  };

  function ratingBy(market: ScanMarket): Rating {
    const floatOf = (multiplier: Decimal): number => {
      const float = floats.get(multiplier) ?? approximate(multiplier);
      floats.set(multiplier, float);
      return float;
    };
    return {
      scoreOf: ({ pair: { pairId, spot, perp } }) =>
        riskScore(spot.instrument.venue, perp.instrument.venue, market.multiplier(pairId)),
      mostOf: ({ pair, mostRating }) => mostRating / floatOf(market.multiplier(pair.pairId)),
    };
  }

  function isDue(nowWallMs: number): boolean {
    return nowWallMs - lookedAtMs >= (standing.size > 0 ? terms.scanIntervalMs : terms.idleScanIntervalMs);
  }

  /** Whether a side of the changed market's pairs comes among the best that was not reported as one. */
  function isCrossed(
    { venue, symbol, ...sides }: Quote,
    market: ScanMarket,
    approvedOf: (passing: Passing) => readonly ApprovedSide[],
    { scoreOf, mostOf }: Rating,
    nowMarketMs: number,
  ): boolean {
    screen.update({ venue, symbol, ...sides });
    const pairs = screen.pairsAt(venue, symbol);
    for (const { pairId, perp } of pairs) {
      setOutlook(perp.instrument, market, nowMarketMs);
      setCentre(pairId, market);
    }
    const passing = screen.passingAt(venue, symbol);
    if (standing.size > 0) forget(pairs, new Map(passing.map((one) => [one.pair.pairId, one.sides])));
    return passing.some((one) => {
      const { pair, sides: passed } = one;
      const fresh = passed & ~(standing.get(pair.pairId) ?? 0);
      if (fresh === 0 || mostOf(one) < leastRating) return false;
      return approvedOf({ ...one, sides: fresh }).some((side) => approximate(rating(side, scoreOf)) > leastRating);
    });
  }

  /** What no longer passes crosses again when it comes back. */
  function forget(pairs: readonly Pair[], passed: ReadonlyMap<string, number>): void {
    for (const { pairId } of pairs) {
      const stood = standing.get(pairId) ?? 0;
      const stands = stood & (passed.get(pairId) ?? 0);
      if (stands === stood) continue;
      if (stands === 0) standing.delete(pairId);
      else standing.set(pairId, stands);
      // There is room again.
      leastRating = -Infinity;
    }
  }

  function refresh(market: ScanMarket, nowMarketMs: number): void {
    for (const { venue, symbol } of markets.values()) {
      const quote = market.quote(venue, symbol);
      if (quote !== undefined) screen.update(quote);
    }
    for (const perpetual of perpetuals.values()) setOutlook(perpetual, market, nowMarketMs);
    for (const { pairId } of terms.pairs) setCentre(pairId, market);
  }

  function setCentre(pairId: string, market: ScanMarket): void {
    if (terms.rules.centre === 'median') screen.setCentre(pairId, market.centre(pairId));
  }

  function setOutlook(
    { venue, symbol }: { readonly venue: string; readonly symbol: string },
    market: ScanMarket,
    nowMarketMs: number,
  ): void {
    screen.setOutlook(venue, symbol, market.outlook(venue, symbol), nowMarketMs);
  }
}

function bitOf(direction: Direction): number {
  return direction === 'long_spot_short_perp' ? longSide : shortSide;
}

function directionsOf(sides: number): Direction[] {
  return directions.filter((direction) => (sides & bitOf(direction)) !== 0);
}

/** Null where nothing is to be looked at: a position is open, a peg is in doubt, or a quote is missing or old. */
function marketOf(
  pair: Pair,
  rules: StrategyRules,
  market: ScanMarket,
  nowWallMs: number,
  nowMarketMs: number,
): PairMarket | null {
  const { spot, perp } = pair;
  const spotQuote = market.quote(spot.instrument.venue, spot.instrument.symbol);
  const perpQuote = market.quote(perp.instrument.venue, perp.instrument.symbol);
  const funding = market.outlook(perp.instrument.venue, perp.instrument.symbol);
  if (spotQuote === undefined || perpQuote === undefined || funding === null) return null;
  if (staleness(spotQuote, perpQuote, nowWallMs) !== null) return null;
  if (market.isTaken(pair.pairId) || pegRefusal(market.pegOf, coinsOf(pair)) !== null) return null;
  return {
    // What a candidate carries, so that admission sees no other order books than these.
    spotQuote: shallowQuote(spotQuote),
    perpQuote: shallowQuote(perpQuote),
    funding,
    centreBps: centreOf(pair, rules, market),
    loan: loanOf(pair, market),
    nowWallMs,
    nowMarketMs,
  };
}

function centreOf({ pairId }: Pair, rules: StrategyRules, market: ScanMarket): DecimalText | null {
  return rules.centre === 'median' ? market.centre(pairId) : null;
}

function loanOf({ spot }: Pair, market: ScanMarket): LoanOffer | null {
  return market.loan(spot.account, spot.instrument.base);
}

function candidateOf(
  { pair, direction, enteredFor, basis, expected, borrow }: ApprovedSide,
  rules: StrategyRules,
  market: ScanMarket,
): Candidate[] {
  const spotQuote = market.quote(pair.spot.instrument.venue, pair.spot.instrument.symbol);
  const perpQuote = market.quote(pair.perp.instrument.venue, pair.perp.instrument.symbol);
  const funding = market.outlook(pair.perp.instrument.venue, pair.perp.instrument.symbol);
  if (spotQuote === undefined || perpQuote === undefined || funding === null) return [];
  return [
    {
      pair,
      direction,
      enteredFor,
      spotQuote: shallowQuote(spotQuote),
      perpQuote: shallowQuote(perpQuote),
      funding,
      centreBps: centreOf(pair, rules, market),
      ...(borrow === undefined ? {} : { loan: loanOf(pair, market) }),
      signedBasisBps: basis.signedBasisBps.toFixed(4),
      netApyPct: expected.apyPct.toFixed(2),
    },
  ];
}
