/** Kraken's public websocket channels: each subscription tells what changed since it last told something. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, divide, zero } from '../../../domain/decimal.ts';
import type { BookVersion, LevelText } from '../../feed/book-feed.ts';
import { difference } from '../../feed/book-feed.ts';
import { dayFigures } from '../../views/market-view.ts';
import type { PublicTrade, SimMarket } from '../../exchange/state.ts';
import { tradesAfter } from '../../exchange/state.ts';
import type { TapeBar } from '../../feed/tape.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { WireLevel } from './book-checksum.ts';
import { bookChecksum } from './book-checksum.ts';
import { WireNumber, microTime, wireNumber } from './format.ts';
import { tradeNumber } from './ids.ts';
import { lotDecimals, pairOf } from './instruments.ts';
import { feedOf, knownCandles } from './market.ts';

export type SendData = (type: 'snapshot' | 'update', data: readonly unknown[]) => void;

export interface MarketSubscription {
  /** The channel that faults match. */
  readonly faultChannel: string;
  /** The first call sends the snapshot, when one is wanted. @param nowMs market time */
  push(nowMs: number, send: SendData): void;
}

export interface MarketSource {
  readonly context: ProtocolContext;
  readonly market: SimMarket;
  readonly wantsSnapshot: boolean;
}

export function bookSubscription(source: MarketSource, depth: number): MarketSubscription {
  const { market } = source;
  const feed = feedOf(source.context, market);
  const { pairDecimals } = pairOf(market.instrument);
  const { symbol } = market.instrument;
  let sent: BookVersion | null = null;
  const levels = (rows: readonly LevelText[]): WireLevel[] =>
    rows.map(([price, quantity]) => ({
      price: wireNumber(decimal(price), pairDecimals),
      qty: wireNumber(decimal(quantity), lotDecimals),
    }));
  return {
    faultChannel: `book/${market.instrument.id}`,
    push(nowMs, send) {
      const whole = feed.current();
      if (whole.updateId === sent?.updateId) return;
      const cut = { ...whole, bids: whole.bids.slice(0, depth), asks: whole.asks.slice(0, depth) };
      const before = sent;
      sent = cut;
      const isSnapshot = before === null;
      if (isSnapshot && !source.wantsSnapshot) return;
      const changes = isSnapshot ? cut : changesInScope(before, cut, whole);
      if (!isSnapshot && changes.bids.length + changes.asks.length === 0) return;
      const checksum = bookChecksum(levels(cut.bids), levels(cut.asks));
      const [bids, asks] = [levels(changes.bids), levels(changes.asks)];
      send(isSnapshot ? 'snapshot' : 'update', [{ symbol, bids, asks, checksum, timestamp: microTime(nowMs) }]);
    },
  };
}

/** A level that better ones have pushed out of the depth is not told: the client cuts its book itself. */
function changesInScope(
  before: BookVersion,
  cut: BookVersion,
  whole: BookVersion,
): { bids: LevelText[]; asks: LevelText[] } {
  const changes = difference(before, cut);
  const keep = (rows: readonly LevelText[], all: readonly LevelText[]): LevelText[] => {
    const prices = new Set(all.map(([price]) => price));
    return rows.filter(([price, quantity]) => quantity !== '0' || !prices.has(price));
  };
  return { bids: keep(changes.bids, whole.bids), asks: keep(changes.asks, whole.asks) };
}

/** @param trigger `trades`: told when a trade moved the last price; `bbo`: when the best bid or ask changed */
export function tickerSubscription(source: MarketSource, trigger: 'trades' | 'bbo'): MarketSubscription {
  const { context, market } = source;
  const feed = feedOf(context, market);
  let told: string | null = null;
  return {
    faultChannel: `ticker/${market.instrument.id}`,
    push(nowMs, send) {
      const { bids, asks } = feed.current();
      const cause =
        trigger === 'bbo'
          ? [bids[0], asks[0]]
          : [market.lastPrice?.toFixed() ?? null, market.publicTrades.at(-1)?.id ?? null];
      const state = JSON.stringify(cause);
      if (state === told) return;
      const isFirst = told === null;
      told = state;
      if (isFirst && !source.wantsSnapshot) return;
      send(isFirst ? 'snapshot' : 'update', [tickerRow(context, market, bids[0], asks[0], nowMs)]);
    },
  };
}

