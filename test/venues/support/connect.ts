/** Venues connected to the fake servers, and the orders that the wire tests send. */
import type { TestContext } from 'node:test';
import type { LimitOrderRequest, Venue } from '../../../src/ports/venue.ts';
import { createCcxtVenue, type CcxtVenueSettings } from '../../../src/venues/ccxt-venue.ts';
import { startFakeBinanceusdm } from './fake-binanceusdm.ts';
import { startFakeBybit } from './fake-bybit.ts';
import type { FakeVenue } from './fake-venue.ts';

export const plantedKey = 'PLANTED-API-KEY-0123456789';
export const plantedSecret = 'PLANTED-SECRET-9876543210';

export const fakes = {
  bybit: { start: startFakeBybit, symbol: 'USDC/USDT', orderPath: '/v5/order/create' },
  binanceusdm: { start: startFakeBinanceusdm, symbol: 'USDC/USDT:USDT', orderPath: '/fapi/v1/order' },
} as const;
export type FakeName = keyof typeof fakes;

export interface Connected {
  readonly venue: Venue;
  readonly fake: FakeVenue;
}

/** Connected and warmed up; what the warm-up asked is forgotten. Both ends close with the test. */
export async function connect(
  test: Pick<TestContext, 'after'>,
  name: FakeName,
  settings: Partial<CcxtVenueSettings> = {},
): Promise<Connected> {
  const fake = await fakes[name].start();
  const venue = await createCcxtVenue({
    account: `${name}-main`,
    venue: name,
    credentials: { apiKey: plantedKey, secret: plantedSecret },
    endpoint: { rest: fake.address, ws: fake.address.replace('http', 'ws') },
    clock: { nowMs: () => Date.now() },
    ...settings,
  });
  test.after(async () => {
    await venue.close();
    await fake.close();
  });
  fake.seen.length = 0;
  return { venue, fake };
}

export function order(name: FakeName, changes: Partial<LimitOrderRequest> = {}): LimitOrderRequest {
  return {
    clientOrderId: 'bk-open-spot-1',
    symbol: fakes[name].symbol,
    side: 'buy',
    quantityBase: '100',
    limitPrice: '1.0002',
    timeInForce: 'ioc',
    reduceOnly: false,
    sendByMs: Date.now() + 3_000,
    ...changes,
  };
}
