/** What an order came to that its venue definitely did not take. */
import type { SubmitOutcome } from '../order.ts';
import type { OrderResolution } from './observation.ts';
import { noFills } from './received.ts';

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
  if (isUnmatched === true) return { kind: 'done', ...noFills };
  return {
    kind: 'not_executed',
    reason: `${venue} refused it: ${reason} (${code})`,
    retryable: retryAfterMs !== null,
    retryAfterMs,
  };
}
