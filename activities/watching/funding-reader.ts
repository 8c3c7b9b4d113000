/** The funding outlook of each perpetual, read again every half minute; the last good reading is kept for a while. */
import { constantOutlook, type FundingOutlook } from '../../src/domain/carry.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { MarketData } from '../../src/ports/venue.ts';

const readAgainMs = 30_000;
/** Past this, an outlook that could not be read again is not believed. */
const keptMs = 600_000;

export interface FundingReader {
  /** Null while nothing believable is known. */
  readonly outlook: (venue: string, symbol: string) => FundingOutlook | null;
  /** Reads what is due; a failed read keeps the last outlook. */
  refresh(): Promise<void>;
}

export function createFundingReader(
  marketData: MarketData,
  perpetuals: readonly { readonly venue: string; readonly symbol: string }[],
  clock: Clock,
  warn: (message: string) => void,
): FundingReader {
  const known = new Map<string, { readonly outlook: FundingOutlook; readonly readAtMs: number }>();
  const name = (venue: string, symbol: string): string => `${venue} ${symbol}`;
  return {
    outlook(venue, symbol) {
      const entry = known.get(name(venue, symbol));
      return entry === undefined || clock.nowMs() - entry.readAtMs > keptMs ? null : entry.outlook;
    },
    async refresh() {
      await Promise.all(
        perpetuals.map(async ({ venue, symbol }) => {
          const readAtMs = known.get(name(venue, symbol))?.readAtMs ?? 0;
          if (clock.nowMs() - readAtMs < readAgainMs) return;
          try {
            const outlook = constantOutlook(await marketData.fundingRate(venue, symbol));
            known.set(name(venue, symbol), { outlook, readAtMs: clock.nowMs() });
          } catch (error) {
            warn(
              `the funding rate of ${venue} ${symbol} could not be read: ${error instanceof Error ? error.message : String(error)}`,
            );
          }
        }),
      );
    },
  };
}
