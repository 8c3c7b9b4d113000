/** Capital set aside for a position before its first order, and the limits that it is tested against. */
import type { DecimalText } from '../decimal.ts';
import type { OrderIntent } from '../order.ts';
import type { PortfolioLimits } from './limits.ts';
import type { PositionPlan } from '../position.ts';
import type { CapitalNeed } from './capital-need.ts';

export interface ReservationLimits {
  readonly maxPositionUsd: DecimalText;
  /** Of everything between the two exchanges, whichever has the spot leg. */
  readonly maxPairUsd: DecimalText;
  /** The engine holds at most one position a pair; a person may hold more, under the caps. */
  readonly onePositionPerPair: boolean;
  /**
   * Market time since the same pair and side last closed, or was taken back after it had traded, within which it is not
   * opened again; 0 for none.
   */
  readonly reentryCooldownMs: number;
  /** Account readings older than this (wall time) refuse the reservation: what is free is then unknown. */
  readonly maxReadingAgeMs: number;
  /** A person insists on this one although the book is halted. */
  readonly duringHalt?: boolean;
  /** The limits on everything that is held; plans reserved before there were any have none. */
  readonly portfolio?: PortfolioLimits;
}

export interface ReservationRequest {
  readonly plan: PositionPlan;
  readonly workflowId: string;
  readonly limits: ReservationLimits;
  /** Free balance or margin that the opening orders need; both legs. */
  readonly needs: readonly CapitalNeed[];
  readonly source: 'engine' | 'client';
  readonly nowWallMs: number;
  readonly nowMarketMs: number;
}

/** Opening in one transaction: the reservation and the intents of both legs. */
export interface OpeningRequest extends ReservationRequest {
  readonly intents: readonly OrderIntent[];
}

export type ReservationResult =
  | { readonly kind: 'reserved' }
  | {
      readonly kind: 'refused';
      /** Every limit that stands against it, in words that name the limit and the figures. */
      readonly reasons: readonly string[];
      /** Why the book is halted; absent: it is not. */
      readonly haltReason?: string;
    };
