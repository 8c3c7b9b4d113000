/** One websocket connection and what it has subscribed. */
import type { WebSocket } from 'ws';
import type { BookFeed, BookVersion } from '../../book-feed.ts';
import type { Category } from './call.ts';

export interface PublicTopic {
  readonly kind: 'orderbook' | 'tickers' | 'publicTrade' | 'kline' | 'allLiquidation';
  readonly feed: BookFeed;
  /** Levels of an order book. */
  readonly depth: number;
  /** Length of a candle. */
  readonly lengthMs: number;
  sentBook: BookVersion | null;
  sentTicker: Readonly<Record<string, unknown>> | null;
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
