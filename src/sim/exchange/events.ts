/**
 * Everything that can happen to an exchange's state. State is the fold of these events and nothing else:
 * the journal holds them, and a restart applies them again. Decimals are text, times are market time.
 */
import type { DecimalText } from '../../domain/decimal.ts';
import type { OrderSide } from '../../domain/order.ts';

export type OrderType = 'limit' | 'market';
export type TimeInForce = 'gtc' | 'ioc' | 'fok' | 'post_only';
/** Why an order was cancelled by, or in the name of, its owner. */
export type CancelReason = 'user' | 'dead_man_switch';
export type DoneStatus = 'filled' | 'cancelled' | 'expired';

/** Venue-initiated orders belong to the account but were not asked for by it. */
export type OrderOrigin = 'user' | 'liquidation' | 'adl';

export interface OpenedOrder {
  readonly id: string;
  readonly clientOrderId: string;
  readonly account: string;
  readonly instrument: string;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  /** Null for a market order. */
  readonly price: DecimalText | null;
  readonly quantity: DecimalText;
  /** `quote`: a market order of spot that spends, or brings in, an amount. */
  readonly quantityUnit: 'base' | 'quote';
  readonly reduceOnly: boolean;
  /** Absent: `user`. */
  readonly origin?: OrderOrigin;
  /** Absent: as the venue charges. */
  readonly feeIn?: 'base' | 'quote';
  /** Absent: no. */
  readonly borrow?: boolean;
}

export interface OrderFilled {
  readonly kind: 'order_filled';
  readonly orderId: string;
  readonly tradeId: string;
  readonly price: DecimalText;
  /** Base units. */
  readonly quantity: DecimalText;
  readonly role: 'maker' | 'taker';
  /** Positive: paid. Rounded to 8 places. */
  readonly fee: DecimalText;
  readonly feeCurrency: string;
  /** Perpetuals: profit of the part that closed, rounded to 8 places; `0` otherwise. */
  readonly realised: DecimalText;
  /** Funding that had accrued on the position before, where a trade realises it. Absent: none. */
  readonly funding?: {
    /** Signed for the account: positive received. Rounded to 8 places. */
    readonly amount: DecimalText;
    readonly rate: DecimalText;
    readonly markPrice: DecimalText;
  };
  /** The modelled house, or the order on the other side. */
  readonly counterparty: string;
  /** Settled outside the order book, by the venue: no public trade and no last price. Absent: no. */
  readonly offBook?: boolean;
}

/** Why a venue moved a balance by itself. `INSURANCE_CLEAR`: the insurance fund made good what a liquidation left. */
export type BookedType = 'LIQUIDATION_FEE' | 'INSURANCE_CLEAR' | 'INTEREST';

export type SimEvent =
  | {
      readonly kind: 'account_opened';
      readonly account: string;
      readonly balances: Readonly<Record<string, DecimalText>>;
    }
  | {
      readonly kind: 'balance_adjusted';
      readonly account: string;
      readonly currency: string;
      readonly amount: DecimalText;
    }
  | { readonly kind: 'order_opened'; readonly order: OpenedOrder }
  | OrderFilled
  | { readonly kind: 'order_done'; readonly orderId: string; readonly status: DoneStatus; readonly reason: string }
  | {
      readonly kind: 'funding_settled';
      readonly instrument: string;
      readonly rate: DecimalText;
      readonly markPrice: DecimalText;
      readonly payments: readonly {
        readonly account: string;
        readonly paymentId: string;
        /** Signed for the account: positive received. Rounded to 8 places. */
        readonly amount: DecimalText;
      }[];
    }
  | {
      readonly kind: 'leverage_set';
      readonly account: string;
      readonly instrument: string;
      readonly leverage: number;
    }
  | {
      readonly kind: 'levels_set';
      readonly instrument: string;
      readonly centre: DecimalText;
      /** Null: the depth model around the centre. */
      readonly bids: readonly (readonly [DecimalText, DecimalText])[] | null;
      readonly asks: readonly (readonly [DecimalText, DecimalText])[] | null;
    }
  | {
      readonly kind: 'marks_set';
      readonly instrument: string;
      /** Null: as the venue works it out. Absent: as before. */
      readonly mark?: DecimalText | null;
      readonly index?: DecimalText | null;
    }
  | {
      readonly kind: 'funding_interval_set';
      readonly instrument: string;
      /** Of all settlements after this event. */
      readonly hours: number;
    }
  | {
      readonly kind: 'income_booked';
      readonly type: BookedType;
      readonly account: string;
      /** '' when it is for no instrument. */
      readonly instrument: string;
      readonly currency: string;
      /** Signed for the account: positive received. */
      readonly amount: DecimalText;
    }
  | {
      readonly kind: 'lending_set';
      readonly currency: string;
      /** Whether the venue lends the coin from now on; what is owed stays owed. */
      readonly isLent: boolean;
    }
  | { readonly kind: 'tape_stopped' };

/** One journal line: what one command did, whole or not at all. */
export interface Transaction {
  readonly sequence: number;
  readonly venue: string;
  /** Market time, epoch milliseconds. */
  readonly atMs: number;
  readonly events: readonly SimEvent[];
}
