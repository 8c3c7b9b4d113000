/** Figures of the last day and best prices, under the names that spot and futures share. */
import type { Decimal } from '../../../domain/decimal.ts';
import { divide, toText, zero } from '../../../domain/decimal.ts';
import type { BookFeed, BookVersion } from '../../feed/book-feed.ts';
import { dayFigures } from '../../views/market-view.ts';
import type { SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';

const dayMs = 86_400_000;

export function feedOf(context: ProtocolContext, market: SimMarket): BookFeed {
  const feed = context.feeds.get(market.instrument.id);
  if (feed === undefined) throw new Error(`no feed for ${market.instrument.id}`);
  return feed;
}

export interface DayTicker {
  readonly symbol: string;
  readonly priceChange: string;
  readonly priceChangePercent: string;
  readonly weightedAvgPrice: string;
  readonly lastPrice: string;
  readonly lastQty: string;
  readonly openPrice: string;
  readonly highPrice: string;
  readonly lowPrice: string;
  readonly volume: string;
  readonly quoteVolume: string;
  readonly openTime: number;
  readonly closeTime: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
}

export function dayTicker(context: ProtocolContext, market: SimMarket, nowMs: number): DayTicker {
  const day = dayFigures(context.exchange, market, nowMs);
  const average: Decimal = day.volumeBase.eq(zero) ? day.last : divide(day.volumeQuote, day.volumeBase, 8);
  const trades = market.publicTrades;
  return {
    symbol: market.instrument.id,
    priceChange: toText(day.last.minus(day.open)),
    priceChangePercent: toText(day.changeFraction.times('100')),
    weightedAvgPrice: toText(average),
    lastPrice: toText(day.last),
    lastQty: toText(trades.at(-1)?.quantityBase ?? zero),
    openPrice: toText(day.open),
    highPrice: toText(day.high),
    lowPrice: toText(day.low),
    volume: toText(day.volumeBase),
    quoteVolume: toText(day.volumeQuote),
    openTime: nowMs - dayMs,
    closeTime: nowMs,
    firstId: Number(trades[0]?.id ?? -1),
    lastId: Number(trades.at(-1)?.id ?? -1),
    count: trades.length,
  };
}

export interface BestPrices {
  readonly bidPrice: string;
  readonly bidQty: string;
  readonly askPrice: string;
  readonly askQty: string;
}

export function bestPrices({ bids, asks }: BookVersion): BestPrices {
  return {
    bidPrice: bids[0]?.[0] ?? '0',
    bidQty: bids[0]?.[1] ?? '0',
    askPrice: asks[0]?.[0] ?? '0',
    askQty: asks[0]?.[1] ?? '0',
  };
}

/** The last day in the short names of messages. @param full otherwise the mini ticker */
export function tickerMessage(ticker: DayTicker, nowMs: number, full: boolean): Record<string, unknown> {
  const short = {
    e: full ? '24hrTicker' : '24hrMiniTicker',
    E: nowMs,
    s: ticker.symbol,
    c: ticker.lastPrice,
    o: ticker.openPrice,
    h: ticker.highPrice,
    l: ticker.lowPrice,
    v: ticker.volume,
    q: ticker.quoteVolume,
  };
  if (!full) return short;
  return {
    ...short,
    p: ticker.priceChange,
    P: ticker.priceChangePercent,
    w: ticker.weightedAvgPrice,
    Q: ticker.lastQty,
    O: ticker.openTime,
    C: ticker.closeTime,
    F: ticker.firstId,
    L: ticker.lastId,
    n: ticker.count,
  };
}
