/** Books the funding payments of an account, pass after pass, asking each time only for what may be new. */
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { Venue } from '../../src/ports/venue.ts';

/** The longest time between two settlements at the venues served: 8 hours, market time. */
export const settlementIntervalMs = 8 * 3_600_000;

/** By symbol, the market time from which records may be missing; what was settled before it is booked. */
export type FundingProgress = Readonly<Record<string, number>>;

export interface FundingBook {
  /** Of a symbol that was never read: everything since the declaration. */
  bookNew(symbol: string): Promise<void>;
  progress(): FundingProgress;
}

/** @param known progress of an earlier attempt */
export function createFundingBook(
  { venue, ledger, clock }: { readonly venue: Venue; readonly ledger: Ledger; readonly clock: Clock },
  anchor: ClockAnchor,
  declaredAtMarketMs: number,
  known: FundingProgress,
): FundingBook {
  const completeToMs = new Map(Object.entries(known));
  return {
    progress: () => Object.fromEntries(completeToMs),
    async bookNew(symbol) {
      const askedAtMs = clock.nowMs();
      const payments = await venue.fundingPaymentsSince(symbol, completeToMs.get(symbol) ?? declaredAtMarketMs);
      await ledger.recordFundingPayments(venue.account, payments);
      // What was settled longer ago than the venue's delay has its record by now. One settlement more is read again:
      // that costs nothing (it is the same request) and heals a record that came later than promised.
      const recordedToMs = marketTimeMs(anchor, askedAtMs - venue.capabilities.fundingDelayMs);
      completeToMs.set(symbol, Math.max(declaredAtMarketMs, recordedToMs - settlementIntervalMs));
    },
  };
}

/** From a heartbeat of an earlier attempt; nothing is known when it is not ours. */
export function fundingProgressOf(heartbeatDetails: unknown): FundingProgress {
  if (!isRecord(heartbeatDetails) || !isRecord(heartbeatDetails['fundingCompleteToMs'])) return {};
  const times = Object.entries(heartbeatDetails['fundingCompleteToMs']);
  return Object.fromEntries(
    times.filter((entry): entry is [string, number] => typeof entry[1] === 'number' && Number.isSafeInteger(entry[1])),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
