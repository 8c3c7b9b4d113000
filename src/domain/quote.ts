/** Order books as quotes: what can be traded now, how old it is, and what a size would cost. */
import type { DecimalText } from './decimal.ts';

export interface BookLevel {
  readonly price: DecimalText;
  /** Base units. */
  readonly quantityBase: DecimalText;
}

/** One instrument's order book, best level first on both sides. */
export interface Quote {
  readonly venue: string;
  readonly symbol: string;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
  /** Wall time, by local receipt, at which this book was last proved alive (any message for the symbol, or a REST read). */
  readonly aliveAtMs: number;
  /** The venue says that nothing is traded in it now: its prices are where orders that reduce are tried, and no more. */
  readonly isClosed?: true;
}
