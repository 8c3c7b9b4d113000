/** Port errors as Temporal failures, split by what the retry policy should do about them. */
import { ApplicationFailure } from '@temporalio/activity';
import { LedgerUnavailable } from '../src/ports/ledger.ts';
import { VenueError } from '../src/ports/venue.ts';

/** How soon a persistent read asks again after a refusal that only a person, or the venue itself, can end. */
const refusedRetryMs = 5_000;

export interface FailureOptions {
  /**
   * A position depends on the answer: no failure is final. What looks final may end (a ban runs out, a key's address
   * list is put right), and giving up would leave legs that nobody watches.
   */
  readonly persistent?: boolean;
}

/** Runs an activity's body; what a port throws becomes a failure that says whether, and when, to try again. */
export async function withFailures<T>(body: () => Promise<T>, { persistent = false }: FailureOptions = {}): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof VenueError) {
      const retryAfterMs = error.retryAfterMs ?? (persistent && !error.retryable ? refusedRetryMs : null);
      throw ApplicationFailure.create({
        type: `venue_${error.kind}`,
        message: error.message,
        nonRetryable: !persistent && !error.retryable,
        ...(retryAfterMs === null ? {} : { nextRetryDelay: retryAfterMs }),
      });
    }
    if (error instanceof LedgerUnavailable) {
      throw ApplicationFailure.create({ type: 'ledger_unavailable', message: error.message });
    }
    throw error;
  }
}

/** What a port throws, and may not throw the next time. */
export function isPortError(error: unknown): boolean {
  return error instanceof VenueError || error instanceof LedgerUnavailable;
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

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
