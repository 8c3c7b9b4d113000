/** What binance spot's market streams send, and how often. */
import type { ProtocolContext } from '../protocol.ts';
import type { StreamDialect } from '../binance-shared/market-streams.ts';
import { tickerMessage } from '../binance-shared/tickers.ts';
import { paddedBest, paddedLevels, spotTicker } from './tickers.ts';
import { padded } from './views.ts';

export function spotStreams(context: ProtocolContext): StreamDialect {
  return {
    depthMs: 1000,
    tickerMs: 1000,
    isDepthSpeed: (speed) => speed === '100ms' || speed === '1000ms',
    depthDifference: ({ market }, from, to, rows, nowMs) => ({
      e: 'depthUpdate',
      E: nowMs,
      s: market.instrument.id,
      U: from.updateId + 1,
      u: to.updateId,
      b: paddedLevels(rows.bids),
      a: paddedLevels(rows.asks),
    }),
    partialDepth: (_feed, { updateId, bids, asks }, levels) => ({
      lastUpdateId: updateId,
      bids: paddedLevels(bids.slice(0, levels)),
      asks: paddedLevels(asks.slice(0, levels)),
    }),
    bookTicker({ market }, version) {
      const best = paddedBest(version);
      return {
        u: version.updateId,
        s: market.instrument.id,
        b: best.bidPrice,
        B: best.bidQty,
        a: best.askPrice,
        A: best.askQty,
      };
    },
    ticker(feed, nowMs, full) {
      const message = tickerMessage(spotTicker(context, feed.market, nowMs), nowMs, full);
      if (!full) return message;
      const best = paddedBest(feed.current());
      return { ...message, x: message['o'], b: best.bidPrice, B: best.bidQty, a: best.askPrice, A: best.askQty };
    },
    trade({ market }, trade, aggregate, nowMs) {
      const id = Number(trade.id);
      return {
        e: aggregate ? 'aggTrade' : 'trade',
        E: nowMs,
        s: market.instrument.id,
        ...(aggregate ? { a: id, f: id, l: id } : { t: id }),
        p: padded(trade.price),
        q: padded(trade.quantityBase),
        T: trade.atMs,
        m: trade.takerSide === 'sell',
        M: true,
      };
    },
    other: () => null,
  };
}
