/**
 * Market streams by name, `<symbol>@<channel>[@<speed>]` or `!<channel>[@arr][@<speed>]` for all symbols.
 * What a message looks like and how often it comes is each venue's; what changed, and when, is found here.
 */
import { toText } from '../../../domain/decimal.ts';
import type { BookDifference, BookFeed, BookVersion } from '../../feed/book-feed.ts';
import { difference, topOf } from '../../feed/book-feed.ts';
import type { PublicTrade } from '../../exchange/state.ts';
import { tradesAfter } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { Candle } from './candles.ts';
import { intervalMsOrNull, presentCandle } from './candles.ts';

export interface MarketStream {
  /** Messages that are due at a wall time. */
  due(wallMs: number): readonly StreamMessage[];
}

export interface StreamMessage {
  /** What faults match: `book/USDCUSDT`. */
  readonly channel: string;
  readonly data: unknown;
}

export interface StreamDialect {
  /** Milliseconds between messages when the name gives no speed. */
  readonly depthMs: number;
  readonly tickerMs: number;
  /** Whether the depth streams may have this speed: `100ms`. */
  isDepthSpeed(speed: string): boolean;
  depthDifference(feed: BookFeed, from: BookVersion, to: BookVersion, rows: BookDifference, nowMs: number): unknown;
  partialDepth(feed: BookFeed, version: BookVersion, levels: number, nowMs: number): unknown;
  bookTicker(feed: BookFeed, version: BookVersion, nowMs: number): unknown;
  ticker(feed: BookFeed, nowMs: number, full: boolean): unknown;
  trade(feed: BookFeed, trade: PublicTrade, aggregate: boolean, nowMs: number): unknown;
  /** Channels that only this venue has. */
  other(feed: BookFeed, channel: string, speed: string): MarketStream | null;
}

/** Silence after which an unchanged book is sent again. */
const heartbeatMs = 500;
const candleMs = 250;

const allNames = /^!(bookTicker|ticker|miniTicker|markPrice|forceOrder)(@arr)?(?:@(\d+m?s))?$/;
const oneName = /^([a-z0-9]{1,30})@([A-Za-z]+\d{0,3}(?:_\d{1,2}[mhdw])?)(?:@(\d{1,5}m?s))?$/;

/** Null when there is no such stream. */
export function openMarketStream(context: ProtocolContext, dialect: StreamDialect, name: string): MarketStream | null {
  const everything = allNames.exec(name);
  if (everything !== null) {
    const [, channel = '', list, speed = ''] = everything;
    const streams = [...context.feeds.values()].map((feed) => streamOf(context, dialect, feed, channel, speed));
    const known = streams.filter((stream) => stream !== null);
    if (known.length < streams.length) return null;
    return collected(known, list !== undefined && channel !== 'forceOrder', channel);
  }
  const [, symbol = '', channel = '', speed = ''] = oneName.exec(name) ?? [];
  const feed = context.feeds.get(symbol.toUpperCase());
  return feed === undefined ? null : streamOf(context, dialect, feed, channel, speed);
}

/** The messages of all symbols, one by one or as one list. */
function collected(streams: readonly MarketStream[], asList: boolean, channel: string): MarketStream {
  return {
    due(wallMs) {
      const messages = streams.flatMap((stream) => stream.due(wallMs));
      if (!asList || messages.length === 0) return messages;
      return [
        { channel: `${channel === 'markPrice' ? 'funding' : 'ticker'}/*`, data: messages.map(({ data }) => data) },
      ];
    },
  };
}

function streamOf(
  context: ProtocolContext,
  dialect: StreamDialect,
  feed: BookFeed,
  channel: string,
  speed: string,
): MarketStream | null {
  const now = (): number => context.exchange.clock.marketMs();
  const { id } = feed.market.instrument;
  const isDepth = /^depth(5|10|20)?$/.exec(channel);
  if (isDepth !== null) {
    if (speed !== '' && !dialect.isDepthSpeed(speed)) return null;
    const intervalMs = speed === '' ? dialect.depthMs : Number.parseInt(speed, 10);
    if (isDepth[1] === undefined) return depthDifferences(dialect, feed, intervalMs, now);
    const levels = Number(isDepth[1]);
    return onChange(feed, `book/${id}`, intervalMs, (version) => dialect.partialDepth(feed, version, levels, now()));
  }
  const interval = /^kline_(\w+)$/.exec(channel)?.[1];
  if (interval !== undefined) return candleStream(context, feed, interval);
  switch (channel) {
    case 'bookTicker':
      return onChange(feed, `ticker/${id}`, 0, (version) => dialect.bookTicker(feed, version, now()));
    case 'ticker':
    case 'miniTicker':
      return repeated(`ticker/${id}`, dialect.tickerMs, () => dialect.ticker(feed, now(), channel === 'ticker'));
    case 'aggTrade':
    case 'trade':
      return tradeStream(feed, (trade) => dialect.trade(feed, trade, channel === 'aggTrade', now()));
    default:
      return dialect.other(feed, channel, speed);
  }
}

