/** What market streams of binance USDⓈ-M send, and how often. */
import { toText } from '../../../domain/decimal.ts';
import type { BookFeed } from '../../feed/book-feed.ts';
import type { MarketStream, StreamDialect } from '../binance-shared/market-streams.ts';
import { repeated } from '../binance-shared/market-streams.ts';
import { bestPrices, dayTicker, tickerMessage } from '../binance-shared/tickers.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { ForcedOrders } from './forced-orders.ts';
import { forcedOrderStream } from './forced-orders.ts';
import { premiumView } from './market.ts';

const depthSpeeds: ReadonlySet<string> = new Set(['100ms', '250ms', '500ms']);

export function usdmStreams(context: ProtocolContext, forcedOrders: ForcedOrders): StreamDialect {
  return {
    depthMs: 250,
    tickerMs: 2000,
    isDepthSpeed: (speed) => depthSpeeds.has(speed),
    depthDifference: (feed, from, to, rows, nowMs) => ({
      ...depthHead(feed, nowMs),
      U: from.updateId + 1,
      u: to.updateId,
      pu: from.updateId,
      b: rows.bids,
      a: rows.asks,
    }),
    partialDepth: (feed, { updateId, bids, asks }, levels, nowMs) => ({
      ...depthHead(feed, nowMs),
      U: updateId,
      u: updateId,
      pu: updateId - 1,
      b: bids.slice(0, levels),
      a: asks.slice(0, levels),
    }),
    bookTicker({ market }, version, nowMs) {
      const best = bestPrices(version);
      return {
        e: 'bookTicker',
        u: version.updateId,
        s: market.instrument.id,
        b: best.bidPrice,
        B: best.bidQty,
        a: best.askPrice,
        A: best.askQty,
        T: nowMs,
        E: nowMs,
      };
    },
    ticker: ({ market }, nowMs, full) => tickerMessage(dayTicker(context, market, nowMs), nowMs, full),
    trade({ market }, trade, aggregate, nowMs) {
      const id = Number(trade.id);
      return {
        e: aggregate ? 'aggTrade' : 'trade',
        E: nowMs,
        T: trade.atMs,
        s: market.instrument.id,
        ...(aggregate ? { a: id, f: id, l: id } : { t: id }),
        p: toText(trade.price),
        q: toText(trade.quantityBase),
        ...(aggregate ? {} : { X: 'MARKET' }),
        m: trade.takerSide === 'sell',
      };
    },
    other: (feed, channel, speed) => otherStream(context, forcedOrders, feed, channel, speed),
  };
}

function depthHead({ market }: BookFeed, nowMs: number): Record<string, unknown> {
  return { e: 'depthUpdate', E: nowMs, T: nowMs, s: market.instrument.id };
}

function otherStream(
  context: ProtocolContext,
  forcedOrders: ForcedOrders,
  feed: BookFeed,
  channel: string,
  speed: string,
): MarketStream | null {
  switch (channel) {
    case 'markPrice':
      if (speed !== '' && speed !== '1s') return null;
      return repeated(`funding/${feed.market.instrument.id}`, speed === '1s' ? 1000 : 3000, () =>
        markPriceMessage(context, feed),
      );
    case 'forceOrder':
      return forcedOrderStream(context, forcedOrders, feed);
    default:
      return null;
  }
}

function markPriceMessage(context: ProtocolContext, { market }: BookFeed): unknown {
  const nowMs = context.exchange.clock.marketMs();
  const view = premiumView(context, market, nowMs);
  return {
    e: 'markPriceUpdate',
    E: nowMs,
    s: view['symbol'],
    p: view['markPrice'],
    i: view['indexPrice'],
    P: view['estimatedSettlePrice'],
    r: view['lastFundingRate'],
    T: view['nextFundingTime'],
  };
}
