/**
 * The venue's own timer behind an order that rests: should nobody here be left to cancel it, the venue does. Best effort:
 * whatever goes wrong with it, the order is watched all the same.
 */
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { Venue } from '../../src/ports/venue.ts';

export interface DeadManPorts {
  readonly venue: Pick<Venue, 'account' | 'guard'>;
  readonly ledger: Pick<Ledger, 'unresolvedOrderIds'>;
}

/** Longer than a worker needs to be replaced, shorter than a quote usually rests; wall time. */
const timeoutMs = 30_000;
const windAgainMs = 10_000;

/** Winds the timer up now and then, for as long as it is asked to; never throws. */
export function createDeadMan({ venue, ledger }: DeadManPorts, clock: Clock, symbol: string): () => Promise<void> {
  let dueAtMs = 0;
  return async () => {
    if (venue.guard === undefined || clock.nowMs() < dueAtMs) return;
    dueAtMs = clock.nowMs() + windAgainMs;
    try {
      const ownOrderIds = new Set(await ledger.unresolvedOrderIds(venue.account));
      await venue.guard({ symbol, ownOrderIds, timeoutMs });
    } catch {
      // The next time is soon enough.
    }
  };
}

/** Takes the timer off once nothing of ours rests, or may rest, at the account any more; never throws. */
export async function takeOffDeadMan({ venue, ledger }: DeadManPorts, symbol: string): Promise<void> {
  try {
    if (venue.guard === undefined || (await ledger.unresolvedOrderIds(venue.account)).length > 0) return;
    await venue.guard({ symbol, ownOrderIds: new Set(), timeoutMs: null });
  } catch {
    // It then runs out by itself, and strikes nothing of ours.
  }
}