/** Each message starts where the one before ended, so that a reader can prove that it missed none. */
function depthDifferences(dialect: StreamDialect, feed: BookFeed, intervalMs: number, now: () => number): MarketStream {
  let sent: BookVersion = feed.current();
  let sentAtMs = 0;
  return {
    due(wallMs) {
      const sinceMs = wallMs - sentAtMs;
      if (sinceMs < intervalMs) return [];
      let present = feed.current();
      const changed = present.updateId !== sent.updateId;
      if (!changed && sinceMs < heartbeatMs) return [];
      if (!changed) present = feed.touch();
      const rows = changed ? difference(sent, present) : topOf(present);
      const data = dialect.depthDifference(feed, sent, present, rows, now());
      sent = present;
      sentAtMs = wallMs;
      return [{ channel: `book/${feed.market.instrument.id}`, data }];
    },
  };
}

/** At changes of the book, and again after a silence. */
function onChange(
  feed: BookFeed,
  channel: string,
  intervalMs: number,
  message: (version: BookVersion) => unknown,
): MarketStream {
  let sentId = -1;
  let sentAtMs = 0;
  return {
    due(wallMs) {
      const sinceMs = wallMs - sentAtMs;
      if (sinceMs < intervalMs) return [];
      const version = feed.current();
      if (version.updateId === sentId && sinceMs < heartbeatMs) return [];
      sentId = version.updateId;
      sentAtMs = wallMs;
      return [{ channel, data: message(version) }];
    },
  };
}

export function repeated(channel: string, intervalMs: number, message: () => unknown): MarketStream {
  let sentAtMs = 0;
  return {
    due(wallMs) {
      if (wallMs - sentAtMs < intervalMs) return [];
      sentAtMs = wallMs;
      return [{ channel, data: message() }];
    },
  };
}

function tradeStream(feed: BookFeed, message: (trade: PublicTrade) => unknown): MarketStream {
  let lastId = feed.market.publicTrades.at(-1)?.id ?? null;
  const channel = `trades/${feed.market.instrument.id}`;
  return {
    due() {
      if (feed.market.publicTrades.at(-1)?.id === (lastId ?? undefined)) return [];
      const fresh = tradesAfter(feed.market, lastId);
      lastId = fresh.at(-1)?.id ?? lastId;
      return fresh.map((trade) => ({ channel, data: message(trade) }));
    },
  };
}

/** The present candle, and once more, closed, when the next one begins. */
function candleStream(context: ProtocolContext, feed: BookFeed, interval: string): MarketStream | null {
  const lengthMs = intervalMsOrNull(interval);
  if (lengthMs === null) return null;
  const { exchange } = context;
  const channel = `trades/${feed.market.instrument.id}`;
  let last: Candle | null = null;
  let sentAtMs = 0;
  return {
    due(wallMs) {
      if (wallMs - sentAtMs < candleMs) return [];
      const nowMs = exchange.clock.marketMs();
      const candle = presentCandle(exchange, feed.market, lengthMs, nowMs);
      if (candle === null) return [];
      const finished = last !== null && last.openAtMs !== candle.openAtMs ? last : null;
      last = candle;
      sentAtMs = wallMs;
      const messages = [{ channel, data: candleMessage(feed, interval, candle, false, nowMs) }];
      return finished === null
        ? messages
        : [{ channel, data: candleMessage(feed, interval, finished, true, nowMs) }, ...messages];
    },
  };
}

function candleMessage(feed: BookFeed, interval: string, candle: Candle, closed: boolean, nowMs: number): unknown {
  const symbol = feed.market.instrument.id;
  return {
    e: 'kline',
    E: nowMs,
    s: symbol,
    k: {
      t: candle.openAtMs,
      T: candle.closeAtMs - 1,
      s: symbol,
      i: interval,
      f: -1,
      L: -1,
      o: toText(candle.open),
      c: toText(candle.close),
      h: toText(candle.high),
      l: toText(candle.low),
      v: toText(candle.volume),
      n: 0,
      x: closed,
      q: toText(candle.volume.times(candle.close)),
      V: '0',
      Q: '0',
      B: '0',
    },
  };
}
