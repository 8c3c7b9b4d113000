/** What this connector uses of a ccxt instance built with `number: String`: amounts and prices are exact text. */
import type { HttpTransport } from './calls/http-transport.ts';

type Params = Readonly<Record<string, unknown>>;
type Raw = Readonly<Record<string, unknown>>;
type ListMethod<T> = (symbol: string, sinceMs?: number, limit?: number, params?: Params) => Promise<T[]>;

/** With `number: String`, what ccxt types as numbers are exact strings. */
export interface ExactMarket {
  readonly symbol: string;
  readonly id: string;
  readonly base: string;
  /** As the venue writes it, where ccxt keeps that: `kPEPE` for `KPEPE`. */
  readonly baseName?: string | undefined;
  readonly quote: string;
  readonly settle?: string | undefined;
  readonly spot?: boolean | undefined;
  readonly swap?: boolean | undefined;
  readonly linear?: boolean | undefined;
  readonly active?: boolean | undefined;
  readonly contractSize?: string | undefined;
  readonly precision: { readonly amount?: string | undefined; readonly price?: string | undefined };
  readonly limits: {
    readonly leverage?: { readonly max?: string | number | undefined } | undefined;
    readonly amount?: { readonly min?: string | undefined } | undefined;
    readonly cost?: { readonly min?: string | undefined } | undefined;
  };
  readonly info?: unknown;
}

export interface ExactOrder {
  readonly id?: string | undefined;
  readonly clientOrderId?: string | undefined;
  readonly side?: string | undefined;
  readonly amount?: string | undefined;
  readonly filled?: string | undefined;
  readonly timestamp?: number | undefined;
  readonly info: Raw;
}

export interface ExactTrade {
  readonly id?: string | undefined;
  readonly order?: string | undefined;
  /** Of its order, where the venue's list names it and ccxt, or what replaces it here, tells. */
  readonly clientOrderId?: string | undefined;
  readonly side?: string | undefined;
  readonly price?: string | undefined;
  readonly amount?: string | undefined;
  readonly fee?: { readonly cost?: string | undefined; readonly currency?: string | undefined } | undefined;
  readonly takerOrMaker?: string | undefined;
  readonly timestamp?: number | undefined;
  readonly info: Raw;
}

export interface ExactFundingPayment {
  readonly id?: string | undefined;
  readonly symbol?: string | undefined;
  readonly amount?: string | undefined;
  readonly code?: string | undefined;
  readonly timestamp?: number | undefined;
}

export interface ExactLedgerEntry {
  readonly id?: string | undefined;
  readonly timestamp?: number | undefined;
  readonly info: unknown;
}

export interface ExactPosition {
  readonly symbol?: string | undefined;
  readonly side?: string | undefined;
  readonly contracts?: string | undefined;
  readonly entryPrice?: string | undefined;
  readonly markPrice?: string | undefined;
  readonly liquidationPrice?: string | undefined;
  readonly leverage?: string | undefined;
  readonly info: Raw;
}

export interface ExactFundingRate {
  readonly fundingRate?: string | undefined;
  readonly fundingTimestamp?: number | undefined;
  readonly interval?: string | undefined;
  readonly markPrice?: string | undefined;
  readonly indexPrice?: string | undefined;
}

/** Levels are floats at most exchanges even with `number: String`, and exact text at some. */
export interface RawBook {
  readonly bids: readonly (readonly (number | string)[])[];
  readonly asks: readonly (readonly (number | string)[])[];
}

/** ccxt's side of one websocket. */
export interface StreamClient {
  throttle: unknown;
  readonly connected: Promise<unknown>;
  /** What comes under a name. */
  future: (name: string) => Promise<unknown>;
}

