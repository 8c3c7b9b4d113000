/** One websocket connection and what it has subscribed. */
import type { WebSocket } from 'ws';
import type { BookDifference, BookFeed, BookVersion } from '../../feed/book-feed.ts';
import type { Memo } from '../memo.ts';
import type { Category } from './call.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One look at what has changed, for all connections: what they share is worked out once. */
export interface Pass {
  /** Another one each time. */
  readonly number: number;
  readonly wallMs: number;
  /** Market time. */
  readonly nowMs: number;
  readonly books: Memo<BookVersion>;
  readonly differences: Memo<BookDifference>;
  readonly tickers: Memo<Fields>;
  readonly messages: Memo<Fields>;
}

export interface SentTicker {
  /** Of the pass that made it: the same number, the same fields. */
  readonly pass: number;
  readonly fields: Fields;
}

export interface PublicTopic {
  readonly kind: 'orderbook' | 'tickers' | 'publicTrade' | 'kline' | 'allLiquidation';
  readonly feed: BookFeed;
  /** Levels of an order book. */
  readonly depth: number;
  /** Length of a candle. */
  readonly lengthMs: number;
  sentBook: BookVersion | null;
  sentTicker: SentTicker | null;
  /** What the ticker was worked out from; the same again means the same ticker. */
  tickerBasis: string;
  sentCandle: string;
  sentAtMs: number;
  lastTradeId: string | null;
}

export interface Connection {
  readonly id: string;
  readonly socket: WebSocket;
  /** What a public connection is for; null for a private one. */
  readonly category: Category | null;
  /** Null until a private connection has signed in. */
  account: string | null;
  readonly publicTopics: Map<string, PublicTopic>;
  readonly privateTopics: Set<string>;
}
