/** Lines of the simulated exchanges' feed port, as docs/simulated-exchanges.md describes them. */
import type { Quote } from '../../src/domain/quote.ts';
import type { FundingRate, PerpetualFigures, PublicTrade } from '../../src/ports/venue.ts';

export interface FedInstrument {
  /** ccxt id. */
  readonly venue: string;
  /** Unified symbol. */
  readonly symbol: string;
}

export type FeedLine = FedInstrument & Readonly<Record<string, unknown>>;

/** Its time is that of its proof of life: a book that is proved again is sent again. */
export function bookLine({ venue, symbol, bids, asks, aliveAtMs }: Quote): FeedLine {
  const levels = (side: Quote['bids']) => side.map(({ price, quantityBase }) => [price, quantityBase]);
  return { venue, symbol, bids: levels(bids), asks: levels(asks), atMs: aliveAtMs };
}

/** Nothing to trade with, as nothing is known. */
export function emptyBookLine({ venue, symbol }: FedInstrument, atMs: number): FeedLine {
  return { venue, symbol, bids: [], asks: [], atMs };
}

export function tradeLine({ venue, symbol }: FedInstrument, trade: PublicTrade): FeedLine {
  const { price, quantityBase: quantity, side, atMs } = trade;
  return { venue, symbol, trade: { price, quantity, side, atMs } };
}

export function perpetualLines(place: FedInstrument, figures: PerpetualFigures): FeedLine[] {
  const { funding, markPrice, indexPrice } = figures;
  const prices = {
    ...(markPrice === null ? {} : { mark: markPrice }),
    ...(indexPrice === null ? {} : { index: indexPrice }),
  };
  return [
    fundingLine(place, funding),
    ...(Object.keys(prices).length === 0 ? [] : [{ venue: place.venue, symbol: place.symbol, ...prices }]),
  ];
}

const minuteMs = 60_000;

function fundingLine({ venue, symbol }: FedInstrument, funding: FundingRate): FeedLine {
  const { rate, nextSettlementAtMs, intervalHours } = funding;
  // Some exchanges name it a few milliseconds off the hour.
  const settlesAtMs = Math.round(nextSettlementAtMs / minuteMs) * minuteMs;
  return { venue, symbol, fundingRate: rate, settlesAtMs, intervalHours };
}
