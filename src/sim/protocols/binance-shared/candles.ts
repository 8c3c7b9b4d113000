/**
 * Candles from what is known of a market: the tape's bars, put together for longer intervals; for shorter ones the
 * last close, which holds as a step. The newest candle is the present one, at the present price.
 */
import type { Decimal } from '../../../domain/decimal.ts';
import { maximum, minimum, toText, zero } from '../../../domain/decimal.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { candles as barCandles, listedOf } from '../../views/market-view.ts';
import type { SimMarket } from '../../exchange/state.ts';
import type { TapeBar } from '../../feed/tape.ts';
import { lastKnownBar } from '../../feed/tape.ts';
import type { BinanceCall } from './call.ts';
import { choice, limitOf, required, timeOrNull } from './parameters.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

const intervalLengthsMs: ReadonlyMap<string, number> = new Map([
  ['1m', minuteMs],
  ['3m', 3 * minuteMs],
  ['5m', 5 * minuteMs],
  ['15m', 15 * minuteMs],
  ['30m', 30 * minuteMs],
  ['1h', 60 * minuteMs],
  ['2h', 120 * minuteMs],
  ['4h', 240 * minuteMs],
  ['6h', 360 * minuteMs],
  ['8h', 480 * minuteMs],
  ['12h', 720 * minuteMs],
  ['1d', dayMs],
  ['3d', 3 * dayMs],
  ['1w', 7 * dayMs],
]);

/** Weeks begin on Mondays, the epoch did on a Thursday. */
const mondayOffsetMs = 4 * dayMs;

export interface Candle {
  readonly openAtMs: number;
  /** The start of the next one. */
  readonly closeAtMs: number;
  readonly open: Decimal;
  readonly high: Decimal;
  readonly low: Decimal;
  readonly close: Decimal;
  /** Base units. */
  readonly volume: Decimal;
}

/** @throws BinanceError -1120 */
export function intervalMs(interval: string): number {
  return choice(interval, intervalLengthsMs, -1120, 'Invalid interval.');
}

/** Null when there is no such interval. */
export function intervalMsOrNull(interval: string): number | null {
  return intervalLengthsMs.get(interval) ?? null;
}

/** The candle that a time lies in: its start. */
function startOf(atMs: number, lengthMs: number): number {
  const offsetMs = lengthMs === 7 * dayMs ? mondayOffsetMs : 0;
  return Math.floor((atMs - offsetMs) / lengthMs) * lengthMs + offsetMs;
}

/** What `klines` shows: rows as lists, oldest first. @throws BinanceError */
export function candleRows(exchange: Exchange, market: SimMarket, call: BinanceCall, most: number): unknown[] {
  const lengthMs = intervalMs(required(call, 'interval'));
  const limit = limitOf(call, 500, most);
  const fromMs = timeOrNull(call, 'startTime');
  const toMs = Math.min(timeOrNull(call, 'endTime') ?? call.nowMs, call.nowMs);
  const earliestMs = startOf(toMs, lengthMs) - (limit - 1) * lengthMs;
  const firstMs = fromMs === null ? earliestMs : startOf(fromMs + lengthMs - 1, lengthMs);
  const found = candlesBetween(exchange, market, lengthMs, firstMs, toMs, limit, call.nowMs);
  return (fromMs === null ? found.slice(-limit) : found.slice(0, limit)).map(candleRow);
}

function candleRow(candle: Candle): unknown[] {
  return [
    candle.openAtMs,
    ...[candle.open, candle.high, candle.low, candle.close, candle.volume].map(toText),
    candle.closeAtMs - 1,
    toText(candle.volume.times(candle.close)),
    0,
    '0',
    '0',
    '0',
  ];
}

/** The candle of the present; null without a price. */
export function presentCandle(exchange: Exchange, market: SimMarket, lengthMs: number, nowMs: number): Candle | null {
  return candlesBetween(exchange, market, lengthMs, startOf(nowMs, lengthMs), nowMs, 1, nowMs).at(-1) ?? null;
}

function candlesBetween(
  exchange: Exchange,
  market: SimMarket,
  lengthMs: number,
  firstMs: number,
  toMs: number,
  limit: number,
  nowMs: number,
): Candle[] {
  const { bars } = listedOf(exchange, market);
  const [sample] = bars;
  const isStep = sample === undefined || lengthMs < sample.closeAtMs - sample.openAtMs;
  const known = isStep
    ? steps(bars, lengthMs, firstMs, Math.min(toMs, nowMs - lengthMs), limit)
    : fromBars(bars.slice(bars.findLastIndex((bar) => bar.openAtMs < firstMs) + 1), lengthMs, firstMs, toMs, nowMs);
  const present = startOf(nowMs, lengthMs);
  if (toMs < present || firstMs > present) return known;
  return withPresent(known, market, bars, present, lengthMs, nowMs);
}

/** Candles count from the epoch, weeks from a Monday. */
function fromBars(bars: readonly TapeBar[], lengthMs: number, firstMs: number, toMs: number, nowMs: number): Candle[] {
  const offsetMs = lengthMs === 7 * dayMs ? mondayOffsetMs : 0;
  const shifted = offsetMs === 0 ? bars : bars.map((bar) => shift(bar, -offsetMs));
  return barCandles(shifted, nowMs - offsetMs, lengthMs, firstMs - offsetMs, toMs - offsetMs).map((bar) =>
    shift(bar, offsetMs),
  );
}

function shift<T extends Candle>(candle: T, byMs: number): T {
  return { ...candle, openAtMs: candle.openAtMs + byMs, closeAtMs: candle.closeAtMs + byMs };
}

/** Flat candles at the close known when they end; one that begins before a close ends at the new one. */
function steps(bars: readonly TapeBar[], lengthMs: number, firstMs: number, lastMs: number, limit: number): Candle[] {
  const [oldest] = bars;
  if (oldest === undefined) return [];
  const result: Candle[] = [];
  const startMs = Math.max(firstMs, startOf(oldest.closeAtMs + lengthMs - 1, lengthMs));
  for (let openAtMs = startMs; openAtMs <= lastMs && result.length < limit; openAtMs += lengthMs) {
    const closeAtMs = openAtMs + lengthMs;
    const open = lastKnownBar(bars, openAtMs)?.close;
    const last = lastKnownBar(bars, closeAtMs - 1);
    if (open === undefined || last === null) continue;
    const volume = last.closeAtMs > openAtMs ? last.volume : zero;
    result.push({
      openAtMs,
      closeAtMs,
      open,
      high: maximum(open, last.close),
      low: minimum(open, last.close),
      close: last.close,
      volume,
    });
  }
  return result;
}

function withPresent(
  known: readonly Candle[],
  market: SimMarket,
  bars: readonly TapeBar[],
  openAtMs: number,
  lengthMs: number,
  nowMs: number,
): Candle[] {
  const price = market.lastPrice ?? market.house.centre;
  if (price === null) return [...known];
  const begun = known.at(-1)?.openAtMs === openAtMs ? known.at(-1) : undefined;
  const open = begun?.open ?? lastKnownBar(bars, Math.min(openAtMs, nowMs))?.close ?? price;
  const present: Candle = {
    openAtMs,
    closeAtMs: openAtMs + lengthMs,
    open,
    high: maximum(price, begun?.high ?? open),
    low: minimum(price, begun?.low ?? open),
    close: price,
    volume: begun?.volume ?? zero,
  };
  return [...(begun === undefined ? known : known.slice(0, -1)), present];
}
