/**
 * What the connector must know about one exchange beyond what ccxt unifies. One file per exchange states it;
 * adding an exchange is adding such a file and listing it in `dialects.ts`.
 */
import type { CoinLoan, InterestCharge, MarginState } from '../../domain/margin/borrow.ts';
import type { MarginLevel } from '../../domain/margin/cross-liquidation.ts';
import type { InstrumentKind } from '../../domain/instrument.ts';
import type { RejectionCategory } from '../../domain/order.ts';
import type { Pace } from '../calls/pacer.ts';
import type { KeyPermissions, OrderKind, VenueBalance, VenueCapabilities } from '../../ports/venue.ts';
import type { DecimalText } from '../../domain/decimal.ts';
import type { RawRecord } from './raw.ts';
import type { VenueReply } from '../calls/call-context.ts';
import type { ExactExchange, ExactMarket } from '../exact-exchange.ts';

/** One row of the records, that of a fill of the liquidation included: it counts for the paging. */
export interface ChargeRow {
  readonly id: string;
  readonly timestamp: number;
  /** The venue's id of the contract; null where it names none. */
  readonly marketId: string | null;
  /** Signed for us: negative paid. */
  readonly amount: DecimalText;
  readonly currency: string;
  readonly isOfTrade: boolean;
}

export interface LiquidationRecords {
  readonly paging: Paging;
  readonly fetchPage: (
    exchange: ExactExchange,
    sinceMs: number | undefined,
    limit: number,
    params: Readonly<Record<string, unknown>>,
  ) => Promise<ChargeRow[]>;
}

/** The venue's own code and words for a failure; null where the reply carries none. */
export interface VenueFailure {
  readonly code: string;
  readonly message: string;
}

/** Native parameters, passed through ccxt to the venue. */
export type NativeParams = Readonly<Record<string, string | number | boolean>>;

/**
 * Where an order says until when the venue may take it, beside the time in its signature: in a parameter, or in a
 * header that ccxt does not send. `text` is made of the venue's time, in epoch milliseconds.
 */
export interface OrderExpiry {
  readonly place: 'parameter' | 'header';
  readonly name: string;
  readonly text: (atMs: number) => string;
}

/**
 * How a list that is too long for one reply is read to its end.
 * `cursor`: the reply names the next page. `time`: oldest first, the next page starts at the last timestamp or id.
 * `offset`: newest first, the next page leaves out as many rows as were given.
 * `newest`: the venue gives its newest rows in one reply, up to now or to a given time, and no way to older ones.
 */
export type Paging =
  | {
      readonly kind: 'cursor';
      readonly parameter: string;
      /** Null where the reply has no rows, those of other symbols included, or is the last. */
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
      /**
       * The reply before ccxt left out the rows of other symbols: by it a page is full from `fullFrom` rows on, and the
       * next one begins at its newest. Not given where ccxt's list is the page.
       */
      readonly raw?: { readonly fullFrom: number; readonly timesOf: (body: unknown) => readonly number[] };
    }
  | {
      readonly kind: 'offset';
      readonly parameter: string;
      /** Rows of the reply before ccxt left out those of other symbols. */
      readonly rowsOf: (body: unknown) => number;
      readonly pageSize: number;
      readonly windowMs: number;
    }
  | {
      readonly kind: 'newest';
      /** Whether the rows may end at a time before now. */
      readonly takesUntil: boolean;
      /** Times of all rows of the reply, those of other symbols included: proof of how far back it reaches. */
      readonly timesOf: (body: unknown) => readonly number[];
      readonly pageSize: number;
      readonly windowMs: number;
    };

/** A timer by which the venue cancels the open orders of a symbol, or of the whole account. */
export interface DeadManTimer {
  readonly scope: 'symbol' | 'account';
  /** @param afterMs null takes it off */
  readonly wind: (exchange: ExactExchange, marketId: string, afterMs: number | null) => Promise<unknown>;
}

