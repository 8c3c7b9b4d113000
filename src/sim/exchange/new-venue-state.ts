/** The state of an exchange before anything has happened at it. */
import type { DepthModel } from './book.ts';
import { emptyHouseBook } from './book.ts';
import type { FundingSeries } from './funding.ts';
import type { SimInstrument } from './instruments.ts';
import type { FeesOf, VenueRules } from './rules.ts';
import type { SimMarket, VenueState } from './state.ts';

interface Listing {
  readonly instrument: SimInstrument;
  readonly model: DepthModel;
  readonly funding: FundingSeries | null;
}

export function newVenueState(
  venue: string,
  rules: VenueRules,
  feesOf: FeesOf,
  listed: readonly Listing[],
): VenueState {
  const markets = listed.map(({ instrument, model, funding }): [string, SimMarket] => [
    instrument.id,
    {
      instrument,
      model,
      house: emptyHouseBook(),
      restingBids: [],
      restingAsks: [],
      publicTrades: [],
      restingRevision: 0,
      lastPrice: null,
      scriptedAtMs: null,
      scriptedMark: null,
      scriptedIndex: null,
      recordedMark: null,
      recordedIndex: null,
      fundingChanges: funding?.changes ?? [],
    },
  ]);
  return {
    venue,
    rules,
    feesOf,
    markets: new Map(markets),
    accounts: new Map(),
    orders: new Map(),
    orderCount: 0,
    tradeCount: 0,
    incomeCount: 0,
    insuranceFund: new Map(),
    recalled: new Set(),
    tapeStopped: false,
    lastEventAtMs: null,
  };
}
