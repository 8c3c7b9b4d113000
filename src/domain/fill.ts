/** What the venue says happened: fills and funding payments, as its own records state them. */
import type { DecimalText } from './decimal.ts';
import type { OrderSide } from './order.ts';

/** One match of an order. Natural key: account, symbol, venue order id, trade id (trade ids repeat across symbols and sides). */
export interface VenueFill {
  readonly venueOrderId: string;
  readonly tradeId: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly price: DecimalText;
  /** Base units, never contracts. */
  readonly quantityBase: DecimalText;
  /** Positive: paid. Negative: rebate. */
  readonly fee: DecimalText;
  readonly feeCurrency: string;
  readonly role: 'maker' | 'taker' | 'unknown';
  /** Market time of the venue, epoch milliseconds. */
  readonly executedAtMs: number;
}

/** Natural key: account, symbol, payment id. */
export interface VenueFundingPayment {
  readonly paymentId: string;
  readonly symbol: string;
  /** Signed for us: positive received, negative paid. */
  readonly amount: DecimalText;
  readonly currency: string;
  readonly settledAtMs: number;
}
