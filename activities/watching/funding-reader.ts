/** The funding outlook of each perpetual, read again every half minute; the last good reading is kept for a while. */
import { constantOutlook, type FundingOutlook } from '../../src/domain/carry.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { MarketData } from '../../src/ports/venue.ts';

const readAgainMs = 30_000;
/** After a read that failed. */
const retryMs = 5_000;
/** Past this, an outlook that could not be read again is not believed. */
const keptMs = 600_000;

export interface FundingReader {
  /** Null while nothing believable is known. */
  readonly outlook: (venue: string, symbol: string) => FundingOutlook | null;
  /**
   * Starts to read what is due, and does not wait for it: a slow endpoint must not hold up the exits. One read of a
   * perpetual at a time; a failed one keeps the last outlook, and is tried again some seconds later.
   */
  refresh(): void;
}

export function createFundingReader(
  marketData: Pick<MarketData, 'fundingRate'>,
  perpetuals: readonly { readonly venue: string; readonly symbol: string }[],
  clock: Clock,
  warn: (message: string) => void,
): FundingReader {
  const known = new Map<string, { readonly outlook: FundingOutlook; readonly readAtMs: number }>();
  /** Wall time of the next read; never, while one is under way. */
  const dueAtMs = new Map<string, number>();
  const name = (venue: string, symbol: string): string => `${venue} ${symbol}`;
  return {
    outlook(venue, symbol) {
      const entry = known.get(name(venue, symbol));
      return entry === undefined || clock.nowMs() - entry.readAtMs > keptMs ? null : entry.outlook;
    },
    refresh() {
      for (const { venue, symbol } of perpetuals) {
        if (clock.nowMs() >= (dueAtMs.get(name(venue, symbol)) ?? 0)) void read(venue, symbol);
      }
    },
  };

  async function read(venue: string, symbol: string): Promise<void> {
    const perpetual = name(venue, symbol);
    dueAtMs.set(perpetual, Infinity);
    try {
      const outlook = constantOutlook(await marketData.fundingRate(venue, symbol));
      known.set(perpetual, { outlook, readAtMs: clock.nowMs() });
      dueAtMs.set(perpetual, clock.nowMs() + readAgainMs);
    } catch (error) {
      dueAtMs.set(perpetual, clock.nowMs() + retryMs);
      const why = error instanceof Error ? error.message : String(error);
      warn(`the funding rate of ${perpetual} could not be read: ${why}`);
    }
  }
}
