/** Holds this machine's clock against a venue's: orders are signed, expire and are searched for by both. */
import { alertKeys } from '../../src/domain/alert-keys.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Venue } from '../../src/ports/venue.ts';

export interface VenueClockPorts {
  readonly venue: Pick<Venue, 'account' | 'serverTimeMs'>;
  readonly alerts: Alerts;
  readonly clock: Clock;
}

/** As long as a request lives: orders of a clock that is further behind are refused. */
const alertedOffsetMs = 5_000;
/** Wall time between two looks. */
const lookIntervalMs = 30_000;

/** @returns a look, taken now and then; @throws VenueError */
export function createVenueClockWatch({ venue, alerts, clock }: VenueClockPorts): () => Promise<void> {
  const key = alertKeys.clock_off(venue.account);
  /** What the alert says; a process before this one may have left it standing. */
  let wasOff: boolean | null = null;
  let lookedAtMs = -Infinity;
  return async () => {
    const beforeMs = clock.nowMs();
    if (beforeMs - lookedAtMs < lookIntervalMs) return;
    lookedAtMs = beforeMs;
    const venueMs = await venue.serverTimeMs();
    const afterMs = clock.nowMs();
    const leadMs = Math.round((beforeMs + afterMs) / 2 - venueMs);
    // What the request took proves nothing.
    const isOff = Math.abs(leadMs) - (afterMs - beforeMs) / 2 > alertedOffsetMs;
    if (isOff === wasOff) return;
    const message = offWords(venue.account, leadMs);
    if (isOff) await alerts.raise({ key, severity: 'critical', message, positionKey: null });
    else await alerts.resolve(key);
    wasOff = isOff;
  };
}

function offWords(account: string, leadMs: number): string {
  const seconds = (Math.abs(leadMs) / 1_000).toFixed(1);
  const how = leadMs > 0 ? 'ahead of' : 'behind';
  return `the clock of the worker of ${account} is ${seconds} s ${how} the exchange's: set the clock of its machine`;
}
