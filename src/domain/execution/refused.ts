/** What an order came to that its venue definitely did not take. */
import type { SubmitOutcome } from '../order.ts';
import type { OrderResolution } from './observation.ts';
import { noFills } from './received.ts';

const unmatched: OrderResolution = { kind: 'done', ...noFills };
/** What the ledger has noted of a refusal begins so where the order found nothing to take within its limit. */
const unmatchedPrefix = 'nothing to take within its limit: ';

export type Refusal = Extract<SubmitOutcome, { kind: 'not_sent' | 'rejected' }>;

/**
 * Some venues refuse an order that finds nothing to take within its limit, where others take it and end it without a fill.
 * It counts as the latter, so that the next one reaches further.
 */
export function refusedResolution(venue: string, outcome: Refusal): OrderResolution {
  if (outcome.kind === 'not_sent') {
    return { kind: 'not_executed', reason: outcome.reason, retryable: true, retryAfterMs: null };
  }
  const { reason, code, retryAfterMs, isUnmatched } = outcome;
  if (isUnmatched === true) return unmatched;
  return {
    kind: 'not_executed',
    reason: `${venue} refused it: ${reason} (${code})`,
    retryable: retryAfterMs !== null,
    retryAfterMs,
  };
}

/** Why an order was not taken, for the ledger, which whoever takes over reads by `recordedRefusal`. */
export function refusalReason(outcome: Refusal): string {
  if (outcome.kind === 'not_sent') return outcome.reason;
  const { reason, code, isUnmatched } = outcome;
  return `${isUnmatched === true ? unmatchedPrefix : ''}${reason} (${code})`;
}

/** What an order came to that the ledger has as not taken. */
export function recordedRefusal(reason: string): OrderResolution {
  if (reason.startsWith(unmatchedPrefix)) return unmatched;
  return { kind: 'not_executed', reason, retryable: true, retryAfterMs: null };
}
