/** What the exit rules look at, and what they answer. */
import type { ExecutableBasis } from '../basis.ts';
import type { MarginState } from '../margin/borrow.ts';
import { decimal, type Decimal, type DecimalText } from '../decimal.ts';
import { kindOf, sideOf, type ExitReason, type PositionKind } from '../position.ts';
import type { PegOf } from '../peg.ts';
import type { UnrealisedPnl } from '../pnl.ts';
import type { Quote } from '../quote.ts';
import type { Watch } from '../watch.ts';

/** What the perpetual's account last said of the position in it. */
export interface PerpReading {
  /** Null where the venue says that nothing can be liquidated. */
  readonly liquidationPrice: DecimalText | null;
  readonly markPrice: DecimalText | null;
  /** Wall time. */
  readonly readAtMs: number;
}

/** What the account of a borrowed spot leg last said of itself. */
export interface MarginReading {
  /** Null where it said nothing of loans. */
  readonly state: MarginState | null;
  /** Wall time. */
  readonly readAtMs: number;
}

/** What closing now would come to. */
export interface Closing {
  readonly close: ExecutableBasis;
  /** s·B of a fresh opening of the same size, in bps; null where the order books do not hold it. */
  readonly signedOpenBasisBps: Decimal | null;
  /** The order books hold less than the position; null when they hold all of it. */
  readonly shortDepth: string | null;
  readonly pnl: UnrealisedPnl;
  /** Wall time for which the ratio has been at the stop. */
  readonly stopHeldForMs: number;
}

export interface Seen {
  readonly watch: Watch;
  readonly nowWallMs: number;
  /** Market time since `hedged`. */
  readonly heldForMs: number;
  readonly spotQuote: Quote | null;
  readonly perpQuote: Quote | null;
  /** Since when a leg without a quote has been watched for one; null for whoever does not watch. */
  readonly watchedSinceWallMs: number | null;
  /** Null while the quotes cannot be evaluated together. */
  readonly closing: Closing | null;
  /** s·Σ r̂ ahead of the position less its interest, as a fraction of notional; null while a rate of them is not known. */
  readonly expectedCarry: Decimal | null;
  readonly pegOf: PegOf;
  /** Null before the first reading. */
  readonly perpReading: PerpReading | null;
  /** Of a borrowed spot leg; null before the first reading, and for any other. */
  readonly margin: MarginReading | null;
  readonly tapeEnded: boolean;
}

export type RuleAnswer =
  /** `keepsQuote`: the perpetual alone is closed, and what was sold on spot stays sold. */
  | { readonly kind: 'leave'; readonly detail: string; readonly keepsQuote?: true }
  /** Not closed: both legs are reduced to this share of what they hold, from 0 to 1. */
  | { readonly kind: 'reduce'; readonly detail: string; readonly keepShare: DecimalText }
  /** Nothing to close for, but for a person to know, for as long as it holds. */
  | { readonly kind: 'concern'; readonly concern: Concern };

/** With the position's key, the identity of the alert. */
export const concernNames = ['depeg_held', 'venue_down', 'margin_unread', 'loan_unread', 'funding_flip'] as const;

export interface Concern {
  readonly name: (typeof concernNames)[number];
  readonly severity: 'warning' | 'critical';
  readonly message: string;
}

export interface ExitRule {
  readonly reason: ExitReason;
  readonly look: (seen: Seen) => RuleAnswer | null;
}

export function leave(detail: string): RuleAnswer {
  return { kind: 'leave', detail };
}

export function leaveKeepingQuote(detail: string): RuleAnswer {
  return { kind: 'leave', detail, keepsQuote: true };
}

export function concern(name: Concern['name'], severity: Concern['severity'], message: string): RuleAnswer {
  return { kind: 'concern', concern: { name, severity, message } };
}

export function kindOfWatch({ watch }: Seen): PositionKind {
  return kindOf(watch.plan);
}

/** s·(B − m) of an s·B, in bps: the gap, measured from the centre that the entry was measured from. */
export function gapBps({ plan }: Watch, signedBasisBps: Decimal): Decimal {
  const centre = decimal(plan.exits.centreBps ?? '0');
  return sideOf(plan.direction) === 1 ? signedBasisBps.minus(centre) : signedBasisBps.plus(centre);
}

/** What the gap is the size of, in words. */
export function gapName({ plan }: Watch): string {
  return plan.exits.centreBps === undefined ? 'B_close' : '(B_close − m)';
}

export function hours(ms: number): string {
  return (ms / 3_600_000).toFixed(1);
}
