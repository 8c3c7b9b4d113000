/** Port errors as Temporal failures, split by what the retry policy should do about them. */
import { ApplicationFailure } from '@temporalio/activity';
import { LedgerUnavailable } from '../src/ports/ledger.ts';
import { VenueError } from '../src/ports/venue.ts';

/** Runs an activity's body; what a port throws becomes a failure that says whether, and when, to try again. */
export async function withFailures<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof VenueError) {
      throw ApplicationFailure.create({
        type: `venue_${error.kind}`,
        message: error.message,
        nonRetryable: !error.retryable,
        ...(error.retryAfterMs === null ? {} : { nextRetryDelay: error.retryAfterMs }),
      });
    }
    if (error instanceof LedgerUnavailable) {
      throw ApplicationFailure.create({ type: 'ledger_unavailable', message: error.message });
    }
    throw error;
  }
}

/** Not an error: the answer is not there yet. Shown quietly, tried again after `delayMs`. */
export function notYet(type: string, message: string, delayMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nextRetryDelay: Math.max(1, Math.ceil(delayMs)),
    category: 'BENIGN',
  });
}
