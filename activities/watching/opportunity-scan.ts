/** Looks over all pairs for candidates, and reports the best three: at the scan interval, and at once on a crossing. */
import { decimal, type Decimal, type DecimalText } from '../../src/domain/decimal.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { FundingOutlook } from '../../src/domain/carry.ts';
import { pegRefusal, type PegOf } from '../../src/domain/peg.ts';
import { shallowQuote, type Candidate, type OpportunityReport } from '../../src/strategy/candidate.ts';
import { evaluatePair, type ApprovedSide } from '../../src/strategy/evaluate.ts';
import { coinsOf, type LoanOffer, type Pair, type StrategyRules } from '../../src/strategy/pair.ts';
import { rank, riskScore } from '../../src/strategy/rank.ts';
import { createScreen } from '../../src/strategy/screen.ts';

const reportedCandidates = 3;

export interface ScanTerms {
  readonly pairs: readonly Pair[];
  readonly rules: StrategyRules;
  /** The notional that a pair is evaluated for. */
  readonly notionalUsd: Decimal;
  /** Wall time between two reports while candidates last. */
  readonly scanIntervalMs: number;
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
   * The report that is due now, or null: nothing to report, or reported a moment ago.
   * @param changed only its pairs are looked at again, and the rest only when one of them is new; null: all
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
  let reportedAtMs = 0;
  let standing = new Set<string>();

  return {
    scan(market, nowWallMs, nowMarketMs, changed = null) {
      const evaluate = (pairs: readonly Pair[], found: Map<string, Candidate>): ApprovedSide[] =>
        pairs.flatMap((pair) => sidesOf(pair, terms, market, nowWallMs, nowMarketMs, found));
      if (changed !== null && !isCrossed(changed, market, evaluate, nowMarketMs)) return null;
      refresh(market, nowMarketMs);
      const found = new Map<string, Candidate>();
      const approved = evaluate(screen.passing(), found);
      const names = new Set(approved.map(nameOf));
      const crossing = changed !== null || [...names].some((name) => !standing.has(name));
      standing = names;
      if (approved.length === 0) return null;
      if (!crossing && nowWallMs - reportedAtMs < terms.scanIntervalMs) return null;
      reportedAtMs = nowWallMs;
      const candidates = rank(approved, ({ pair: { pairId, spot, perp } }) =>
        riskScore(spot.instrument.venue, perp.instrument.venue, market.multiplier(pairId)),
      )
        .slice(0, reportedCandidates)
        .flatMap((side) => found.get(nameOf(side)) ?? []);
      return { candidates, observedAtMs: nowWallMs };
    },
  };

  /** Whether a side of the changed market's pairs is worth opening that was not before. */
  function isCrossed(
    quote: Quote,
    market: ScanMarket,
    evaluate: (pairs: readonly Pair[], found: Map<string, Candidate>) => ApprovedSide[],
    nowMarketMs: number,
  ): boolean {
    const { venue, symbol } = quote;
    screen.update(quote);
    for (const { pairId, perp } of screen.pairsAt(venue, symbol)) {
      setOutlook(perp.instrument, market, nowMarketMs);
      setCentre(pairId, market);
    }
    return evaluate(screen.passingAt(venue, symbol), new Map()).some((side) => !standing.has(nameOf(side)));
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

function sidesOf(
  pair: Pair,
  terms: ScanTerms,
  market: ScanMarket,
  nowWallMs: number,
  nowMarketMs: number,
  found: Map<string, Candidate>,
): ApprovedSide[] {
  if (market.isTaken(pair.pairId) || pegRefusal(market.pegOf, coinsOf(pair)) !== null) return [];
  const { spot, perp } = pair;
  const spotQuote = market.quote(spot.instrument.venue, spot.instrument.symbol);
  const perpQuote = market.quote(perp.instrument.venue, perp.instrument.symbol);
  const funding = market.outlook(perp.instrument.venue, perp.instrument.symbol);
  if (spotQuote === undefined || perpQuote === undefined || funding === null) return [];
  const centreBps = terms.rules.centre === 'median' ? market.centre(pair.pairId) : null;
  const loan = market.loan(spot.account, spot.instrument.base);
  const shown = { spotQuote, perpQuote, funding, centreBps, loan, nowWallMs, nowMarketMs };
  return evaluatePair(pair, terms.rules, shown, terms.notionalUsd).flatMap((side) => {
    if (side.kind === 'refused') return [];
    found.set(nameOf(side), {
      pair,
      direction: side.direction,
      enteredFor: side.enteredFor,
      spotQuote: shallowQuote(spotQuote),
      perpQuote: shallowQuote(perpQuote),
      funding,
      centreBps,
      ...(side.borrow === undefined ? {} : { loan }),
      signedBasisBps: side.basis.signedBasisBps.toFixed(4),
      netApyPct: side.expected.apyPct.toFixed(2),
    });
    return [side];
  });
}

function nameOf({ pair, direction, enteredFor }: ApprovedSide): string {
  return `${pair.pairId} ${direction} ${enteredFor}`;
}

export function scanTerms(terms: Omit<ScanTerms, 'notionalUsd'> & { readonly notionalUsd: string }): ScanTerms {
  return { ...terms, notionalUsd: decimal(terms.notionalUsd) };
}