export interface ExactExchange {
  readonly id: string;
  readonly options: Record<string, unknown>;
  readonly has: Record<string, unknown>;
  readonly markets: Readonly<Record<string, ExactMarket>> | undefined;
  readonly currencies: unknown;
  urls: { api: unknown; test?: unknown };
  readonly hostname?: string | undefined;
  /** Of every REST request. */
  readonly headers: Readonly<Record<string, unknown>>;
  fetchImplementation: HttpTransport['fetchImplementation'];
  /** The websocket to an address. */
  client: (address: string) => StreamClient;
  nonce: () => number;
  throttle: (cost?: number) => Promise<void>;
  fetch2: (path: string, api: string | readonly string[], ...rest: readonly unknown[]) => Promise<unknown>;
  safeCurrencyCode(id: string): string;
  market(symbol: string): ExactMarket;
  parseTrade(row: Raw, market: ExactMarket): ExactTrade;
  parseOrder(row: Raw, market: ExactMarket): ExactOrder;
  setSandboxMode(enabled: boolean): void;
  /** Of the newest load, done or not. */
  marketsLoading: unknown;
  reloadingMarkets: boolean | undefined;
  loadMarkets(reload?: boolean): Promise<Readonly<Record<string, ExactMarket>>>;
  /** In place of all that were there; `currencies` are merged into those that are known. */
  setMarkets(markets: readonly ExactMarket[], currencies: unknown): unknown;
  setMarketsFromExchange(source: ExactExchange): unknown;
  fetchTime(): Promise<number | undefined>;
  amountToPrecision(symbol: string, amount: string): string;
  priceToPrecision(symbol: string, price: string): string;
  createOrder(
    symbol: string,
    type: 'limit' | 'market',
    side: string,
    amount: string,
    price: string | undefined,
    params: Params,
  ): Promise<ExactOrder>;
  cancelOrder(id: string | undefined, symbol: string, params: Params): Promise<unknown>;
  fetchOrder(id: string | undefined, symbol: string, params: Params): Promise<ExactOrder>;
  /** Without a symbol: of the whole account. */
  fetchOpenOrders(symbol?: string, sinceMs?: number, limit?: number, params?: Params): Promise<ExactOrder[]>;
  fetchOrders: ListMethod<ExactOrder>;
  fetchClosedOrders: ListMethod<ExactOrder>;
  fetchCanceledAndClosedOrders: ListMethod<ExactOrder>;
  fetchMyTrades: ListMethod<ExactTrade>;
  fetchFundingHistory: ListMethod<ExactFundingPayment>;
  /** Without a currency: of all. */
  fetchLedger(code: undefined, sinceMs?: number, limit?: number, params?: Params): Promise<ExactLedgerEntry[]>;
  fetchFundingRateHistory: ListMethod<{ fundingRate?: string | undefined; timestamp?: number | undefined }>;
  fetchFundingRate(symbol: string): Promise<ExactFundingRate>;
  fetchMarkPrice(symbol: string, params: Params): Promise<{ readonly markPrice?: string | undefined }>;
  fetchTrades: ListMethod<ExactTrade>;
  fetchFundingIntervals(symbols: readonly string[]): Promise<Readonly<Record<string, ExactFundingRate>>>;
  fetchBalance(): Promise<{ readonly info: unknown }>;
  fetchPositions(symbols: readonly string[]): Promise<ExactPosition[]>;
  setLeverage(leverage: string, symbol: string): Promise<unknown>;
  setMarginMode(mode: 'cross', symbol: string): Promise<unknown>;
  setPositionMode(hedged: boolean, symbol: string): Promise<unknown>;
  fetchOrderBook(symbol: string, limit: number): Promise<RawBook>;
  watchOrderBook(symbol: string, limit: number): Promise<RawBook>;
  watchOrders(symbol: string): Promise<unknown>;
  /** Calls the method later, and what it calls then is nobody's to wait for. */
  delay: (delayMs: number, method: (...given: unknown[]) => unknown, ...given: unknown[]) => void;
  spawn: (method: (...given: unknown[]) => unknown, ...given: unknown[]) => unknown;
  isUnifiedEnabled?(): Promise<unknown>;
  loadLeverageBrackets?(): Promise<unknown>;
  close(): Promise<unknown>;
}
