/** Reads that a position depends on: asked again for as long as it takes, and a person hears why they are refused. */
import { Context } from '@temporalio/activity';
import { alertKeys } from '../src/domain/alert-keys.ts';
import type { Alerts } from '../src/ports/alerts.ts';
import { VenueError, type Venue } from '../src/ports/venue.ts';
import { withFailures } from './failures.ts';

export interface PersistentReads {
  /**
   * Runs the body of an activity; it fails only to be tried again. Refused keys are alerted at once, and so is every
   * other refusal that asking again cannot end, unless the caller alerts it by itself: then `what` is null.
   */
  run<T>(what: string | null, body: () => Promise<T>): Promise<T>;
  /** A read has succeeded: what was alerted of the account's keys is over. */
  keysAccepted(): Promise<void>;
  /** The read called `what` has succeeded. */
  accepted(what: string): Promise<void>;
}

export function createPersistentReads(venue: Pick<Venue, 'account'>, alerts: Alerts): PersistentReads {
  const keysKey = alertKeys.unauthorised(venue.account);
  const refusedKey = (what: string): string => alertKeys.refused(venue.account, what);

  async function alert(what: string | null, error: VenueError): Promise<void> {
    if (error.retryable || (error.kind !== 'unauthorised' && what === null)) return;
    const key = error.kind === 'unauthorised' || what === null ? keysKey : refusedKey(what);
    const message =
      error.kind === 'unauthorised'
        ? `the keys of ${venue.account} are refused, so nothing of the account is known: ${error.message}`
        : `${venue.account} refuses to be read, and is asked again: ${error.message}`;
    await alerts.raise({ key, severity: 'critical', message, positionKey: null });
  }

  const reads: PersistentReads = {
    keysAccepted: () => alerts.resolve(keysKey),
    accepted: (what) => alerts.resolve(refusedKey(what)),
    async run(what, body) {
      const result = await withFailures(
        () =>
          body().catch(async (error: unknown) => {
            if (error instanceof VenueError) await alert(what, error);
            throw error;
          }),
        { persistent: true },
      );
      // A first attempt has raised nothing; what other reads raised, the account's watch ends within seconds.
      if (Context.current().info.attempt > 1) {
        await reads.keysAccepted();
        if (what !== null) await reads.accepted(what);
      }
      return result;
    },
  };
  return reads;
}
