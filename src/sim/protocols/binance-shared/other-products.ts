/** Markets of binance that are not simulated at an address: clients ask every product for its symbols, and there are none. */
import type { BinanceCall, Endpoint, Endpoints } from './call.ts';

/** Each product's list of symbols. */
const lists = {
  spot: 'GET /api/v3/exchangeInfo',
  linear: 'GET /fapi/v1/exchangeInfo',
  inverse: 'GET /dapi/v1/exchangeInfo',
  option: 'GET /eapi/v1/exchangeInfo',
} as const;

export type Product = keyof typeof lists;

/** @param simulated the one that is not empty */
export function otherProductEndpoints(simulated: Product): Endpoints {
  const empty: Endpoint = { access: 'public', weight: 1, handle: emptyExchangeInfo };
  return Object.fromEntries(
    Object.entries(lists)
      .filter(([product]) => product !== simulated)
      .map(([, name]) => [name, empty]),
  );
}

function emptyExchangeInfo({ wallMs }: BinanceCall): Record<string, unknown> {
  return { timezone: 'UTC', serverTime: wallMs, rateLimits: [], exchangeFilters: [], symbols: [], optionSymbols: [] };
}
