/** What a reconciliation found: venue truth against the ledger, seen twice before it counts. Plain JSON. */
import type { Finding } from './comparison.ts';
import type { PositionStatus } from '../position.ts';

/** A position that holds, or may hold, exposure, and that no running workflow looks after. */
export interface Orphan {
  readonly key: string;
  readonly status: PositionStatus;
  /** How its workflow ended: `terminated`, `failed`, `not found`, … */
  readonly workflow: string;
  /** What was done: nothing, or started again to bring it to zero, where the configuration says so. */
  readonly action: 'reported' | 'flattening';
}

/** What was safe to put right, and was. */
export interface Healed {
  readonly kind: 'fill_booked' | 'funding_booked' | 'reservation_released' | 'watch_evaluated';
  readonly subject: string;
  readonly detail: string;
}

export interface ReconciliationReport {
  /** Wall time of its start. */
  readonly atWallMs: number;
  readonly isClean: boolean;
  /** Seen in both passes. */
  readonly findings: readonly Finding[];
  readonly orphans: readonly Orphan[];
  readonly healed: readonly Healed[];
}

/**
 * What two passes saw alike, since a difference that only one of them saw was something on its way; and before it the
 * accounts that one of them could not compare, whatever the other saw of them.
 */
export function seenTwice(first: readonly Finding[], second: readonly Finding[]): Finding[] {
  const known = new Set(first.map(identityOf));
  const alike = second.filter((finding) => !isMissed(finding) && known.has(identityOf(finding)));
  const missed = new Map([...first, ...second].filter(isMissed).map((finding) => [finding.account, finding]));
  return [...missed.values(), ...alike];
}

/** Of an account that could not be compared. */
export function isMissed({ kind }: Finding): boolean {
  return kind === 'not_compared';
}

function identityOf({ kind, account, positionKey, detail }: Finding): string {
  return JSON.stringify([kind, account, positionKey, detail]);
}
