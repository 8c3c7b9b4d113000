/** The outlook on a perpetual's funding: its coming rate at the venue, and what the ledger holds of settled ones. */
import type { FundingOutlook } from '../../src/domain/carry.ts';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { fundingHistoryMs, outlookFrom } from '../../src/domain/funding/funding-history.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { MarketData } from '../../src/ports/venue.ts';

/** ρ of a venue: how much of a rate's distance from its mean is left one settlement later. */
export type PersistenceOf = (venue: string) => DecimalText;

export interface OutlookPorts {
  readonly ledger: Pick<Ledger, 'fundingRates'>;
  readonly marketData: Pick<MarketData, 'fundingRate'>;
  readonly persistenceOf: PersistenceOf;
}

/** For one look; who looks again and again keeps what was settled, in `watching/funding-reader.ts`. @throws VenueError */
export async function readOutlook(
  { ledger, marketData, persistenceOf }: OutlookPorts,
  venue: string,
  symbol: string,
  nowMarketMs: number,
): Promise<FundingOutlook> {
  const [coming, settled] = await Promise.all([
    marketData.fundingRate(venue, symbol),
    ledger.fundingRates(venue, symbol, nowMarketMs - fundingHistoryMs),
  ]);
  return outlookFrom(coming, settled, nowMarketMs, persistenceOf(venue));
}
