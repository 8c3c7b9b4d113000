/** The venues that the contract is held over, their simulated exchanges, and the orders sent to them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { marketTimeMs, type ClockAnchor } from '../../../src/domain/market-clock.ts';
import type { LimitOrderRequest, OrderLookUpResult, Venue, VenueOrder } from '../../../src/ports/venue.ts';
import { isRecord, list } from '../../../src/venues/capabilities/raw.ts';
import { createCcxtVenue } from '../../../src/venues/ccxt-venue.ts';
import { venueCapabilities } from '../../../src/venues/registry.ts';
import { startSim, type RunningSim } from '../../support/services.ts';

export interface Subject {
  readonly venue: string;
  readonly symbol: string;
  /** Where orders are posted to. */
  readonly orderPath: string;
  /** Of a buy. */
  readonly feeCurrency: string;
  /** Of the amount charged: taker fees of the simulated account. */
  readonly feeRate: string;
  /** Whether an order that finds nothing to take becomes an order at all. */
  readonly unmatched: 'accepted' | 'rejected';
  readonly permissions: readonly string[] | 'unknown';
}

const spot = { unmatched: 'accepted', permissions: ['spot'] } as const;
const bybit = {
  venue: 'bybit',
  orderPath: '/v5/order/create',
  unmatched: 'accepted',
  permissions: ['spot', 'perpetual'],
} as const;

const okx = {
  venue: 'okx',
  orderPath: '/api/v5/trade/order',
  unmatched: 'accepted',
  permissions: ['spot', 'perpetual'],
} as const;

export const subjects: readonly Subject[] = [
  { ...bybit, symbol: 'USDC/USDT', feeCurrency: 'USDC', feeRate: '0.001' },
  { ...bybit, symbol: 'USDC/USDT:USDT', feeCurrency: 'USDT', feeRate: '0.0006' },
  {
    venue: 'binanceusdm',
    symbol: 'USDC/USDT:USDT',
    orderPath: '/fapi/v1/order',
    feeCurrency: 'USDT',
    feeRate: '0.0005',
    unmatched: 'accepted',
    permissions: ['perpetual'],
  },
  {
    ...spot,
    venue: 'kraken',
    symbol: 'USDC/USD',
    orderPath: '/0/private/AddOrder',
    feeCurrency: 'USD',
    feeRate: '0.0026',
  },
  {
    venue: 'krakenfutures',
    symbol: 'USDC/USD:USD',
    orderPath: '/derivatives/api/v3/sendorder',
    feeCurrency: 'USD',
    feeRate: '0.0005',
    unmatched: 'rejected',
    permissions: ['perpetual'],
  },
  {
    ...spot,
    venue: 'coinbase',
    symbol: 'USDT/USD',
    orderPath: '/api/v3/brokerage/orders',
    feeCurrency: 'USD',
    feeRate: '0.00001',
  },
  {
    ...spot,
    venue: 'binance',
    symbol: 'USDC/USDT',
    orderPath: '/api/v3/order',
    feeCurrency: 'USDC',
    feeRate: '0.001',
  },
  { ...okx, symbol: 'USDC/USDT', feeCurrency: 'USDC', feeRate: '0.0015' },
  { ...okx, symbol: 'USDC/USDT:USDT', feeCurrency: 'USDT', feeRate: '0.0005' },
];

/** Two subjects of one venue share its account, so they come one after the other. */
export const subjectsByVenue: ReadonlyMap<string, readonly Subject[]> = Map.groupBy(subjects, ({ venue }) => venue);

export const clock = { nowMs: (): number => Date.now() };

/** Most tests ask more in a short time than the venues' limits allow. */
export function simulatedVenues(rateLimits = false): Record<string, object> {
  return Object.fromEntries([...subjectsByVenue.keys()].map((venue) => [venue, { rateLimits }]));
}

export interface Scene {
  readonly anchor: ClockAnchor;
  readonly sim: RunningSim;
  readonly marketTimeOf: (wallMs: number) => number;
  /** Quick: asks as often as it likes, for exchanges that do not count. */
  open(subject: Subject, pace?: 'quick' | 'usual'): Promise<Venue>;
  control(method: string, path: string, body?: object): Promise<unknown>;
  /** The venue's own records of one kind: what ours are compared with. */
  records(subject: Subject, part: string): Promise<Record<string, unknown>[]>;
  setBook(subject: Subject, bid: readonly [string, string], ask: readonly [string, string]): Promise<void>;
  order(subject: Subject, changes?: Partial<LimitOrderRequest>): LimitOrderRequest;
}

export async function openScene(anchor: ClockAnchor, venues: Record<string, object>): Promise<Scene> {
  const sim = await startSim({ config: { tape: null, venues }, anchor });
  const marketTimeOf = (wallMs: number): number => marketTimeMs(anchor, wallMs);
  let orderCount = 0;

  async function control(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${sim.control}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    assert.ok(response.ok, JSON.stringify(answer));
    return answer;
  }

  return {
    anchor,
    sim,
    marketTimeOf,
    control,
    async open(subject, pace = 'quick') {
      const { rest, ws, credentials } = sim.venues[subject.venue] ?? assert.fail(`${subject.venue} is not simulated`);
      const { apiKey = '', secret = '', password } = credentials;
      return createCcxtVenue({
        account: 'main',
        venue: subject.venue,
        credentials: { apiKey, secret, ...(password === undefined ? {} : { password }) },
        endpoint: { rest, ws },
        clock,
        marketTimeOf,
        ...(pace === 'quick' ? { readPace: { unitsPerSecond: 1_000, burstUnits: 1_000 } } : {}),
      });
    },
    records: async (subject, part) =>
      list(await control('GET', `/venues/${subject.venue}/${part}`), part).filter(isRecord),
    async setBook(subject, bid, ask) {
      const body = { symbol: subject.symbol, centre: '1.0000', bids: [bid], asks: [ask] };
      await control('POST', `/venues/${subject.venue}/prices`, body);
    },
    order(subject, changes = {}) {
      orderCount += 1;
      return {
        clientOrderId: clientOrderIdFor(subject.venue, `bk${anchor.wallMs}x${orderCount}`),
        symbol: subject.symbol,
        side: 'buy',
        quantityBase: '100',
        limitPrice: '1.0001',
        timeInForce: 'ioc',
        reduceOnly: false,
        sendByMs: Date.now() + 3_000,
        ...changes,
      };
    },
  };
}

export function clientOrderIdFor(venue: string, name: string): string {
  switch (venueCapabilities(venue).clientOrderIdForm) {
    case 'alphanumeric':
      return name;
    case 'hex':
      return createHash('sha256').update(name).digest('hex').slice(0, 32);
  }
}

export async function lookUp(
  venue: Venue,
  sent: Pick<LimitOrderRequest, 'clientOrderId' | 'symbol' | 'sendByMs'>,
  id: string | null = null,
): Promise<OrderLookUpResult> {
  const { clientOrderId, symbol, sendByMs } = sent;
  return venue.lookUp({ clientOrderId, symbol, venueOrderId: id, claimedAtMs: sendByMs - 3_000, sendByMs });
}

export async function found(
  venue: Venue,
  sent: Pick<LimitOrderRequest, 'clientOrderId' | 'symbol' | 'sendByMs'>,
  id: string | null = null,
): Promise<VenueOrder> {
  const result = await lookUp(venue, sent, id);
  assert.ok(result.kind === 'found', JSON.stringify(result));
  return result.order;
}
