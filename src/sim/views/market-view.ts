/** Public figures that every protocol shows: best prices, the last day, candles, funding. Pure reads. */
import type { Decimal, DecimalText } from '../../domain/decimal.ts';
import { divide, maximum, minimum, roundTo, sum, toText, zero } from '../../domain/decimal.ts';
import type { Exchange, ListedInstrument } from '../exchange/exchange.ts';
import { lastSettlementMs, nextSettlementMs } from '../exchange/funding.ts';
import type { SimMarket } from '../exchange/state.ts';
import type { TapeBar } from '../feed/tape.ts';
import { knownBars } from '../feed/tape.ts';

const dayMs = 86_400_000;

export interface DayFigures {
  readonly open: Decimal;
  readonly high: Decimal;
  readonly low: Decimal;
  readonly last: Decimal;
  readonly volumeBase: Decimal;
  readonly volumeQuote: Decimal;
  readonly changeFraction: Decimal;
}

export function listedOf(exchange: Exchange, market: SimMarket): ListedInstrument {
  const entry = exchange.listed.get(market.instrument.id);
  if (entry === undefined) throw new Error(`${market.instrument.id} is not listed at ${exchange.venue}`);
  return entry;
}

/** The last 24 hours of market time, from the bars whose close is known. */
export function dayFigures(exchange: Exchange, market: SimMarket, nowMs: number): DayFigures {
  const last = market.lastPrice ?? market.house.centre ?? zero;
  const bars = knownBars(listedOf(exchange, market).bars, nowMs).filter((bar) => bar.openAtMs >= nowMs - dayMs);
  const open = bars[0]?.open ?? last;
  return {
    open,
    high: maximum(last, ...bars.map((bar) => bar.high)),
    low: minimum(last, ...bars.map((bar) => bar.low)),
    last,
    volumeBase: sum(bars.map((bar) => bar.volume)),
    volumeQuote: sum(bars.map((bar) => bar.volume.times(bar.close))),
    changeFraction: open.eq(zero) ? zero : divide(last.minus(open), open, 6),
  };
}

/** Candles of whole hours from the tape; longer intervals are put together from them. */
export function candles(
  bars: readonly TapeBar[],
  nowMs: number,
  lengthMs: number,
  fromMs: number,
  toMs: number,
): TapeBar[] {
  const result: TapeBar[] = [];
  for (const bar of knownBars(bars, nowMs)) {
    const openAtMs = Math.floor(bar.openAtMs / lengthMs) * lengthMs;
    if (openAtMs < fromMs || openAtMs > toMs) continue;
    const last = result.at(-1);
    if (last === undefined || last.openAtMs !== openAtMs) {
      result.push({ ...bar, openAtMs, closeAtMs: openAtMs + lengthMs });
    } else {
      result[result.length - 1] = {
        ...last,
        high: maximum(last.high, bar.high),
        low: minimum(last.low, bar.low),
        close: bar.close,
        volume: last.volume.plus(bar.volume),
      };
    }
  }
  return result;
}

export interface SettledRate {
  readonly settledAtMs: number;
  readonly rate: Decimal;
}

/** Settled rates in a window of market time, oldest first, at most `limit` of the oldest (or newest without a start). */
export function settledRates(
  entry: ListedInstrument,
  nowMs: number,
  window: { readonly fromMs: number | null; readonly toMs: number | null; readonly limit: number },
): SettledRate[] {
  const series = entry.funding;
  if (series === null) return [];
  const newestMs = lastSettlementMs(series, Math.min(nowMs, window.toMs ?? nowMs));
  const times: number[] = [];
  if (window.fromMs === null) {
    for (let atMs = newestMs; atMs >= 0 && times.length < window.limit; atMs = lastSettlementMs(series, atMs - 1)) {
      times.unshift(atMs);
    }
  } else {
    let atMs = nextSettlementMs(series, Math.max(0, window.fromMs) - 1);
    for (; atMs <= newestMs && times.length < window.limit; atMs = nextSettlementMs(series, atMs)) times.push(atMs);
  }
  return times.map((settledAtMs) => ({ settledAtMs, rate: series.rateAt(settledAtMs) }));
}

/** Average price of a filled quantity, to 8 places; null when nothing filled. */
export function averagePrice(filledQuote: Decimal, filledBase: Decimal): DecimalText | null {
  return filledBase.eq(zero) ? null : toText(roundTo(divide(filledQuote, filledBase), 8, 'half_up'));
}
