/** ccxt's order books as quotes: exact text, base units, best level first; what no market can be is dropped. */
import { decimal, decimalFromFloat, toText, zero, type Decimal, type DecimalText } from '../../domain/decimal.ts';
import type { BookLevel, Quote } from '../../domain/quote.ts';
import type { RawBook } from '../exact-exchange.ts';

/** Deeper levels are never needed: a position takes a small part of the top. */
const keptLevels = 20;

export interface BookOrigin {
  readonly venue: string;
  readonly symbol: string;
  readonly contractSize: DecimalText;
}

/** Null for an empty, crossed or unordered book: it proves nothing about the market. */
export function quoteOfBook(origin: BookOrigin, book: RawBook, aliveAtMs: number): Quote | null {
  const bids = levelsOf(book.bids, origin.contractSize);
  const asks = levelsOf(book.asks, origin.contractSize);
  if (bids === null || asks === null) return null;
  const [bid] = bids;
  const [ask] = asks;
  if (bid === undefined || ask === undefined || !isBelow(bid.price, ask.price)) return null;
  return { venue: origin.venue, symbol: origin.symbol, bids, asks, aliveAtMs };
}

/** Floats that differ are of decimals that differ, in the same order; only equal ones need a closer look. */
function isBelow(first: DecimalText, second: DecimalText): boolean {
  const [left, right] = [Number(first), Number(second)];
  return left === right ? decimal(first).lt(decimal(second)) : left < right;
}

function levelsOf(side: RawBook['bids'], contractSize: DecimalText): BookLevel[] | null {
  const size = contractSize === '1' ? null : decimal(contractSize);
  const levels: BookLevel[] = [];
  for (const level of side) {
    if (levels.length >= keptLevels) break;
    const price = positiveText(level[0]);
    const quantity = positiveText(level[1]);
    if (price === null || price === '0' || quantity === null) return null;
    if (quantity === '0') continue;
    levels.push({ price, quantityBase: size === null ? quantity : toText(decimal(quantity).times(size)) });
  }
  return levels;
}

/**
 * Exact text of what is not below zero; null of anything else. A float of ccxt was parsed from the venue's text: its
 * shortest text is that text again, which the language writes without an exponent in this range. Most levels of most
 * books are such: they need no decimal.
 */
function positiveText(value: number | string | undefined): DecimalText | null {
  if (typeof value === 'number' && value >= 1e-6 && value < 1e15) return String(value);
  const exact = exactly(value);
  return exact === null || exact.lt(zero) ? null : toText(exact);
}

function exactly(value: number | string | undefined): Decimal | null {
  if (typeof value === 'number') return Number.isFinite(value) ? decimalFromFloat(value) : null;
  return typeof value === 'string' && value !== '' ? decimal(value) : null;
}
