/**
 * An opportunity as it crosses from the watcher to admission: plain JSON, with the quotes that it was seen on, so that
 * admission sizes and plans it from the same prices.
 */
import type { FundingOutlook } from '../domain/carry.ts';
import type { DecimalText } from '../domain/decimal.ts';
import type { PositionKind } from '../domain/position.ts';
import type { Quote } from '../domain/quote.ts';
import type { LoanOffer, Pair } from './pair.ts';
import type { Direction } from '../domain/direction.ts';

export interface Candidate {
  readonly pair: Pair;
  readonly direction: Direction;
  /** What it would be entered for; `basis` where it is not said. */
  readonly enteredFor?: PositionKind;
  readonly spotQuote: Quote;
  readonly perpQuote: Quote;
  readonly funding: FundingOutlook;
  /** The pair's median basis; null: not known. */
  readonly centreBps?: DecimalText | null;
  /** Of a short side whose spot is borrowed. */
  readonly loan?: LoanOffer | null;
  /** s·B_open of the size that it was seen for, in bps. */
  readonly signedBasisBps: DecimalText;
  readonly netApyPct: DecimalText;
}

/** The best candidates of one scan, best first. */
export interface OpportunityReport {
  readonly candidates: readonly Candidate[];
  /** Wall time. */
  readonly observedAtMs: number;
}

/** Levels of a quote that a candidate carries: more would only make its payload larger. */
export const candidateLevels = 20;

export function shallowQuote(quote: Quote): Quote {
  return { ...quote, bids: quote.bids.slice(0, candidateLevels), asks: quote.asks.slice(0, candidateLevels) };
}
