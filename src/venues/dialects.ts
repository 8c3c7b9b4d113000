/** The exchanges that have a capability file. Without ccxt, so that a configuration is checked without loading it. */
import { binance } from './capabilities/binance.ts';
import { binanceusdm } from './capabilities/binanceusdm.ts';
import { bybit } from './capabilities/bybit.ts';
import { coinbase } from './capabilities/coinbase.ts';
import { kraken } from './capabilities/kraken.ts';
import { krakenfutures } from './capabilities/krakenfutures.ts';
import { okx } from './capabilities/okx.ts';
import { dydx } from './capabilities/dydx.ts';
import { hyperliquid } from './capabilities/hyperliquid.ts';
import type { VenueDialect } from './capabilities/venue-dialect.ts';

export const dialects: ReadonlyMap<string, VenueDialect> = new Map(
  [binance, binanceusdm, bybit, coinbase, kraken, krakenfutures, okx, hyperliquid, dydx].map((dialect) => [
    dialect.capabilities.venue,
    dialect,
  ]),
);
