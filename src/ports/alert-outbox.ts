/**
 * What people are still to be told, in the ledger. It is drained by one process at a time, and survives every restart:
 * a delivery is pending until its target has taken it. Methods throw `LedgerUnavailable`, like those of the ledger.
 */
import type { DecimalText } from '../domain/decimal.ts';
import type { PositionPlan } from '../domain/position.ts';
import type { Alert, Severity } from './alerts.ts';
import type { PositionRow } from './ledger.ts';

/** Who is told, of what. */
export interface TargetTerms {
  readonly name: string;
  /** The least severe that it is told of. */
  readonly minSeverity: Severity;
}

/** `raised` and `resolved` of what stands for a while; `happened` of a notice. */
export type DeliveryPhase = 'raised' | 'resolved' | 'happened';

/** One alert's beginning or end, for one target. */
export interface Delivery extends Alert {
  readonly id: string;
  /** Of the alert: its beginning and its end share it, over all targets. */
  readonly alertId: string;
  readonly phase: DeliveryPhase;
  readonly raisedAtMs: number;
  readonly resolvedAtMs: number | null;
  /** How often it was raised. */
  readonly count: number;
  /** Sends begun before; above zero it may have arrived already. */
  readonly attempts: number;
}

/** Something that happened, and does not stand. Its key is told once, ever. */
export interface Notice extends Alert {
  readonly atMs: number;
}

/** How a target fares. */
export interface TargetState {
  readonly name: string;
  /** In a row, since it last took something. */
  readonly failures: number;
  readonly failingSinceMs: number | null;
  readonly pausedUntilMs: number | null;
  readonly lastError: string | null;
  readonly lastSentAtMs: number | null;
  readonly pending: number;
}

export interface TargetFailure {
  readonly error: string;
  readonly nowMs: number;
  readonly pausedUntilMs: number;
}

/** What only the process that holds the outbox may do. */
export interface HeldOutbox {
  /** Positions whose opening or end nobody has been told of, oldest first. */
  untoldPositions(limit: number): Promise<PositionRow[]>;
  /** Writes the notices of a position as it was read; repeated: nothing. */
  recordNotices(position: PositionRow, notices: readonly Notice[]): Promise<void>;
  /** Makes deliveries of what is new and of what is over. Whatever was told of a beginning is told of the end. */
  plan(targets: readonly TargetTerms[], nowMs: number): Promise<void>;
  /** Pending, oldest first. */
  pending(target: string, limit: number): Promise<Delivery[]>;
  /** A send of these begins. */
  attempted(ids: readonly string[]): Promise<void>;
  sent(target: string, ids: readonly string[], nowMs: number): Promise<void>;
  failed(target: string, failure: TargetFailure): Promise<void>;
  state(target: string): Promise<TargetState>;
}

/**
 * What the fills of a position that has not ended come to: signed base units, fees in the coin taken off. What it sold
 * from inventory for good is no leg any more.
 */
export interface LegHoldings {
  readonly plan: PositionPlan;
  readonly spotBase: DecimalText;
  readonly perpBase: DecimalText;
}

/** An alert that was told past the ledger, while that could not be reached. */
export interface Outage extends Alert {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Targets that know of its beginning. */
  readonly told: readonly string[];
}

export interface AlertOutbox {
  /** Runs the body while this process alone holds the outbox; `busy`: another one does. Lost, the body's calls throw. */
  hold<T>(body: (held: HeldOutbox) => Promise<T>): Promise<T | 'busy'>;
  /** Whether the ledger answers at all. */
  probe(): Promise<void>;
  recordOutage(outage: Outage): Promise<void>;
  /** Of positions with fills. */
  legsOfLive(): Promise<LegHoldings[]>;
  /** Of these targets, and of every other that something is pending for. */
  states(targets: readonly string[]): Promise<TargetState[]>;
  close(): Promise<void>;
}
