/** The market feeds: what each sends first, and what it sends when something changed. */
import type { WebSocket } from 'ws';
import type { OrderSide } from '../../../domain/order.ts';
import type { BookFeed, BookVersion, LevelText } from '../../feed/book-feed.ts';
import { difference, topOf } from '../../feed/book-feed.ts';
import type { PublicTrade, SimMarket } from '../../exchange/state.ts';
import { tradesAfter } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { sequenceOf } from '../uuids.ts';
import { wireNumber } from './call.ts';
import { websocketTicker, websocketTickerLite } from './ticker.ts';

/** Silence after which an unchanged book or ticker is sent again: the exchange's busy books never stand still. */
const quietMs = 500;
const tradesInSnapshot = 100;

/** Feeds, and what faults call their messages. */
const publicFeeds = { book: 'book', ticker: 'ticker', ticker_lite: 'ticker', trade: 'trades' } as const;
export type PublicFeedName = keyof typeof publicFeeds;

export function isPublicFeed(name: string): name is PublicFeedName {
  return Object.hasOwn(publicFeeds, name);
}

export interface PublicTopic {
  readonly name: PublicFeedName;
  readonly feed: BookFeed;
  sent: BookVersion | null;
  sentText: string;
  /** Null: nothing was sent yet. */
  sentAtMs: number | null;
  lastTradeId: string | null;
  sequence: number;
}

export function newTopic(name: PublicFeedName, feed: BookFeed): PublicTopic {
  const sequence = feed.current().updateId;
  return { name, feed, sent: null, sentText: '', sentAtMs: null, lastTradeId: null, sequence };
}

export function pushTopic(context: ProtocolContext, socket: WebSocket, topic: PublicTopic, wallMs: number): void {
  const { market } = topic.feed;
  const nowMs = context.exchange.clock.marketMs();
  const isQuiet = topic.sentAtMs !== null && wallMs - topic.sentAtMs >= quietMs;
  const post = (message: Readonly<Record<string, unknown>>): void => {
    topic.sentAtMs = wallMs;
    context.sendWhenDurable(socket, message, `${publicFeeds[topic.name]}/${market.instrument.id}`);
  };
  switch (topic.name) {
    case 'book':
      pushBook(topic, isQuiet, nowMs, post);
      return;
    case 'trade':
      pushTrades(topic, post);
      return;
    case 'ticker':
    case 'ticker_lite': {
      const isLite = topic.name === 'ticker_lite';
      const view = isLite ? websocketTickerLite(context, market, nowMs) : websocketTicker(context, market, nowMs);
      const text = JSON.stringify(view);
      if (text !== topic.sentText || isQuiet) post(isLite ? view : { time: nowMs, ...view });
      topic.sentText = text;
    }
  }
}

type Post = (message: Readonly<Record<string, unknown>>) => void;

/** A snapshot, then one message for each level that changed. */
function pushBook(topic: PublicTopic, isQuiet: boolean, nowMs: number, post: Post): void {
  const { feed, sent } = topic;
  const version = feed.current();
  const productId = feed.market.instrument.id;
  topic.sent = version;
  if (sent === null) {
    const level = ([price, quantity]: LevelText): Record<string, number> => ({
      price: Number(price),
      qty: Number(quantity),
    });
    post({
      feed: 'book_snapshot',
      product_id: productId,
      timestamp: nowMs,
      seq: topic.sequence,
      tickSize: null,
      bids: version.bids.map(level),
      asks: version.asks.map(level),
    });
    return;
  }
  const isSame = version.updateId === sent.updateId;
  if (isSame && !isQuiet) return;
  const { bids, asks } = isSame ? topOf(version) : difference(sent, version);
  const update = (side: OrderSide, [price, quantity]: LevelText): void => {
    topic.sequence += 1;
    post({
      feed: 'book',
      product_id: productId,
      side,
      seq: topic.sequence,
      price: Number(price),
      qty: Number(quantity),
      timestamp: nowMs,
    });
  };
  for (const level of bids) update('buy', level);
  for (const level of asks) update('sell', level);
}

/** The snapshot is newest first, also when there are no trades yet. */
function pushTrades(topic: PublicTopic, post: Post): void {
  const { market } = topic.feed;
  const isFirst = topic.sentAtMs === null;
  const trades = tradesAfter(market, topic.lastTradeId);
  topic.lastTradeId = trades.at(-1)?.id ?? topic.lastTradeId;
  if (!isFirst) {
    for (const trade of trades) post(tradeView(market, trade));
    return;
  }
  const shown = trades.slice(-tradesInSnapshot).toReversed();
  post({
    feed: 'trade_snapshot',
    product_id: market.instrument.id,
    trades: shown.map((trade) => tradeView(market, trade)),
  });
}

function tradeView(market: SimMarket, trade: PublicTrade): Record<string, unknown> {
  return {
    feed: 'trade',
    product_id: market.instrument.id,
    uid: trade.id,
    side: trade.takerSide,
    type: 'fill',
    seq: sequenceOf(trade.id),
    time: trade.atMs,
    qty: wireNumber(trade.quantityBase),
    price: wireNumber(trade.price),
  };
}
