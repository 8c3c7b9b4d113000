/**
 * A venue account: the port through which every order and every private read goes, in every mode.
 * Only addresses differ between a simulated and a real exchange.
 */
import type { InterestCharge, MarginState } from '../domain/margin/borrow.ts';
import type { DecimalText } from '../domain/decimal.ts';
import type { VenueFill, VenueFundingPayment } from '../domain/fill.ts';
import type { Instrument, InstrumentKind } from '../domain/instrument.ts';
import type { LiquidationCharge } from '../domain/margin/liquidation-charge.ts';
import type { OrderSide, SubmitOutcome } from '../domain/order.ts';
import type { Quote } from '../domain/quote.ts';

interface AnyOrderRequest {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly quantityBase: DecimalText;
  readonly reduceOnly: boolean;
  /** Of a spot order: what is missing of the coin that it spends is borrowed. */
  readonly borrows?: true;
  /** Wall time after which the request must not leave this process; checked again at the wire, after signing. */
  readonly sendByMs: number;
  /** Among the orders that wait for the account's pace: higher goes first. 0 unless given. */
  readonly urgency?: number;
}

export interface LimitOrderRequest extends AnyOrderRequest {
  /** `gtc` rests until it is cancelled; `post_only` rests or is refused, and never takes. */
  readonly timeInForce: 'ioc' | 'gtc' | 'post_only';
  /** Rounded to the tick, never across it. */
  readonly limitPrice: DecimalText;
}

/** At whatever price there is: for a venue or a moment without a limit worth naming. Prefer `ioc`. */
export interface MarketOrderRequest extends AnyOrderRequest {
  readonly timeInForce: 'market';
  readonly limitPrice: null;
}

export type VenueOrderRequest = LimitOrderRequest | MarketOrderRequest;
export type OrderKind = VenueOrderRequest['timeInForce'];

/**
 * What a venue takes as client order id: 28 letters and digits almost everywhere; `hex` is 32 hexadecimal digits
 * (a UUID without its hyphens), for venues whose free text is shorter.
 */
export type ClientOrderIdForm = 'alphanumeric' | 'hex';

export interface VenueOrder {
  readonly venueOrderId: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly quantityBase: DecimalText;
  /** Cumulative. */
  readonly filledBase: DecimalText;
  /** `done`: no more fills can come (filled, cancelled, expired, or rejected by the matching engine). */
  readonly status: 'open' | 'done';
}

/** What an order came to that the venue no longer shows, by its trades. */
export interface ForgottenOrder {
  readonly venueOrderId: string;
  readonly filledBase: DecimalText;
  readonly status: 'done';
  /** All that it had. */
  readonly fills: readonly VenueFill[];
}

export interface OrderLookUp {
  readonly clientOrderId: string;
  readonly symbol: string;
  /** Known once the venue has acknowledged. */
  readonly venueOrderId: string | null;
  /** Wall time of the claim: nothing can have been sent before it. */
  readonly claimedAtMs: number;
  readonly sendByMs: number;
  /** Nobody waits for the answer: the requests of others go first. */
  readonly isPatient?: true;
}

export type OrderLookUpResult =
  | { readonly kind: 'found'; readonly order: VenueOrder }
  /**
   * Acknowledged, and so old that the venue no longer shows what ended unfilled: no open order carries its id, and its
   * trades since the claim were read to the end.
   */
  | { readonly kind: 'forgotten'; readonly order: ForgottenOrder }
  /**
   * Proven: the venue's clock is past send-by + request expiry + margin, the visibility lag has passed,
   * and every page of the window was read.
   */
  | { readonly kind: 'absent' }
  /** Not seen, but it may still appear: ask again at `retryAtMs` (wall time). */
  | { readonly kind: 'not_yet_known'; readonly retryAtMs: number; readonly reason: string };

export interface VenueBalance {
  readonly currency: string;
  /** Net of what is owed: below zero is a debt. */
  readonly total: DecimalText;
  readonly free: DecimalText;
}

export interface VenuePosition {
  readonly symbol: string;
  /** Signed base units: long positive, short negative. */
  readonly quantityBase: DecimalText;
  readonly entryPrice: DecimalText | null;
  readonly markPrice: DecimalText | null;
  readonly liquidationPrice: DecimalText | null;
  readonly leverage: DecimalText | null;
}