/** Requests that the venue counts by themselves, apart from `pace.reads`. */
export interface RequestPool {
  readonly pace: Pace;
  /** In the pool's units; 0 for what is not counted in it. */
  readonly costOf: (api: unknown, path: string, params: Readonly<Record<string, unknown>>) => number;
}

/** What a venue with `capabilities.lending` needs to be asked. */
export interface LendingDialect {
  /** Parameters of a spot order that may borrow. */
  readonly orderParams: NativeParams;
  /** The account's worth and debts, from the raw balance reply. */
  readonly margin: (info: unknown) => Pick<MarginState, 'equityUsd' | 'maintenanceUsd' | 'owedUsd'>;
  readonly loans: (exchange: ExactExchange, coins: readonly string[]) => Promise<CoinLoan[]>;
  readonly interestPaging: Paging;
  /** Native parameters that narrow ccxt's ledger to interest until a market time. */
  readonly interestParams: (untilMs: number) => NativeParams;
  /** From the venue's own row of the ledger. */
  readonly interestOf: (info: RawRecord) => InterestCharge;
}

export interface VenueDialect {
  readonly capabilities: VenueCapabilities;
  /** Kinds of instruments that this file was written and tested for. */
  readonly kinds: readonly InstrumentKind[];
  /** ccxt constructor options (`options`) and overrides of its feature table (`has`). */
  readonly exchangeOptions: Readonly<Record<string, unknown>>;
  readonly exchangeHas: Readonly<Record<string, boolean>>;
  /** Request paces in ccxt's cost units, together inside the venue's documented limits. */
  readonly pace: { readonly orders: Pace; readonly reads: Pace };
  /** Null where all reads are counted together. */
  readonly pool: RequestPool | null;
  /** Whose requests the limit of reads counts together: those of an account's keys, or all that come from one address. */
  readonly readsCountedBy: 'account' | 'address';
  /** Options that ccxt learns from the venue at the first private call, to be shared between instances. */
  readonly learnedOptions: readonly string[];
  /** Replaces what is wrong or missing in ccxt at this venue, on the instance; null where ccxt is right. */
  readonly adapt: ((exchange: ExactExchange) => void) | null;
  /** The venue refuses a nonce that is not above the last one: requests of one key go one after another. */
  readonly noncesMustIncrease: boolean;

  readonly failure: (reply: VenueReply) => VenueFailure | null;
  /** Codes that prove that an order was not executed. Every other code means: unknown. */
  readonly rejections: Readonly<Record<string, RejectionCategory>>;
  /** The order exists already under this client order id: an earlier send arrived. */
  readonly isDuplicate: (failure: VenueFailure) => boolean;
  /** A setting was already as asked for. */
  readonly isNoChange: (failure: VenueFailure) => boolean;
  /** An order that was asked for or is to be cancelled is not there, where ccxt's class does not say so. */
  readonly isNotFound: (failure: VenueFailure) => boolean;
  /** Rejections of an order that found nothing to match: the same order may be tried again. */
  readonly unmatchedCodes: ReadonlySet<string>;
  /** When to try again after a rate limit, if the reply says so in a way of its own. */
  readonly rateLimitResetMs: (reply: VenueReply, nowMs: number) => number | null;

