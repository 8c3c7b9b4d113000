/** A recorded market: hourly closes per venue and symbol. A close is known at its bar's end and holds until the next. */
import { readFileSync } from 'node:fs';
import type { Decimal } from '../domain/decimal.ts';
import { decimal } from '../domain/decimal.ts';

export interface TapeBar {
  readonly openAtMs: number;
  /** When the close is known: the bar's end. */
  readonly closeAtMs: number;
  readonly open: Decimal;
  readonly high: Decimal;
  readonly low: Decimal;
  readonly close: Decimal;
  /** Base units. */
  readonly volume: Decimal;
}

export interface Tape {
  /** The first moment at which every series has a known close. */
  readonly startMs: number;
  readonly endMs: number;
  /** Oldest first; empty when the tape does not hold the symbol. */
  bars(venue: string, symbol: string): readonly TapeBar[];
}

const header = 'time,venue,symbol,interval,open,high,low,close,volume';
const intervalsMs: Readonly<Record<string, number>> = {
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1h': 3_600_000,
  '8h': 28_800_000,
};

/** @throws Error when the file cannot be read or a line cannot be parsed; the message names the line. */
export function readTape(path: string): Tape {
  return parseTape(readFileSync(path, 'utf8'), path);
}

export function parseTape(text: string, name: string): Tape {
  const lines = text.trim().split(/\r?\n/);
  if (lines[0] !== header) throw new Error(`${name}: the first line must be ${header}`);
  const series = new Map<string, TapeBar[]>();
  for (const [index, line] of lines.entries()) {
    if (index === 0) continue;
    const [time, venue, symbol, interval, open, high, low, close, volume] = line.split(',');
    const openAtMs = Date.parse(time ?? '');
    const lengthMs = intervalsMs[interval ?? ''];
    if (Number.isNaN(openAtMs) || lengthMs === undefined || volume === undefined) {
      throw new Error(`${name}:${index + 1}: not a tape row: ${line}`);
    }
    const key = `${venue} ${symbol}`;
    const bars = series.get(key) ?? [];
    series.set(key, bars);
    if (openAtMs < (bars.at(-1)?.closeAtMs ?? 0)) throw new Error(`${name}:${index + 1}: ${key} goes back in time`);
    bars.push({
      openAtMs,
      closeAtMs: openAtMs + lengthMs,
      open: decimal(open ?? ''),
      high: decimal(high ?? ''),
      low: decimal(low ?? ''),
      close: decimal(close ?? ''),
      volume: decimal(volume),
    });
  }
  if (series.size === 0) throw new Error(`${name}: the tape is empty`);
  return {
    startMs: Math.max(...[...series.values()].map((bars) => bars[0]?.closeAtMs ?? 0)),
    endMs: Math.min(...[...series.values()].map((bars) => bars.at(-1)?.closeAtMs ?? 0)),
    bars: (venue, symbol) => series.get(`${venue} ${symbol}`) ?? [],
  };
}

/** How many bars have a known close at a market time. */
function knownCount(bars: readonly TapeBar[], atMs: number): number {
  let low = 0;
  let high = bars.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bars[middle]?.closeAtMs ?? Infinity) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The bars whose close is known at a market time, oldest first. */
export function knownBars(bars: readonly TapeBar[], atMs: number): readonly TapeBar[] {
  return bars.slice(0, knownCount(bars, atMs));
}

/** The newest bar whose close is known at a market time. */
export function lastKnownBar(bars: readonly TapeBar[], atMs: number): TapeBar | null {
  return bars[knownCount(bars, atMs) - 1] ?? null;
}

/** The first moment after `atMs` at which a new close becomes known. */
export function nextCloseMs(bars: readonly TapeBar[], atMs: number): number | null {
  return bars[knownCount(bars, atMs)]?.closeAtMs ?? null;
}
