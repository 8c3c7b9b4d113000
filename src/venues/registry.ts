/** Which exchanges the connector serves. Adding one: write its capability file, list it in `dialects.ts`, add it to the contract tests. */
import { exchanges } from 'ccxt';
import { VenueError, type VenueCapabilities } from '../ports/venue.ts';
import type { VenueDialect } from './capabilities/venue-dialect.ts';
import { dialects } from './dialects.ts';

/** Names that people still write, and why they are refused. */
const closedVenues: Readonly<Record<string, string>> = {
  ftx: 'ftx closed in November 2022 and cannot be traded',
};

/** Exchanges that people ask for and ccxt does not have. */
const outsideCcxt: ReadonlySet<string> = new Set([
  'gmx',
  'perp',
  'perpetual',
  'perpetual protocol',
  'perpetualprotocol',
]);

export const venueIds: readonly string[] = [...dialects.keys()];

/** @throws VenueError `bad_request` with the reason and what is allowed. */
export function venueDialect(venue: string): VenueDialect {
  const dialect = dialects.get(venue);
  if (dialect !== undefined) return dialect;
  const allowed = `allowed are: ${venueIds.join(', ')}`;
  const closed = closedVenues[venue];
  if (closed !== undefined) throw new VenueError('bad_request', `${closed}; ${allowed}`);
  if (outsideCcxt.has(venue.toLowerCase())) {
    throw new VenueError(
      'bad_request',
      `${venue} is traded by smart contracts and not in ccxt: it needs an adapter of its own (CONTRIBUTING.md, "Add a venue outside of ccxt"); ${allowed}`,
    );
  }
  if (Object.hasOwn(exchanges, venue)) {
    throw new VenueError(
      'bad_request',
      `${venue} is known to ccxt but has no capability file here, so nothing is proven about its orders; ${allowed}`,
    );
  }
  throw new VenueError('bad_request', `${JSON.stringify(venue)} is not an exchange id of ccxt; ${allowed}`);
}

/** @throws VenueError `bad_request` for a venue that is not served. */
export function venueCapabilities(venue: string): VenueCapabilities {
  return venueDialect(venue).capabilities;
}
