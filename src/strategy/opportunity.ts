/** What the watcher tells the engine: the sides worth opening, best first, as plain JSON. */
import { decimal, roundTo, toText, type DecimalText } from '../domain/decimal.ts';
import type { Direction } from '../domain/position.ts';
import type { ApprovedSide, SideEvaluation } from './evaluate.ts';
import { rank } from './rank.ts';

/** A side that passed every rule when it was observed. It is evaluated again, on fresh order books, when admitted. */
export interface Opportunity {
  readonly pairId: string;
  readonly asset: string;
  readonly spotVenue: string;
  readonly perpVenue: string;
  readonly direction: Direction;
  /** s·B_open, executable for the evaluated size. */
  readonly signedBasisBps: DecimalText;
  readonly requiredBasisBps: DecimalText;
  /** Expected over the horizon after four fees, in bps of spot notional. */
  readonly netBps: DecimalText;
  /** On capital, compounded over 365 days. */
  readonly netApyPct: DecimalText;
}

export interface OpportunityReport {
  /** Wall time of the order books. */
  readonly observedAtMs: number;
  /** Best first. */
  readonly opportunities: readonly Opportunity[];
}

/** The best `most` of the evaluated sides; those refused are left out. */
export function reportOpportunities(
  evaluations: readonly SideEvaluation[],
  observedAtMs: number,
  most = 3,
): OpportunityReport {
  const approved = evaluations.filter((evaluation) => evaluation.kind === 'approved');
  return { observedAtMs, opportunities: rank(approved).slice(0, most).map(toOpportunity) };
}

export function toOpportunity(side: ApprovedSide): Opportunity {
  const { pair, basis, expected } = side;
  return {
    pairId: pair.pairId,
    asset: pair.asset,
    spotVenue: pair.spot.instrument.venue,
    perpVenue: pair.perp.instrument.venue,
    direction: side.direction,
    signedBasisBps: toText(roundTo(basis.signedBasisBps, 4, 'half_even')),
    requiredBasisBps: toText(roundTo(side.requiredBasisBps, 4, 'up')),
    netBps: toText(roundTo(expected.net.times(decimal('10000')), 4, 'half_even')),
    netApyPct: toText(roundTo(expected.apyPct, 4, 'half_even')),
  };
}
