/** Mark and index price of a market: what a script set, else what was recorded, else what the venue's books say. */
import type { Decimal } from '../../domain/decimal.ts';
import { decimal } from '../../domain/decimal.ts';
import type { SimMarket, VenueState } from './state.ts';

const half = decimal('0.5');

/** What margin, unrealised profit, funding and liquidation go by: the centre, unless set or recorded. Null until the first price. */
export function markPriceOf(market: SimMarket): Decimal | null {
  return market.scriptedMark ?? market.recordedMark ?? market.house.centre;
}

/**
 * Unless set or recorded: of a perpetual, the mid price of the venue's spot market of the same coins, where it lists one; else the
 * centre. Null until the first price.
 */
export function indexPriceOf(state: VenueState, market: SimMarket): Decimal | null {
  const known = market.scriptedIndex ?? market.recordedIndex;
  if (known !== null) return known;
  if (market.instrument.kind === 'spot') return market.house.centre;
  for (const spot of state.markets.values()) {
    const { kind, base, quote } = spot.instrument;
    if (kind !== 'spot' || base !== market.instrument.base || quote !== market.instrument.quote) continue;
    return midPrice(spot) ?? market.house.centre;
  }
  return market.house.centre;
}

/** Of the best bid and ask, resting orders included; the centre where a side is empty. */
function midPrice({ house, restingBids, restingAsks }: SimMarket): Decimal | null {
  const bid = better(restingBids[0]?.price, house.bids[0]?.price, (left, right) => left.gt(right));
  const ask = better(restingAsks[0]?.price, house.asks[0]?.price, (left, right) => left.lt(right));
  return bid === null || ask === null ? house.centre : bid.plus(ask).times(half);
}

function better(
  first: Decimal | null | undefined,
  second: Decimal | undefined,
  isBetter: (left: Decimal, right: Decimal) => boolean,
): Decimal | null {
  if (first === null || first === undefined) return second ?? null;
  return second === undefined || isBetter(first, second) ? first : second;
}
