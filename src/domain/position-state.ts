/**
 * The states of a position, in-flight ones included. The state is the workflow's input: continuing as new is calling
 * the workflow with the state it is in.
 *
 * reserving → opening → hedged → closing → closed, and compensating → aborted; stuck needs a person.
 */
import type { BuiltLegs } from './execution/legs.ts';
import type { OrderObservation } from './execution/observation.ts';
import type { DecimalText } from './decimal.ts';
import type { ClockAnchor } from './market-clock.ts';
import type { LegName } from './order.ts';
import type { Attribution } from './pnl.ts';
import type { ExitReason, PositionPlan, PositionStatus } from './position.ts';
import type { ReservationLimits } from './portfolio/reservation.ts';
import type { LegPrices } from './watch.ts';
import type { CapitalNeed } from './portfolio/capital-need.ts';

/** Why a position is being closed, decided once. */
export interface CloseRequest {
  readonly reason: ExitReason;
  readonly detail: string;
  /** Wall time at which the reason was seen. */
  readonly observedAtMs: number;
  /** Executable closing prices at the decision; null when none were read. */
  readonly prices: LegPrices | null;
  /** The perpetual alone is closed: what the spot leg sold from inventory stays sold. */
  readonly keepsQuote?: true;
}

/** The legs that a close, or an unwind, brings to zero. */
export function legsToClose(close: Pick<CloseRequest, 'keepsQuote'> | null): readonly LegName[] {
  return close?.keepsQuote === true ? ['perp'] : ['spot', 'perp'];
}

/** What the open came to. */
export interface HedgedLegs extends BuiltLegs {
  readonly hedgedAtWallMs: number;
  readonly hedgedAtMarketMs: number;
  /** Of the last reduction. */
  readonly reducedAtWallMs?: number;
}

/** Why both legs are reduced, and to which share of what they hold. */
export interface ReductionRequest {
  readonly detail: string;
  /** From 0 to 1. */
  readonly keepShare: DecimalText;
  /** Executable closing prices at the decision; null when none were read. */
  readonly prices: LegPrices | null;
}

export type PositionState =
  | { readonly kind: 'reserving' }
  | { readonly kind: 'opening'; readonly sentAtMs: number | null; readonly latchedClose: CloseRequest | null }
  | { readonly kind: 'hedged'; readonly legs: HedgedLegs; readonly spentDecisionIds: readonly string[] }
  | { readonly kind: 'closing'; readonly legs: HedgedLegs; readonly close: CloseRequest }
  | { readonly kind: 'compensating'; readonly reason: string }
  | { readonly kind: 'stuck'; readonly from: StuckFrom; readonly reason: string }
  | {
      readonly kind: 'closed';
      readonly exitReason: ExitReason;
      readonly attribution: Attribution;
      /** What the spot leg sold from inventory stays sold. */
      readonly keepsQuote?: true;
    }
  | { readonly kind: 'aborted'; readonly reason: string };

/** How a position can end. */
export type PositionResult = Extract<PositionState, { kind: 'closed' | 'aborted' }>;

/** Where a stuck position returns to when it is retried. */
export type StuckFrom =
  | { readonly kind: 'closing'; readonly legs: HedgedLegs; readonly close: CloseRequest }
  | { readonly kind: 'compensating'; readonly reason: string };

/** Input of the position workflow, and of its continuation. */
export interface PositionInput {
  readonly plan: PositionPlan;
  readonly anchor: ClockAnchor;
  readonly limits: ReservationLimits;
  readonly needs: readonly CapitalNeed[];
  readonly source: 'engine' | 'client';
  readonly shard: string;
  /** Where it stands: at its start, or where its predecessor continued as new. */
  readonly state: Extract<PositionState, { kind: 'reserving' | 'hedged' | 'stuck' }>;
  /** Every order decided so far with what is known of it. */
  readonly orders: readonly OrderObservation[];
}

/** What the query `position` answers. */
export interface PositionView {
  readonly key: string;
  readonly status: PositionStatus;
  readonly plan: PositionPlan;
  readonly state: PositionState;
  readonly orders: readonly OrderObservation[];
}
