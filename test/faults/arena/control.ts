/** The simulated exchanges' control API: prices and faults in, the venues' own truth out. */
import type { OrderSide } from '../../../src/domain/order.ts';
import type { NewFault } from '../../../src/sim/faults/fault-rule.ts';
import type { SimOrder } from '../../../src/sim/exchange/state.ts';
import { calmPrices, perpSymbol, spotSymbol, venues, type VenueName } from './configuration.ts';

export interface VenueOrderView {
  readonly account: string;
  readonly id: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly timeInForce: string;
  /** Null of a market order. */
  readonly price: string | null;
  readonly quantity: string;
  readonly reduceOnly: boolean;
  readonly origin: SimOrder['origin'];
  readonly status: SimOrder['status'];
  readonly filledBase: string;
  readonly createdAtMs: number;
  /** Of its last fill or its end. */
  readonly updatedAtMs: number;
}

export interface VenueTradeView {
  readonly account: string;
  readonly tradeId: string;
  readonly orderId: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly price: string;
  readonly quantityBase: string;
  readonly fee: string;
  readonly feeCurrency: string;
  readonly executedAtMs: number;
}

/** What a venue itself holds to be true; decimals as text, times are wall time at scale 1. */
export interface VenueState {
  readonly orders: readonly VenueOrderView[];
  readonly trades: readonly VenueTradeView[];
  readonly balances: readonly { readonly account: string; readonly currency: string; readonly total: string }[];
  readonly positions: readonly {
    readonly account: string;
    readonly instrument: string;
    readonly quantityBase: string;
    readonly entryNotional: string;
  }[];
  readonly income: readonly {
    readonly account: string;
    readonly type: string;
    readonly currency: string;
    readonly amount: string;
    readonly atMs: number;
  }[];
}

/** Both prices of a moment: the spot pair's and the perpetual's, at every venue that lists it. */
export interface Prices {
  readonly spot: string;
  readonly perp: string;
}

/** Where something is traded. */
export type Listing = readonly [VenueName, 'spot' | 'perp'];

export interface Control {
  /** Centres the books; with `thin`, base units on the best level of each side and nothing behind them. */
  setPrices(prices: Prices, thin?: string): Promise<void>;
  /** Somebody buys or sells so many base units through whatever rests there; then the prices are what they were. */
  trade(listing: Listing, side: OrderSide, quantity: string): Promise<void>;
  /** No faults, and the prices of the start. */
  calm(): Promise<void>;
  /** Returns the rule's id. */
  addFault(fault: NewFault): Promise<string>;
  removeFault(id: string): Promise<void>;
  /** Removes all; returns how many requests each kind has hit. */
  clearFaults(): Promise<Readonly<Record<string, number>>>;
  deleverage(venue: VenueName, account: string, quantity: string): Promise<boolean>;
  liquidate(venue: VenueName, account: string): Promise<boolean>;
  venue(name: VenueName): Promise<VenueState>;
}

export const listings: readonly Listing[] = [
  ['bybit', 'spot'],
  ['bybit', 'perp'],
  ['binanceusdm', 'perp'],
];

export function createControl(url: string): Control {
  async function call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return JSON.parse(text);
  }

  let current: { prices: Prices; thin?: string } = { prices: calmPrices };

  async function setBook([venue, leg]: Listing): Promise<void> {
    const { prices, thin } = current;
    const centre = prices[leg];
    const levels =
      thin === undefined ? {} : { bids: [[shifted(centre, -1), thin]], asks: [[shifted(centre, 1), thin]] };
    await call('POST', `/venues/${venue}/prices`, { symbol: symbolOf(leg), centre, ...levels });
  }

  async function setPrices(prices: Prices, thin?: string): Promise<void> {
    current = thin === undefined ? { prices } : { prices, thin };
    await Promise.all(listings.map(setBook));
  }

  async function trade(listing: Listing, side: OrderSide, quantity: string): Promise<void> {
    const [venue, leg] = listing;
    const centre = current.prices[leg];
    const through = side === 'sell' ? -throughSteps : throughSteps;
    const level = [shifted(centre, through), quantity];
    const behind = [shifted(centre, through + Math.sign(through)), deep];
    const levels = side === 'sell' ? { bids: [behind], asks: [level] } : { bids: [level], asks: [behind] };
    await call('POST', `/venues/${venue}/prices`, { symbol: symbolOf(leg), centre, ...levels });
    await setBook(listing);
  }

  let hits: Record<string, number> = {};

  /** What a rule has hit is told only as long as the rule is there. */
  async function remove(id: string | null): Promise<void> {
    const rules = await call<{ id: string; kind: string; hits: number }[]>('GET', '/faults');
    for (const rule of rules.filter((one) => id === null || one.id === id)) {
      hits[rule.kind] = (hits[rule.kind] ?? 0) + rule.hits;
    }
    await call('DELETE', id === null ? '/faults' : `/faults/${id}`);
  }

  async function clearFaults(): Promise<Record<string, number>> {
    await remove(null);
    const counted = hits;
    hits = {};
    return counted;
  }

  /** False where there is no position to take. */
  async function strike(path: string, body: object): Promise<boolean> {
    try {
      await call('POST', path, body);
      return true;
    } catch (error) {
      if (error instanceof Error && error.message.includes('no position')) return false;
      throw error;
    }
  }

  return {
    setPrices,
    trade,
    clearFaults,
    async calm() {
      await clearFaults();
      await setPrices(calmPrices);
    },
    addFault: async (fault) => (await call<{ id: string }>('POST', '/faults', fault)).id,
    removeFault: remove,
    deleverage: (venue, account, quantity) =>
      strike(`/venues/${venue}/deleverage`, { account, symbol: perpSymbol, quantity }),
    liquidate: (venue, account) => strike(`/venues/${venue}/liquidate`, { account, symbol: perpSymbol }),
    venue: (name) => call<VenueState>('GET', `/venues/${name}`),
  };
}

/** How far from its centre a trade goes: past every quote that is at its price. */
const throughSteps = 6;
const deep = '20000';

function symbolOf(leg: Listing[1]): string {
  return leg === 'spot' ? spotSymbol : perpSymbol;
}

/** Ten-thousandths up or down. */
function shifted(price: string, steps: number): string {
  return (Number(price) + steps / 10_000).toFixed(4);
}

export async function venueStates(control: Control): Promise<Record<VenueName, VenueState>> {
  const [bybit, binanceusdm] = await Promise.all(venues.map((name) => control.venue(name)));
  if (bybit === undefined || binanceusdm === undefined) throw new Error('a venue is missing');
  return { bybit, binanceusdm };
}
