/** ccxt's order books as quotes: exact text, base units, best level first; what no market can be is dropped. */
import { decimal, decimalFromFloat, toText, zero, type DecimalText } from '../domain/decimal.ts';
import type { BookLevel, Quote } from '../domain/quote.ts';
import type { FloatBook } from './exchange.ts';

/** Deeper levels are never needed: a position takes a small part of the top. */
const keptLevels = 20;

export interface BookOrigin {
  readonly venue: string;
  readonly symbol: string;
  readonly contractSize: DecimalText;
}

/** Null for an empty, crossed or unordered book: it proves nothing about the market. */
export function quoteOfBook(origin: BookOrigin, book: FloatBook, aliveAtMs: number): Quote | null {
  const bids = levelsOf(book.bids, origin.contractSize);
  const asks = levelsOf(book.asks, origin.contractSize);
  if (bids === null || asks === null) return null;
  const [bid] = bids;
  const [ask] = asks;
  if (bid === undefined || ask === undefined || decimal(bid.price).gte(decimal(ask.price))) return null;
  return { venue: origin.venue, symbol: origin.symbol, bids, asks, aliveAtMs };
}

/** Levels as ccxt holds them are floats parsed from the venue's text: their shortest text is that text again. */
function levelsOf(side: FloatBook['bids'], contractSize: DecimalText): BookLevel[] | null {
  const size = decimal(contractSize);
  const levels: BookLevel[] = [];
  for (const [price, quantity] of side) {
    if (levels.length >= keptLevels) break;
    if (price === undefined || quantity === undefined || !(price > 0) || !Number.isFinite(quantity)) return null;
    const base = decimalFromFloat(quantity).times(size);
    if (base.gt(zero)) levels.push({ price: toText(decimalFromFloat(price)), quantityBase: toText(base) });
  }
  return levels;
}