function tickerRow(
  context: ProtocolContext,
  market: SimMarket,
  bid: LevelText | undefined,
  ask: LevelText | undefined,
  nowMs: number,
): Record<string, unknown> {
  const { pairDecimals } = pairOf(market.instrument);
  const price = (value: Decimal): WireNumber => wireNumber(value, pairDecimals);
  const quantity = (value: Decimal): WireNumber => wireNumber(value, lotDecimals);
  const day = dayFigures(context.exchange, market, nowMs);
  const average = day.volumeBase.eq(zero) ? day.last : divide(day.volumeQuote, day.volumeBase, pairDecimals);
  return {
    symbol: market.instrument.symbol,
    bid: price(decimal(bid?.[0] ?? '0')),
    bid_qty: quantity(decimal(bid?.[1] ?? '0')),
    ask: price(decimal(ask?.[0] ?? '0')),
    ask_qty: quantity(decimal(ask?.[1] ?? '0')),
    last: price(day.last),
    volume: quantity(day.volumeBase),
    vwap: price(average),
    low: price(day.low),
    high: price(day.high),
    change: price(day.last.minus(day.open)),
    change_pct: wireNumber(day.changeFraction.times(decimal('100')), 2),
    timestamp: microTime(nowMs),
  };
}

export function tradeSubscription({ market, wantsSnapshot }: MarketSource): MarketSubscription {
  const snapshotTrades = 50;
  let lastId: string | null = null;
  let isFirst = true;
  return {
    faultChannel: `trades/${market.instrument.id}`,
    push(_nowMs, send) {
      const newest = market.publicTrades.at(-1)?.id ?? null;
      const trades = isFirst ? market.publicTrades.slice(-snapshotTrades) : tradesAfter(market, lastId);
      if (!isFirst && newest === lastId) return;
      lastId = newest;
      if (!isFirst || wantsSnapshot) {
        send(
          isFirst ? 'snapshot' : 'update',
          trades.map((trade) => tradeRow(market, trade)),
        );
      }
      isFirst = false;
    },
  };
}

function tradeRow(market: SimMarket, trade: PublicTrade): Record<string, unknown> {
  return {
    symbol: market.instrument.symbol,
    side: trade.takerSide,
    price: wireNumber(trade.price, pairOf(market.instrument).pairDecimals),
    qty: wireNumber(trade.quantityBase, lotDecimals),
    ord_type: 'limit',
    trade_id: tradeNumber(trade.id),
    timestamp: microTime(trade.atMs),
  };
}

/** A candle is told when it is complete: the tape knows no price within its bars. */
export function candleSubscription(source: MarketSource, minutes: number): MarketSubscription {
  const { context, market } = source;
  let lastOpenMs: number | null = null;
  return {
    faultChannel: `candles/${market.instrument.id}`,
    push(nowMs, send) {
      const isFirst = lastOpenMs === null;
      const known = knownCandles(context, market, minutes, nowMs);
      const newer = known.filter(({ openAtMs }) => openAtMs > (lastOpenMs ?? -1));
      lastOpenMs = known.at(-1)?.openAtMs ?? lastOpenMs ?? 0;
      if (isFirst ? !source.wantsSnapshot : newer.length === 0) return;
      send(
        isFirst ? 'snapshot' : 'update',
        newer.map((bar) => candleRow(market, bar, minutes)),
      );
    },
  };
}

function candleRow(market: SimMarket, bar: TapeBar, minutes: number): Record<string, unknown> {
  const { pairDecimals } = pairOf(market.instrument);
  return {
    symbol: market.instrument.symbol,
    open: wireNumber(bar.open, pairDecimals),
    high: wireNumber(bar.high, pairDecimals),
    low: wireNumber(bar.low, pairDecimals),
    close: wireNumber(bar.close, pairDecimals),
    trades: 0,
    volume: wireNumber(bar.volume, lotDecimals),
    vwap: wireNumber(bar.close, pairDecimals),
    interval_begin: microTime(bar.openAtMs),
    interval: minutes,
    timestamp: microTime(bar.closeAtMs),
  };
}