  /** Parameters of every order. */
  readonly orderParams: (clientOrderId: string) => NativeParams;
  /** Parameters of each kind of order that the venue takes. */
  readonly orderKinds: Readonly<Partial<Record<OrderKind, NativeParams>>>;
  readonly orderExpiry: OrderExpiry | null;
  readonly deadMan: DeadManTimer | null;
  /**
   * Native parameters of the unified `cancelOrder` when only the client order id is known; null: it is found among
   * the open orders first.
   */
  readonly cancelByClientId: ((clientOrderId: string) => NativeParams) | null;
  /**
   * How an order is read by its client order id: by `fetchOrder` with these parameters, or from the
   * lists of open and closed orders narrowed by these parameters.
   */
  readonly readByClientId:
    | { readonly kind: 'order'; readonly params: (clientOrderId: string) => NativeParams }
    | { readonly kind: 'lists'; readonly params: (clientOrderId: string) => NativeParams };
  readonly readByVenueIdParams: NativeParams;
  /** Which of ccxt's lists holds the orders that are no longer open. */
  readonly closedOrders: 'fetchOrders' | 'fetchClosedOrders' | 'fetchCanceledAndClosedOrders';
  /** The raw status of an order, and what it means; a status that is not here is never guessed. */
  readonly rawStatus: (info: Readonly<Record<string, unknown>>) => string;
  readonly statuses: Readonly<Record<string, 'open' | 'done'>>;

  readonly openOrderPaging: Paging | null;
  readonly closedOrderPaging: Paging;
  readonly tradePaging: Paging;
  readonly fundingPaymentPaging: Paging;
  readonly fundingRatePaging: Paging;
  /** Native parameters that narrow the trade list to one order; null where it cannot be narrowed. */
  readonly tradesOfOrder: ((venueOrderId: string) => NativeParams) | null;
  /** Native parameters that narrow the trade list to the order of a client order id; not given where it cannot be. */
  readonly tradesByClientId?: (clientOrderId: string) => NativeParams;
  /** Further trade lists, beside the normal one: of fills which the venue made itself, or of what is new. Rows may repeat. */
  readonly venueTradeParams: (kind: InstrumentKind) => readonly NativeParams[];
  /** Where the venue books what a liquidation costs beside its fills; null where its fills say it all. */
  readonly liquidationRecords: LiquidationRecords | null;

  /** Factor that turns ccxt's funding amount into "positive received". */
  readonly fundingPaymentSign: '1' | '-1';
  /**
   * Where the hours between two funding settlements come from; `fallbackHours` where the venue names none. The next
   * settlement is the venue's own, or, where it names none, the next multiple of the interval.
   */
  readonly fundingInterval: {
    readonly source: 'rate' | 'intervals';
    readonly fallbackHours: number;
    readonly nextSettlement: 'named' | 'multiple_of_interval';
  };

  /** Wallet balances, without unrealised profit, from the raw balance reply. `codeOf` is ccxt's name of a currency. */
  readonly balances: (info: unknown, codeOf: (id: string) => string) => VenueBalance[];
  /** Free margin for new positions in `settle`, from the raw balance reply. */
  readonly freeMargin: (info: unknown, settle: string) => string;
  /**
   * Where the venue states no liquidation price of a position: what the account is worth and must be, from the raw
   * balance reply, for the price to be computed. Null: its positions say it, or that there is none.
   */
  readonly marginLevel: ((info: unknown) => MarginLevel) | null;
  /**
   * The maintenance margin of a small position, as the public list of markets says it: a fraction of its value. Null where
   * the market, or the venue, says none.
   */
  readonly maintenanceRate: ((market: ExactMarket) => DecimalText | null) | null;
  /** How loans for spot orders are taken and read; null where none are. */
  readonly lending: LendingDialect | null;
  /** Whether the venue has switches for margin mode and position mode that `prepare` must set. */
  readonly hasAccountModes: boolean;
  /** Whether ccxt reads the positions of one symbol a call. */
  readonly positionsOneByOne: boolean;
  /** What the keys may do; null where no endpoint tells. */
  readonly permissions: ((exchange: ExactExchange) => Promise<KeyPermissions>) | null;

  /** The coin of its own in which the venue takes the account's spot fees; null: one of the order's. Null where it does not tell. */
  readonly spotFeeCoin: ((exchange: ExactExchange) => Promise<string | null>) | null;

  /** Order book levels asked for in the stream and over REST. */
  readonly streamDepth: number;
  readonly bookDepth: number;
}