export interface AccountReading {
  readonly account: string;
  readonly balances: readonly VenueBalance[];
  readonly positions: readonly VenuePosition[];
  /** Client order ids of open orders ('' where the venue shows none). */
  readonly openOrderIds: readonly string[];
  /** Free margin for new perpetual positions, in the settle currency; null on a spot account. */
  readonly freeMargin: DecimalText | null;
  /** Of an account that borrows coins: what it owes, and what it may. */
  readonly margin?: MarginState;
  /** Wall time just before the first request: all that had happened by then is in it. */
  readonly readAtMs: number;
}

export interface FundingRate {
  readonly symbol: string;
  /** Fraction of notional per interval; positive: longs pay shorts. */
  readonly rate: DecimalText;
  /** Market time of the venue. */
  readonly nextSettlementAtMs: number;
  readonly intervalHours: number;
}

/** What a venue can and cannot do; one file per venue states it. Milliseconds are wall time. */
export interface VenueCapabilities {
  readonly venue: string;
  readonly clientOrderIdForm: ClientOrderIdForm;
  readonly clientOrderIdScope: 'open_orders' | 'forever' | 'none';
  /** How the venue refuses a request that arrives late; `none` makes it not exactly-once. */
  readonly requestExpiry: { readonly mechanism: string; readonly expiryMs: number } | null;
  /** Longest time until an accepted order can be read. */
  readonly visibilityLagMs: number;
  /** For how long an order that ended without a fill can still be read, in market time; absent: the venue does not say. */
  readonly unfilledKeptMs?: number;
  readonly spotFeeCurrency: 'received' | 'quote';
  readonly fundingDelayMs: number;
  /** Funding is also realised by each trade that changes a position, not only at its settlements. */
  readonly fundingOnTrades?: true;
  /** Orders and fills of the past may be read a few times a minute only. */
  readonly scarceHistory?: true;
  /** Kinds of orders that `submit` takes; any other is refused before it is sent. */
  readonly orderKinds: readonly OrderKind[];
  /** Null or absent: spot orders here borrow nothing. */
  readonly lending?: LendingTerms | null;
  /** Why no order is sent to the venue at all, where it serves for its public data only. */
  readonly ordersRefused?: string;
}

/** How a venue lends coins to spot orders; what is bought of a coin pays its debt back by itself. */
export interface LendingTerms {
  /** Of what is owed, the part that the account must be worth to borrow more. */
  readonly collateralRate: DecimalText;
}

/** What the venue says that these keys may do. */
export interface KeyPermissions {
  /** Kinds of instruments whose orders they may place. */
  readonly trade: readonly InstrumentKind[];
  readonly withdraw: boolean;
}

/** Whether a late or repeated request can never make a second fillable order. */
export function isExactlyOnce(capabilities: VenueCapabilities): boolean {
  return capabilities.requestExpiry !== null || capabilities.clientOrderIdScope === 'forever';
}

/** Which orders a venue may cancel by itself when it does not hear of us. */
export interface DeadManGuard {
  readonly symbol: string;
  /** Client ids of ours that may be open. */
  readonly ownOrderIds: ReadonlySet<string>;
  /** Wall time from now; null takes the timer off. */
  readonly timeoutMs: number | null;
}

