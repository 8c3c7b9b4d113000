/** Documented replies of dYdX's indexer (`/v4/…`), and of a chain node as ccxt asks it. */
import type { RawRecord } from '../../../src/venues/capabilities/raw.ts';
import { startFakeVenue, type FakeVenue, type Route } from './fake-venue.ts';

export const dydxPerpetual = 'USDE/USDC:USDC';

export function dydxMarket(fields: RawRecord = {}): Record<string, unknown> {
  return {
    clobPairId: '128',
    ticker: 'USDE-USD',
    status: 'ACTIVE',
    oraclePrice: '0.9995',
    priceChange24H: '0.0001',
    volume24H: '1234.5',
    trades24H: 12,
    nextFundingRate: '-0.0000125',
    initialMarginFraction: '0.1',
    maintenanceMarginFraction: '0.05',
    openInterest: '98765',
    atomicResolution: -5,
    quantumConversionExponent: -9,
    tickSize: '0.0001',
    stepSize: '10',
    stepBaseQuantums: 1_000_000,
    subticksPerTick: 1_000_000,
    marketType: 'CROSS',
    ...fields,
  };
}

/** Newest first, an hour apart, as `historicalFunding` gives them. */
export function fundingRows(newestMs: number, count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, hour) => ({
    ticker: 'USDE-USD',
    rate: '0.000002375',
    price: '0.9995',
    effectiveAtHeight: String(66_622_979 - hour * 5_566),
    effectiveAt: new Date(newestMs - hour * 3_600_000).toISOString(),
  }));
}

const routes: Readonly<Record<string, Route>> = {
  'GET /v4/perpetualMarkets': () => ({
    markets: {
      'USDE-USD': dydxMarket(),
      'OLD-USD': dydxMarket({ ticker: 'OLD-USD', clobPairId: '129', status: 'FINAL_SETTLEMENT' }),
    },
  }),
  'GET /v4/time': () => {
    const now = Date.now();
    return { iso: new Date(now).toISOString(), epoch: now / 1_000 };
  },
  'GET /v4/orderbooks/perpetualMarket/USDE-USD': () => ({
    bids: [
      { price: '0.9994', size: '1200' },
      { price: '0.9993', size: '500' },
    ],
    asks: [{ price: '0.9996', size: '60' }],
  }),
  'GET /v4/historicalFunding/USDE-USD': () => ({ historicalFunding: [] }),
  'GET /cosmos/auth/v1beta1/account_info/dydx1cpb4tedmwq304c2kc9pwzjwq0sc6z2a4tasxrz': () => ({
    info: {
      address: 'dydx1cpb4tedmwq304c2kc9pwzjwq0sc6z2a4tasxrz',
      pub_key: { '@type': '/cosmos.crypto.secp256k1.PubKey', key: 'A2MR6q+pOpLtdxh0tHHe2JrEY2KOcvRogtLxHDHzJvOh' },
      account_number: '12345',
      sequence: '6',
    },
  }),
  'GET /abci_info': () => ({ jsonrpc: '2.0', id: -1, result: { response: { last_block_height: '66622979' } } }),
};

export function startFakeDydx(): Promise<FakeVenue> {
  return startFakeVenue(routes);
}
