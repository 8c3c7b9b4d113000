/**
 * Collects what the venues settled: what the ledger does not hold of the last month is read from the venue, after a start
 * and after a gap as well, and then each settlement once it is over.
 */
import { fundingHistoryMs, knownUntilMs, type SettledRate } from '../../src/domain/funding/funding-history.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { FundingRate, MarketData, SettledFundingRate } from '../../src/ports/venue.ts';
import { messageOf } from '../failures.ts';

/** Wall time between two reads of one perpetual's list, whatever the first has brought. */
const readAgainMs = 60_000;
const hourMs = 3_600_000;

export interface FundingHistoryPorts {
  readonly ledger: Pick<Ledger, 'fundingRates' | 'recordFundingRates'>;
  /** Where the lists are read; not always where the coming rates are. */
  readonly settledFunding: Pick<MarketData, 'fundingRatesSince'>;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

export interface FundingHistory {
  /** What is known of the last month, oldest first. */
  settled(venue: string, symbol: string): readonly SettledRate[];
  /** Reads what is due; does nothing while an earlier read of the perpetual is under way. Never throws. */
  update(venue: string, coming: FundingRate, nowMarketMs: number): Promise<void>;
}

interface Kept {
  rates: readonly SettledFundingRate[];
  /** Market time up to which the venue's list was read, or is known to have no gap. */
  readUntilMs: number;
  /** Wall time before which it is not read again. */
  dueAtMs: number;
}

export function createFundingHistory({ ledger, settledFunding, clock, warn }: FundingHistoryPorts): FundingHistory {
  const kept = new Map<string, Kept>();
  const reading = new Set<string>();
  const name = (venue: string, symbol: string): string => `${venue} ${symbol}`;
  return {
    settled: (venue, symbol) => kept.get(name(venue, symbol))?.rates ?? [],
    async update(venue, coming, nowMarketMs) {
      const perpetual = name(venue, coming.symbol);
      if (reading.has(perpetual)) return;
      reading.add(perpetual);
      try {
        await read(venue, coming, nowMarketMs);
      } catch (error) {
        warn(`the settled funding rates of ${perpetual} could not be read: ${messageOf(error)}`);
      } finally {
        reading.delete(perpetual);
      }
    },
  };

  async function read(venue: string, { symbol, intervalHours }: FundingRate, nowMarketMs: number): Promise<void> {
    const fromMs = nowMarketMs - fundingHistoryMs;
    const known = kept.get(name(venue, symbol)) ?? (await fromLedger(venue, symbol, fromMs, intervalHours));
    kept.set(name(venue, symbol), known);
    const isMissing = nowMarketMs - known.readUntilMs >= intervalHours * hourMs;
    if (!isMissing || clock.nowMs() < known.dueAtMs) return;
    known.dueAtMs = clock.nowMs() + readAgainMs;
    const sinceMs = Math.max(fromMs, known.readUntilMs + 1);
    const found = await settledFunding.fundingRatesSince(venue, symbol, sinceMs);
    await ledger.recordFundingRates(venue, found);
    const rates = new Map([...known.rates, ...found].map((rate) => [rate.settledAtMs, rate]));
    known.rates = [...rates.values()]
      .filter(({ settledAtMs }) => settledAtMs >= fromMs)
      .toSorted((first, second) => first.settledAtMs - second.settledAtMs);
    known.readUntilMs = Math.max(known.readUntilMs, known.rates.at(-1)?.settledAtMs ?? 0);
  }

  async function fromLedger(venue: string, symbol: string, fromMs: number, intervalHours: number): Promise<Kept> {
    const rates = await ledger.fundingRates(venue, symbol, fromMs);
    return { rates, readUntilMs: knownUntilMs(rates, fromMs, intervalHours), dueAtMs: 0 };
  }
}
