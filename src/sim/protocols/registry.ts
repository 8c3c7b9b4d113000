/** The venues that can be simulated, a line each. */
import { binanceProfile } from './binance/profile.ts';
import { binanceUsdmProfile } from './binanceusdm/profile.ts';
import { bybitProfile } from './bybit/profile.ts';
import { coinbaseProfile } from './coinbase/profile.ts';
import { krakenProfile } from './kraken/profile.ts';
import { krakenFuturesProfile } from './krakenfutures/profile.ts';
import { okxProfile } from './okx/profile.ts';
import type { VenueProfile } from './profile.ts';

const profiles: readonly VenueProfile[] = [
  bybitProfile,
  binanceUsdmProfile,
  binanceProfile,
  coinbaseProfile,
  krakenProfile,
  krakenFuturesProfile,
  okxProfile,
];

const byVenue = new Map(profiles.map((profile) => [profile.venue, profile]));

/** Names of all venues, in the order of the list. */
export const venueNames: readonly string[] = profiles.map(({ venue }) => venue);

/** Null when the venue cannot be simulated. */
export function profileOf(venue: string): VenueProfile | null {
  return byVenue.get(venue) ?? null;
}
