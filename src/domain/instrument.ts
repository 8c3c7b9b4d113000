/** What is traded: one symbol at one venue, with the sizes and prices that the venue accepts. */
import type { DecimalText } from './decimal.ts';

export type InstrumentKind = 'spot' | 'perpetual';

export interface Instrument {
  /** ccxt id of the venue, e.g. `bybit`, `binanceusdm`. */
  readonly venue: string;
  /** Unified ccxt symbol: `USDC/USDT` (spot), `USDC/USDT:USDT` (perpetual). */
  readonly symbol: string;
  readonly kind: InstrumentKind;
  readonly base: string;
  readonly quote: string;
  /** Currency that a perpetual settles in; null for spot. */
  readonly settle: string | null;
  /** Base units in one contract; `1` for spot. Every quantity of ours is in base units, never in contracts. */
  readonly contractSize: DecimalText;
  /** Price increment, in quote per base. */
  readonly priceTick: DecimalText;
  /** Quantity increment (lot), in base units. */
  readonly quantityStep: DecimalText;
  /** Smallest order, in base units. */
  readonly minimumQuantity: DecimalText;
  /** Smallest order, in quote units. */
  readonly minimumNotional: DecimalText;
  /** Currency in which the venue charges the fee: of the coin received (spot of bybit), or always the quote or settle coin. */
  readonly feeCurrency: 'received' | 'quote';
}

/** Which instrument of which account: enough to route an order to its task queue and its venue. */
export interface InstrumentRef {
  /** Configured account name: one set of keys at one venue. */
  readonly account: string;
  readonly symbol: string;
}

/** @param symbol unified: of a perpetual it names the coin that it settles in, `USDC/USDT:USDT` */
export function isPerpetual(symbol: string): boolean {
  return symbol.includes(':');
}
