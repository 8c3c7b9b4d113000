/** Kraken's public endpoints: `/0/public/*`. */
import { decimal, divide, toText, zero } from '../../../domain/decimal.ts';
import type { BookFeed } from '../../feed/book-feed.ts';
import { candles, dayFigures, listedOf } from '../../views/market-view.ts';
import type { PublicTrade, SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { KrakenCall, PublicHandler } from './call.ts';
import { KrakenError, invalidArguments, unknownPair } from './errors.ts';
import { padded, secondTime, seconds } from './format.ts';
import { tradeNumber } from './ids.ts';
import { assetOf, codeOf, lotDecimals, pairNamed, pairOf } from './instruments.ts';
import { assetView, pairView } from './market-views.ts';
import { countOf, integerOrNull, requiredText, textOrNull } from './parameters.ts';

/** Minutes of the candles that can be asked for. */
export const candleMinutes: ReadonlySet<number> = new Set([1, 5, 15, 30, 60, 240, 1440, 10_080, 21_600]);
const mostCandles = 720;
const mostTrades = 1000;
const mostLevels = 500;

export function publicHandlers(context: ProtocolContext): Readonly<Record<string, PublicHandler>> {
  return {
    Time: ({ wallMs }) => ({ unixtime: Math.floor(wallMs / 1000), rfc1123: new Date(wallMs).toUTCString() }),
    SystemStatus: ({ wallMs }) => ({ status: 'online', timestamp: secondTime(wallMs) }),
    Assets: (call) => assetsView(context, call),
    AssetPairs: (call) => {
      const info = textOrNull(call.params, 'info') ?? 'info';
      return keyed(namedMarkets(context, call), (market) => pairView(pairOf(market.instrument), info));
    },
    Ticker: (call) => keyed(namedMarkets(context, call), (market) => tickerView(context, market, call.nowMs)),
    Depth: (call) => depthView(context, call),
    Trades: (call) => tradesView(context, call),
    OHLC: (call) => candlesView(context, call),
    Spread: (call) => {
      const market = requiredMarket(context, call);
      const { bids, asks } = feedOf(context, market).current();
      const { pairDecimals } = pairOf(market.instrument);
      const price = (row: readonly [string, string] | undefined): string =>
        row === undefined ? '0' : padded(decimal(row[0]), pairDecimals);
      const atSeconds = Math.floor(call.nowMs / 1000);
      return { [market.instrument.id]: [[atSeconds, price(bids[0]), price(asks[0])]], last: atSeconds };
    },
  };
}

export function feedOf(context: ProtocolContext, market: SimMarket): BookFeed {
  const feed = context.feeds.get(market.instrument.id);
  if (feed === undefined) throw new Error(`no feed for ${market.instrument.id}`);
  return feed;
}

/** The listed market of a name. @throws KrakenError EQuery:Unknown asset pair */
export function marketNamed(context: ProtocolContext, name: string): SimMarket {
  const market = context.exchange.state.markets.get(pairNamed(name)?.instrument.id ?? '');
  if (market === undefined) throw unknownPair();
  return market;
}

export function requiredMarket(context: ProtocolContext, call: KrakenCall): SimMarket {
  return marketNamed(context, requiredText(call.params, 'pair'));
}

/** Those of `pair`, a list with commas; all when it is missing. */
function namedMarkets(context: ProtocolContext, call: KrakenCall): SimMarket[] {
  const names = textOrNull(call.params, 'pair');
  if (names === null) return [...context.exchange.state.markets.values()];
  return names.split(',').map((name) => marketNamed(context, name));
}

function keyed(markets: readonly SimMarket[], view: (market: SimMarket) => unknown): Record<string, unknown> {
  return Object.fromEntries(markets.map((market) => [market.instrument.id, view(market)]));
}

/** Unified codes of everything that is traded. */
export function listedCodes(context: ProtocolContext): Set<string> {
  return new Set(
    [...context.exchange.state.markets.values()].flatMap(({ instrument }) => [instrument.base, instrument.quote]),
  );
}

function assetsView(context: ProtocolContext, call: KrakenCall): Record<string, unknown> {
  const listed = listedCodes(context);
  const named = textOrNull(call.params, 'asset')?.split(',').map(codeOf) ?? [...listed];
  if (named.some((code) => !listed.has(code))) throw new KrakenError('EQuery:Unknown asset');
  return Object.fromEntries(named.map((code) => [assetOf(code).id, assetView(code)]));
}

function tickerView(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { pairDecimals } = pairOf(market.instrument);
  const { bids, asks } = feedOf(context, market).current();
  const day = dayFigures(context.exchange, market, nowMs);
  const price = (value: string): string => padded(decimal(value), pairDecimals);
  const best = (row: readonly [string, string] | undefined): string[] =>
    row === undefined
      ? [price('0'), '0', '0.000']
      : [price(row[0]), toText(decimal(row[1]).round(0, 0)), padded(decimal(row[1]), 3)];
  const average = day.volumeBase.eq(zero) ? day.last : divide(day.volumeQuote, day.volumeBase, pairDecimals);
  const volume = padded(day.volumeBase, lotDecimals);
  const trades = market.publicTrades.filter(({ atMs }) => atMs >= nowMs - 86_400_000).length;
  const twice = <T>(value: T): [T, T] => [value, value];
  // The exchange gives figures since midnight first; the tape's last 24 hours stand for both.
  return {
    a: best(asks[0]),
    b: best(bids[0]),
    c: [padded(day.last, pairDecimals), padded(market.publicTrades.at(-1)?.quantityBase ?? zero, lotDecimals)],
    v: twice(volume),
    p: twice(padded(average, pairDecimals)),
    t: twice(trades),
    l: twice(padded(day.low, pairDecimals)),
    h: twice(padded(day.high, pairDecimals)),
    o: padded(day.open, pairDecimals),
  };
}

function depthView(context: ProtocolContext, call: KrakenCall): Record<string, unknown> {
  const market = requiredMarket(context, call);
  const count = countOf(call.params, 'count', 100, mostLevels);
  const { bids, asks } = feedOf(context, market).current();
  const { pairDecimals } = pairOf(market.instrument);
  const rows = (levels: readonly (readonly [string, string])[]): unknown[] =>
    levels
      .slice(0, count)
      .map(([price, quantity]) => [
        padded(decimal(price), pairDecimals),
        padded(decimal(quantity), 3),
        Math.floor(call.nowMs / 1000),
      ]);
  return { [market.instrument.id]: { asks: rows(asks), bids: rows(bids) } };
}

/** `since` is exclusive: seconds, or the nanoseconds of an earlier answer's `last`. */
function tradesView(context: ProtocolContext, call: KrakenCall): Record<string, unknown> {
  const market = requiredMarket(context, call);
  const count = countOf(call.params, 'count', mostTrades, mostTrades);
  const sinceMs = sinceOf(call);
  const newer = market.publicTrades.filter(({ atMs }) => sinceMs === null || atMs > sinceMs);
  const shown = sinceMs === null ? newer.slice(-count) : newer.slice(0, count);
  const last = shown.at(-1)?.atMs ?? sinceMs ?? call.nowMs;
  return { [market.instrument.id]: shown.map((trade) => publicTradeView(market, trade)), last: `${last}000000` };
}

function publicTradeView(market: SimMarket, trade: PublicTrade): unknown[] {
  return [
    padded(trade.price, pairOf(market.instrument).pairDecimals),
    padded(trade.quantityBase, lotDecimals),
    seconds(trade.atMs),
    trade.takerSide === 'buy' ? 'b' : 's',
    'l',
    '',
    tradeNumber(trade.id),
  ];
}

function sinceOf(call: KrakenCall): number | null {
  const text = textOrNull(call.params, 'since');
  if (text === null) return null;
  if (!/^\d{1,20}(\.\d{1,9})?$/.test(text)) throw invalidArguments('since');
  const value = Number(text);
  return value < 1e12 ? Math.floor(value * 1000) : Math.floor(value / 1e6);
}

function candlesView(context: ProtocolContext, call: KrakenCall): Record<string, unknown> {
  const market = requiredMarket(context, call);
  const minutes = integerOrNull(call.params, 'interval') ?? 1;
  if (!candleMinutes.has(minutes)) throw invalidArguments('interval');
  const sinceMs = sinceOf(call);
  const all = knownCandles(context, market, minutes, call.nowMs).filter(
    ({ openAtMs }) => sinceMs === null || openAtMs > sinceMs,
  );
  const shown = all.slice(-mostCandles);
  const { pairDecimals } = pairOf(market.instrument);
  return {
    [market.instrument.id]: shown.map((bar) => [
      Math.floor(bar.openAtMs / 1000),
      ...[bar.open, bar.high, bar.low, bar.close, bar.close].map((price) => padded(price, pairDecimals)),
      padded(bar.volume, lotDecimals),
      0,
    ]),
    last: Math.floor((shown.at(-1)?.openAtMs ?? call.nowMs) / 1000),
  };
}

/** Candles of whole bars: none where the tape's bars are longer than the candles. */
export function knownCandles(
  context: ProtocolContext,
  market: SimMarket,
  minutes: number,
  nowMs: number,
): ReturnType<typeof candles> {
  const lengthMs = minutes * 60_000;
  const bars = listedOf(context.exchange, market).bars.filter((bar) => bar.closeAtMs - bar.openAtMs <= lengthMs);
  return candles(bars, nowMs, lengthMs, 0, nowMs);
}
