/** Prices, quantities and the last day as binance spot writes them: with eight places. */
import type { BookVersion, LevelText } from '../../feed/book-feed.ts';
import type { SimMarket } from '../../exchange/state.ts';
import type { BestPrices, DayTicker } from '../binance-shared/tickers.ts';
import { bestPrices, dayTicker, feedOf } from '../binance-shared/tickers.ts';
import type { ProtocolContext } from '../protocol.ts';
import { paddedText } from './views.ts';

export function paddedLevels(levels: readonly LevelText[]): LevelText[] {
  return levels.map(([price, quantity]) => [paddedText(price), paddedText(quantity)]);
}

export function paddedBest(version: BookVersion): BestPrices {
  const { bidPrice, bidQty, askPrice, askQty } = bestPrices(version);
  return {
    bidPrice: paddedText(bidPrice),
    bidQty: paddedText(bidQty),
    askPrice: paddedText(askPrice),
    askQty: paddedText(askQty),
  };
}

export function bookTicker(context: ProtocolContext, market: SimMarket): Record<string, unknown> {
  return { symbol: market.instrument.id, ...paddedBest(feedOf(context, market).current()) };
}

export function spotTicker(context: ProtocolContext, market: SimMarket, nowMs: number): DayTicker {
  const ticker = dayTicker(context, market, nowMs);
  return {
    ...ticker,
    priceChange: paddedText(ticker.priceChange),
    weightedAvgPrice: paddedText(ticker.weightedAvgPrice),
    lastPrice: paddedText(ticker.lastPrice),
    lastQty: paddedText(ticker.lastQty),
    openPrice: paddedText(ticker.openPrice),
    highPrice: paddedText(ticker.highPrice),
    lowPrice: paddedText(ticker.lowPrice),
    volume: paddedText(ticker.volume),
    quoteVolume: paddedText(ticker.quoteVolume),
  };
}
