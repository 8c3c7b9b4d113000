/** Order books in a line: `spotBook({ bids: [['0.9998', '10000']], asks: [['1.0000', '10000']] })`. */
import type { BookLevel, Quote } from '../../src/domain/quote.ts';
import { binancePerpetual, bybitSpot } from './plans.ts';

type Level = readonly [price: string, quantityBase: string];

interface Sides {
  readonly bids?: readonly Level[];
  readonly asks?: readonly Level[];
  readonly aliveAtMs?: number;
}

export function spotBook(sides: Sides): Quote {
  return bookOf(bybitSpot.venue, bybitSpot.symbol, sides);
}

export function perpBook(sides: Sides): Quote {
  return bookOf(binancePerpetual.venue, binancePerpetual.symbol, sides);
}

function bookOf(venue: string, symbol: string, { bids = [], asks = [], aliveAtMs = 0 }: Sides): Quote {
  return { venue, symbol, bids: levels(bids), asks: levels(asks), aliveAtMs };
}

function levels(side: readonly Level[]): BookLevel[] {
  return side.map(([price, quantityBase]) => ({ price, quantityBase }));
}
