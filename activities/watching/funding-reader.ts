/** The funding outlook of each perpetual, read again every half minute; the last good reading is kept for a while. */
import type { FundingOutlook } from '../../src/domain/carry.ts';
import { outlookFrom } from '../../src/domain/funding/funding-history.ts';
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import type { MarketData } from '../../src/ports/venue.ts';
import type { OutlookPorts } from '../records/funding-outlook.ts';
import { createFundingHistory, type FundingHistoryPorts } from './funding-history.ts';

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

export interface FundingReaderPorts extends FundingHistoryPorts, Pick<OutlookPorts, 'persistenceOf'> {
  readonly marketData: Pick<MarketData, 'fundingRate'>;
  readonly anchor: ClockAnchor;
}

export function createFundingReader(
  ports: FundingReaderPorts,
  perpetuals: readonly { readonly venue: string; readonly symbol: string }[],
): FundingReader {
  const { marketData, clock, anchor, persistenceOf, warn } = ports;
  const history = createFundingHistory(ports);
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
      const coming = await marketData.fundingRate(venue, symbol);
      const readAtMs = clock.nowMs();
      const nowMarketMs = marketTimeMs(anchor, readAtMs);
      const look = (): void => {
        const outlook = outlookFrom(coming, history.settled(venue, symbol), nowMarketMs, persistenceOf(venue));
        known.set(perpetual, { outlook, readAtMs });
      };
      look();
      dueAtMs.set(perpetual, readAtMs + readAgainMs);
      // The coming rate holds whatever becomes of the list, which may take several pages.
      await history.update(venue, coming, nowMarketMs);
      if (known.get(perpetual)?.readAtMs === readAtMs) look();
    } catch (error) {
      dueAtMs.set(perpetual, clock.nowMs() + retryMs);
      const why = error instanceof Error ? error.message : String(error);
      warn(`the funding rate of ${perpetual} could not be read: ${why}`);
    }
  }
}
