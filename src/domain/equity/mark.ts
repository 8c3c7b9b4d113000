/** One marking of a book's equity: what the ledger keeps of it. Plain JSON. */
import type { DecimalText } from '../decimal.ts';
import type { Money } from '../money.ts';
import type { ValuePart } from './valuation.ts';

/** What was put into an account from outside until then, less what was taken out; what it declared at first included. */
export interface Transfer {
  readonly account: string;
  readonly currency: string;
  readonly amount: DecimalText;
  /** Of a unit, at this mark; zero where none is known. */
  readonly priceUsd: DecimalText;
}

/** What returns are computed from. */
export interface EquityPoint {
  readonly atMarketMs: number;
  readonly equityUsd: DecimalText;
  readonly transfers: readonly Transfer[];
}

export interface EquityMark extends EquityPoint {
  readonly book: string;
  /** Its name within the book: one a market hour, and one a closed position. */
  readonly mark: string;
  readonly atWallMs: number;
  readonly parts: readonly ValuePart[];
  readonly unpriced: readonly Money[];
}

export const marketHourMs = 3_600_000;

export function hourMark(atMarketMs: number): string {
  return `hour/${new Date(Math.floor(atMarketMs / marketHourMs) * marketHourMs).toISOString()}`;
}

export function closeMark(key: string): string {
  return `close/${key}`;
}
