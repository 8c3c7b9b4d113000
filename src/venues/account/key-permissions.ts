/** What the keys of an account may do, as far as the venue tells. */
import { NotSupported } from 'ccxt';
import type { KeyPermissions } from '../../ports/venue.ts';
import type { VenueDialect } from '../capabilities/venue-dialect.ts';
import type { ExactExchange } from '../exact-exchange.ts';

/** Null where there is no such request: at some exchanges, and at binance's testnets, which have no wallet's endpoints. */
export async function keyPermissions(dialect: VenueDialect, exchange: ExactExchange): Promise<KeyPermissions | null> {
  if (dialect.permissions === null) return null;
  try {
    return await dialect.permissions(exchange);
  } catch (error) {
    if (error instanceof NotSupported) return null;
    throw error;
  }
}
