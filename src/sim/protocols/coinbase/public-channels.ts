/** The market channels: what each sends first, and what it sends when something changed. */
import { decimal, toText } from '../../../domain/decimal.ts';
import type { BookDifference, BookFeed, BookVersion } from '../../feed/book-feed.ts';
import { difference, topOf } from '../../feed/book-feed.ts';
import { dayFigures } from '../../views/market-view.ts';
import { tradesAfter } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { isoTime } from './call.ts';
import { publicTradeView } from './market.ts';

/** Silence after which an unchanged book or ticker is sent again: the exchange's busy books never stand still. */
const quietMs = 500;
const batchMs = 5000;

/** The names to subscribe by, and what faults call the messages. */
export const publicChannels = {
  level2: 'book',
  ticker: 'ticker',
  ticker_batch: 'ticker',
  market_trades: 'trades',
} as const;
export type PublicChannel = keyof typeof publicChannels;

export function isPublicChannel(name: string): name is PublicChannel {
  return Object.hasOwn(publicChannels, name);
}

export interface ProductTopic {
  readonly channel: PublicChannel;
  readonly feed: BookFeed;
  sent: BookVersion | null;
  sentText: string;
  /** Null: nothing was sent yet. */
  sentAtMs: number | null;
  lastTradeId: string | null;
}

export function newTopic(channel: PublicChannel, feed: BookFeed): ProductTopic {
  return { channel, feed, sent: null, sentText: '', sentAtMs: null, lastTradeId: null };
}

type Send = (channel: string, event: Readonly<Record<string, unknown>>, feed: string) => void;

export function pushTopic(context: ProtocolContext, topic: ProductTopic, wallMs: number, send: Send): void {
  const isFirst = topic.sentAtMs === null;
  const passedMs = wallMs - (topic.sentAtMs ?? wallMs);
  const post = (channel: string, event: Readonly<Record<string, unknown>>): void => {
    topic.sentAtMs = wallMs;
    send(channel, event, `${publicChannels[topic.channel]}/${topic.feed.market.instrument.id}`);
  };
  const type = isFirst ? 'snapshot' : 'update';
  switch (topic.channel) {
    case 'level2':
      pushBook(context, topic, passedMs >= quietMs, (event) => post('l2_data', event));
      return;
    case 'ticker': {
      const view = tickerView(context, topic.feed, true);
      const text = JSON.stringify(view);
      if (isFirst || text !== topic.sentText || passedMs >= quietMs) post('ticker', { type, tickers: [view] });
      topic.sentText = text;
      return;
    }
    case 'ticker_batch':
      if (!isFirst && passedMs < batchMs) return;
      post('ticker_batch', { type, tickers: [tickerView(context, topic.feed, false)] });
      return;
    case 'market_trades':
      pushTrades(topic, isFirst, (trades) => post('market_trades', { type, trades }));
  }
}

function pushTrades(topic: ProductTopic, isFirst: boolean, post: (trades: readonly unknown[]) => void): void {
  const { market } = topic.feed;
  const trades = tradesAfter(market, topic.lastTradeId).slice(isFirst ? -100 : 0);
  topic.lastTradeId = trades.at(-1)?.id ?? topic.lastTradeId;
  if (trades.length > 0) post(trades.toReversed().map((trade) => publicTradeView(market, trade)));
}

/** The batch leaves out the best prices. */
function tickerView(context: ProtocolContext, feed: BookFeed, withBest: boolean): Record<string, unknown> {
  const { market } = feed;
  const day = dayFigures(context.exchange, market, context.exchange.clock.marketMs());
  const { bids, asks } = feed.current();
  return {
    type: 'ticker',
    product_id: market.instrument.id,
    price: toText(day.last),
    volume_24_h: toText(day.volumeBase),
    low_24_h: toText(day.low),
    high_24_h: toText(day.high),
    low_52_w: toText(day.low),
    high_52_w: toText(day.high),
    price_percent_chg_24_h: toText(day.changeFraction.times(decimal('100'))),
    ...(withBest
      ? {
          best_bid: bids[0]?.[0] ?? '',
          best_bid_quantity: bids[0]?.[1] ?? '',
          best_ask: asks[0]?.[0] ?? '',
          best_ask_quantity: asks[0]?.[1] ?? '',
        }
      : {}),
  };
}

function pushBook(
  context: ProtocolContext,
  topic: ProductTopic,
  isQuiet: boolean,
  post: (event: Readonly<Record<string, unknown>>) => void,
): void {
  const { feed, sent } = topic;
  const version = feed.current();
  const nowMs = context.exchange.clock.marketMs();
  const event = (type: 'snapshot' | 'update', changes: BookDifference, atMs: number): void => {
    topic.sent = version;
    post({ type, product_id: feed.market.instrument.id, updates: updatesOf(changes, atMs) });
  };
  if (sent === null) event('snapshot', version, 0);
  else if (version.updateId !== sent.updateId) {
    const changes = difference(sent, version);
    if (changes.bids.length + changes.asks.length > 0 || isQuiet) event('update', changes, nowMs);
  } else if (isQuiet) event('update', topOf(version), nowMs);
}

function updatesOf({ bids, asks }: BookDifference, atMs: number): Record<string, string>[] {
  const time = isoTime(atMs);
  const row = (side: string, [price, quantity]: readonly [string, string]): Record<string, string> => ({
    side,
    event_time: time,
    price_level: price,
    new_quantity: quantity,
  });
  return [...bids.map((level) => row('bid', level)), ...asks.map((level) => row('offer', level))];
}
