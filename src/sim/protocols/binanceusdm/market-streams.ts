/** Binance USDⓈ-M's market streams: depth differences, best prices, tickers, mark prices, trades. */
import { toText, zero } from '../../../domain/decimal.ts';
import type { BookFeed, BookVersion } from '../../book-feed.ts';
import { difference, topOf } from '../../book-feed.ts';
import { tradesAfter } from '../../state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { premiumView, tickerView } from './market.ts';

export interface MarketStream {
  /** Messages that are due at a wall time. */
  due(wallMs: number): unknown[];
}

/** Silence after which an unchanged book is sent again. */
const heartbeatMs = 500;

/** Null when there is no such stream. Names: `<symbol>@<channel>[@<speed>]`, or `!<channel>[@arr][@<speed>]` for all symbols. */
export function openMarketStream(context: ProtocolContext, name: string): MarketStream | null {
  const everything = /^!(bookTicker|ticker|miniTicker|markPrice)(?:@arr)?(?:@\d+m?s)?$/.exec(name);
  if (everything !== null) {
    const streams = [...context.feeds.values()].map((feed) => streamOf(context, feed, everything[1] ?? '', ''));
    return collected(streams, name.includes('@arr'));
  }
  const [, symbol = '', channel = '', speed = ''] = /^([a-z0-9]+)@([A-Za-z]+\d*)(?:@(\d+m?s))?$/.exec(name) ?? [];
  const feed = context.feeds.get(symbol.toUpperCase());
  return feed === undefined ? null : streamOf(context, feed, channel, speed);
}

function collected(streams: readonly (MarketStream | null)[], asList: boolean): MarketStream | null {
  return {
    due(wallMs) {
      const messages = streams.flatMap((stream) => stream?.due(wallMs) ?? []);
      return asList && messages.length > 0 ? [messages] : messages;
    },
  };
}

function streamOf(context: ProtocolContext, feed: BookFeed, channel: string, speed: string): MarketStream | null {
  const partial = /^depth(5|10|20)$/.exec(channel);
  if (partial !== null) return partialDepth(context, feed, Number(partial[1]));
  switch (channel) {
    case 'depth':
      return depthDifferences(context, feed, speed === '' ? 250 : Number.parseInt(speed, 10));
    case 'bookTicker':
      return bookTicker(context, feed);
    case 'ticker':
    case 'miniTicker':
      return repeated(2000, () => tickerMessage(context, feed, channel === 'ticker'));
    case 'markPrice':
      return repeated(speed === '1s' ? 1000 : 3000, () => markPriceMessage(context, feed));
    case 'aggTrade':
    case 'trade':
      return trades(context, feed, channel);
    default:
      return null;
  }
}

/** Each message starts where the one before ended (`pu`), so that a reader can prove that it missed none. */
function depthDifferences(context: ProtocolContext, feed: BookFeed, intervalMs: number): MarketStream {
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
      const { bids, asks } = changed ? difference(sent, present) : topOf(present);
      const nowMs = context.exchange.clock.marketMs();
      const message = {
        e: 'depthUpdate',
        E: nowMs,
        T: nowMs,
        s: feed.market.instrument.id,
        U: sent.updateId + 1,
        u: present.updateId,
        pu: sent.updateId,
        b: bids,
        a: asks,
      };
      sent = present;
      sentAtMs = wallMs;
      return [message];
    },
  };
}

function partialDepth(context: ProtocolContext, feed: BookFeed, levels: number): MarketStream {
  return onChange(feed, (version) => {
    const nowMs = context.exchange.clock.marketMs();
    return {
      e: 'depthUpdate',
      E: nowMs,
      T: nowMs,
      s: feed.market.instrument.id,
      U: version.updateId,
      u: version.updateId,
      pu: version.updateId - 1,
      b: version.bids.slice(0, levels),
      a: version.asks.slice(0, levels),
    };
  });
}

function bookTicker(context: ProtocolContext, feed: BookFeed): MarketStream {
  return onChange(feed, ({ updateId, bids, asks }) => {
    const nowMs = context.exchange.clock.marketMs();
    return {
      e: 'bookTicker',
      u: updateId,
      s: feed.market.instrument.id,
      b: bids[0]?.[0] ?? '0',
      B: bids[0]?.[1] ?? '0',
      a: asks[0]?.[0] ?? '0',
      A: asks[0]?.[1] ?? '0',
      T: nowMs,
      E: nowMs,
    };
  });
}

/** At every change of the book, and again after a silence. */
function onChange(feed: BookFeed, message: (version: BookVersion) => unknown): MarketStream {
  let sentId = -1;
  let sentAtMs = 0;
  return {
    due(wallMs) {
      const version = feed.current();
      if (version.updateId === sentId && wallMs - sentAtMs < heartbeatMs) return [];
      sentId = version.updateId;
      sentAtMs = wallMs;
      return [message(version)];
    },
  };
}

function repeated(intervalMs: number, message: () => unknown): MarketStream {
  let sentAtMs = 0;
  return {
    due(wallMs) {
      if (wallMs - sentAtMs < intervalMs) return [];
      sentAtMs = wallMs;
      return [message()];
    },
  };
}

function trades(context: ProtocolContext, feed: BookFeed, event: 'aggTrade' | 'trade'): MarketStream {
  let lastId = feed.market.publicTrades.at(-1)?.id ?? null;
  return {
    due() {
      const fresh = tradesAfter(feed.market, lastId);
      lastId = fresh.at(-1)?.id ?? lastId;
      return fresh.map((trade) => ({
        e: event,
        E: context.exchange.clock.marketMs(),
        T: trade.atMs,
        s: feed.market.instrument.id,
        ...(event === 'trade'
          ? { t: Number(trade.id) }
          : { a: Number(trade.id), f: Number(trade.id), l: Number(trade.id) }),
        p: toText(trade.price),
        q: toText(trade.quantityBase),
        X: 'MARKET',
        m: trade.takerSide === 'sell',
      }));
    },
  };
}

function tickerMessage(context: ProtocolContext, feed: BookFeed, full: boolean): unknown {
  const nowMs = context.exchange.clock.marketMs();
  const view = tickerView(context, feed.market, nowMs);
  const short = {
    e: full ? '24hrTicker' : '24hrMiniTicker',
    E: nowMs,
    s: view['symbol'],
    c: view['lastPrice'],
    o: view['openPrice'],
    h: view['highPrice'],
    l: view['lowPrice'],
    v: view['volume'],
    q: view['quoteVolume'],
  };
  if (!full) return short;
  return {
    ...short,
    p: view['priceChange'],
    P: view['priceChangePercent'],
    w: view['weightedAvgPrice'],
    Q: view['lastQty'],
    O: view['openTime'],
    C: view['closeTime'],
    F: 0,
    L: 0,
    n: view['count'],
  };
}

function markPriceMessage(context: ProtocolContext, feed: BookFeed): unknown {
  const nowMs = context.exchange.clock.marketMs();
  const view = premiumView(context, feed.market, nowMs);
  return {
    e: 'markPriceUpdate',
    E: nowMs,
    s: view['symbol'],
    p: view['markPrice'],
    i: view['indexPrice'],
    P: toText(feed.market.house.centre ?? zero),
    r: view['lastFundingRate'],
    T: view['nextFundingTime'],
  };
}