/** Every read throws `VenueError`; `submit` and `cancel` return what happened instead. */
export interface Venue {
  readonly account: string;
  readonly capabilities: VenueCapabilities;
  /** @throws VenueError `bad_symbol` when a symbol does not exist or cannot be traded, with the reason. */
  instruments(symbols: readonly string[]): Promise<Instrument[]>;
  serverTimeMs(): Promise<number>;
  /** Leverage, cross margin, one-way position mode. Idempotent. Nothing to do on a spot account. */
  prepare(symbols: readonly string[], leverage: DecimalText): Promise<void>;
  /** Sends at most once. Never throws for anything that the venue or the network did. */
  submit(request: VenueOrderRequest): Promise<SubmitOutcome>;
  lookUp(query: OrderLookUp): Promise<OrderLookUpResult>;
  /** Asks the venue to cancel; its effect is observed by `lookUp`. */
  cancel(order: { clientOrderId: string; venueOrderId: string | null; symbol: string }): Promise<void>;
  /** All fills of one order, every page. */
  orderFills(order: { venueOrderId: string; symbol: string }): Promise<VenueFill[]>;
  /** All fills of the account in the symbol since a market time, every page. */
  fillsSince(symbol: string, sinceMs: number): Promise<VenueFill[]>;
  fundingPaymentsSince(symbol: string, sinceMs: number): Promise<VenueFundingPayment[]>;
  /**
   * What the venue charged the account for liquidations beside their fills, and gave back of it, with a market time in
   * [sinceMs, untilMs]; not there where its fills say it all.
   */
  liquidationCharges?(sinceMs: number, untilMs: number): Promise<LiquidationCharge[]>;
  /** Interest that was charged since a market time, every page; absent where the account borrows nothing. */
  interestSince?(sinceMs: number): Promise<InterestCharge[]>;
  reading(symbols: readonly string[]): Promise<AccountReading>;
  /** Null where the venue cannot tell. */
  permissions(): Promise<KeyPermissions | null>;
  /**
   * Winds up the venue's dead-man timer, if it has one and every open order that it would cancel is ours; otherwise takes
   * it off. True: it is set. @throws VenueError
   */
  guard?(deadMan: DeadManGuard): Promise<boolean>;
  /**
   * Calls `onHint` when the venue's private stream tells of an order of the account in the symbol, until the signal
   * aborts. A hint may come late, twice or never: it is a reason to look, and no news by itself. Never rejects.
   */
  followOrders?(symbol: string, onHint: () => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Public data of the venues: no keys. */
export interface MarketData {
  instruments(venue: string, symbols: readonly string[]): Promise<Instrument[]>;
  /** A fresh order book over REST. */
  orderBook(venue: string, symbol: string): Promise<Quote>;
  fundingRate(venue: string, symbol: string): Promise<FundingRate>;
  /** Settled rates since a market time, oldest first. */
  fundingRatesSince(venue: string, symbol: string, sinceMs: number): Promise<SettledFundingRate[]>;
  /** Everything that is shown of a perpetual beside its order book. */
  perpetual(venue: string, symbol: string): Promise<PerpetualFigures>;
  /** The venue's newest public trades, oldest first: at least the last one, if any was ever made. */
  recentTrades(venue: string, symbol: string): Promise<PublicTrade[]>;
  /** Streams order books until the signal aborts; reconnects, watches for silent sockets, falls back to REST. */
  watch(
    instruments: readonly { venue: string; symbol: string }[],
    onQuote: (quote: Quote) => void,
    signal: AbortSignal,
  ): Promise<void>;
  close(): Promise<void>;
}

export interface PerpetualFigures {
  readonly funding: FundingRate;
  /** Null where the venue shows none. */
  readonly markPrice: DecimalText | null;
  readonly indexPrice: DecimalText | null;
}

export interface PublicTrade {
  readonly tradeId: string;
  readonly price: DecimalText;
  readonly quantityBase: DecimalText;
  /** Of the taker. */
  readonly side: OrderSide;
  /** Market time of the venue. */
  readonly atMs: number;
}

export interface SettledFundingRate {
  readonly symbol: string;
  readonly rate: DecimalText;
  readonly settledAtMs: number;
}

export type VenueErrorKind =
  | 'unavailable'
  | 'rate_limited'
  | 'clock_skew'
  | 'maintenance'
  | 'bad_symbol'
  | 'bad_request'
  | 'unauthorised'
  | 'not_found'
  | 'malformed_reply';

/** A failed read, split by what the caller does about it. Its message never holds a key, a signature or a signed address. */
export class VenueError extends Error {
  readonly kind: VenueErrorKind;
  readonly retryAfterMs: number | null;
  constructor(kind: VenueErrorKind, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.name = 'VenueError';
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
  /** Whether asking again later can help. */
  get retryable(): boolean {
    switch (this.kind) {
      case 'unavailable':
      case 'rate_limited':
      case 'clock_skew':
      case 'maintenance':
      case 'malformed_reply':
      case 'not_found':
        return true;
      case 'bad_symbol':
      case 'bad_request':
      case 'unauthorised':
        return false;
    }
  }
}
