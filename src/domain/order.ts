/** Orders as the position's life sees them: an intent, its states in the ledger, and what became of the request. */
import type { DecimalText } from './decimal.ts';

export type LegName = 'spot' | 'perp';
export type OrderSide = 'buy' | 'sell';

/**
 * Why an order exists. `open`, `reduce` and `close` move both legs; `hedge` follows what a resting order received; `top_up`,
 * `trim` and `unwind` repair one. `venue`: not ours; the venue, or a person's hand on the account, made it.
 */
export type OrderPurpose = 'open' | 'hedge' | 'top_up' | 'trim' | 'unwind' | 'reduce' | 'close' | 'venue';

/** How long an order lives. `ioc` and `market` end at once; `post_only` rests until it is filled or cancelled. */
export type OrderTimeInForce = 'ioc' | 'post_only' | 'market';

/** Ledger states of an order row. `absent` is proven: nothing of it exists at the venue and nothing can appear. */
export type OrderState = 'prepared' | 'sending' | 'open' | 'done' | 'rejected' | 'absent';

/** An order that was decided but not yet written: everything but its client order id. */
export interface OrderIntent {
  readonly leg: LegName;
  readonly account: string;
  readonly venue: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly purpose: OrderPurpose;
  /** Decision number inside the position, from 1; together with leg, purpose and attempt it makes the client order id. */
  readonly step: number;
  /** From 1; raised only after the attempt before was proven absent or definitely not executed. */
  readonly attempt: number;
  /** Base units, a multiple of the instrument's step. */
  readonly quantityBase: DecimalText;
  /**
   * A multiple of the tick. Of a marketable order the worst price that it may fill at; of a `market` order, which
   * carries none, the worst that its size was chosen for.
   */
  readonly limitPrice: DecimalText;
  readonly timeInForce: OrderTimeInForce;
  readonly reduceOnly: boolean;
  /** Of a spot order: what the account does not have of the coin that it spends is borrowed. */
  readonly borrows?: true;
}

export interface Order extends OrderIntent {
  readonly clientOrderId: string;
  readonly positionKey: string;
}

/** What one send came to. Only these four; see docs/adr/0002. */
export type SubmitOutcome =
  /** Definitely never reached the venue. */
  | { readonly kind: 'not_sent'; readonly reason: string }
  | { readonly kind: 'accepted'; readonly venueOrderId: string }
  /**
   * A code on the venue's own list of definite rejections. `retryAfterMs` is set when the same order may be tried again as
   * a new attempt. `isUnmatched`: it found nothing to take within its limit, which is an order without a fill elsewhere.
   */
  | {
      readonly kind: 'rejected';
      readonly reason: string;
      readonly category: RejectionCategory;
      readonly code: string;
      readonly retryAfterMs: number | null;
      readonly isUnmatched?: true;
    }
  /** Everything else: it may have been executed, or may still be. Look it up; never send it again. */
  | { readonly kind: 'unknown'; readonly reason: string };

export type RejectionCategory =
  'insufficient_balance' | 'order_rejected' | 'reduce_only_rejected' | 'unauthorised' | 'rate_limited' | 'expired';

/** An order's end as observed at the venue, with its fills booked from the venue's trade list. */
export type OrderSettlement =
  /** No more fills can come. `filledBase` is cumulative; `receivedBase` is the change of the base holding, of spot net of fees charged in the base coin (signed: buys positive). */
  | {
      readonly kind: 'done';
      readonly venueOrderId: string | null;
      readonly filledBase: DecimalText;
      readonly receivedBase: DecimalText;
      readonly averagePrice: DecimalText | null;
      /** Fees in the quote currency; those taken in the base coin at the price of their fill. */
      readonly feesQuote: DecimalText;
      readonly firstFillAtMs: number | null;
      readonly isFenced?: true;
    }
  /** Proven to have never existed at the venue, and can no longer appear. `isFenced`: a person works on the position without Temporal. */
  | { readonly kind: 'absent'; readonly isFenced?: true };

/** What a resting order has come to by the time that it is worth looking at. */
export type OrderProgress =
  | OrderSettlement
  /** It may fill further at any moment. */
  | (Omit<Extract<OrderSettlement, { kind: 'done' }>, 'kind'> & { readonly kind: 'resting' });
