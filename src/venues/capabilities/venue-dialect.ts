/**
 * What the connector must know about one exchange beyond what ccxt unifies. One file per exchange states it;
 * adding an exchange is adding such a file and listing it in the registry.
 */
import type { RejectionCategory } from '../../domain/order.ts';
import type { Pace } from '../pacer.ts';
import type { VenueBalance, VenueCapabilities } from '../../ports/venue.ts';

/** One HTTP reply, as the transport saw it. */
export interface VenueReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or undefined when the body was not JSON. */
  readonly body: unknown;
}

/** The venue's own code and words for a failure; null where the reply carries none. */
export interface VenueFailure {
  readonly code: string;
  readonly message: string;
}

/** Native parameters, passed through ccxt to the venue. */
export type NativeParams = Readonly<Record<string, string | number | boolean>>;

/**
 * How a list that is too long for one reply is read to its end.
 * `cursor`: the reply names the next page. `time`: oldest first, the next page starts at the last timestamp or id.
 */
export type Paging =
  | {
      readonly kind: 'cursor';
      readonly parameter: string;
      readonly nextCursor: (body: unknown) => string | null;
      readonly pageSize: number;
      /** Longest time range that one request may ask for. */
      readonly windowMs: number;
    }
  | {
      readonly kind: 'time';
      readonly pageSize: number;
      readonly windowMs: number;
      /** Parameter that continues after a full page by the entry's id, without a time: exact within a millisecond. */
      readonly continueById: string | null;
    };

export interface VenueDialect {
  readonly capabilities: VenueCapabilities;
  /** Kinds of instruments that this file was written and tested for. */
  readonly kinds: readonly ('spot' | 'perpetual')[];
  /** ccxt constructor options (`options`) and overrides of its feature table (`has`). */
  readonly exchangeOptions: Readonly<Record<string, unknown>>;
  readonly exchangeHas: Readonly<Record<string, boolean>>;
  /** Request paces in ccxt's cost units, together inside the venue's documented limits. */
  readonly pace: { readonly orders: Pace; readonly reads: Pace };
  /** Options that ccxt learns from the venue at the first private call, to be shared between instances. */
  readonly learnedOptions: readonly string[];

  readonly failure: (reply: VenueReply) => VenueFailure | null;
  /** Codes that prove that an order was not executed. Every other code means: unknown. */
  readonly rejections: Readonly<Record<string, RejectionCategory>>;
  /** The order exists already under this client order id: an earlier send arrived. */
  readonly isDuplicate: (failure: VenueFailure) => boolean;
  /** A setting was already as asked for. */
  readonly isNoChange: (failure: VenueFailure) => boolean;
  /** When to try again after a rate limit, if the reply says so in a way of its own. */
  readonly rateLimitResetMs: (reply: VenueReply, nowMs: number) => number | null;

  /** Native parameters of the unified `cancelOrder` when only the client order id is known. */
  readonly cancelByClientId: (clientOrderId: string) => NativeParams;
  /**
   * How an order is read by its client order id: by `fetchOrder` with these parameters, or from the
   * lists of open and closed orders narrowed by these parameters.
   */
  readonly readByClientId:
    | { readonly kind: 'order'; readonly params: (clientOrderId: string) => NativeParams }
    | { readonly kind: 'lists'; readonly params: (clientOrderId: string) => NativeParams };
  readonly readByVenueIdParams: NativeParams;
  /** Which of ccxt's lists holds the orders that are no longer open. */
  readonly closedOrders: 'fetchOrders' | 'fetchCanceledAndClosedOrders';
  /** The raw status of an order, and what it means; a status that is not here is never guessed. */
  readonly rawStatus: (info: Readonly<Record<string, unknown>>) => string;
  readonly statuses: Readonly<Record<string, 'open' | 'done'>>;

  readonly openOrderPaging: Paging | null;
  readonly closedOrderPaging: Paging;
  readonly tradePaging: Paging;
  readonly fundingPaymentPaging: Paging;
  readonly fundingRatePaging: Paging;
  /** Native parameters that narrow the trade list to one order. */
  readonly tradesOfOrder: (venueOrderId: string) => NativeParams;
  /** Further trade lists, beside the normal one, that hold fills which the venue made itself. */
  readonly venueTradeParams: readonly NativeParams[];

  /** Factor that turns ccxt's funding amount into "positive received". */
  readonly fundingPaymentSign: '1' | '-1';
  /** Where the hours between two funding settlements come from; `fallbackHours` where the venue names none. */
  readonly fundingInterval: { readonly source: 'rate' | 'intervals'; readonly fallbackHours: number };

  /** Wallet balances, without unrealised profit, from the raw balance reply. */
  readonly balances: (info: unknown) => VenueBalance[];
  /** Free margin for new positions in `settle`, from the raw balance reply. */
  readonly freeMargin: (info: unknown, settle: string) => string;
  /** Whether the venue has switches for margin mode and position mode that `prepare` must set. */
  readonly hasAccountModes: boolean;

  /** Order book levels asked for in the stream and over REST. */
  readonly streamDepth: number;
  readonly bookDepth: number;
}
