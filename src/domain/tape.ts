/**
 * A recorded market: bars per venue and symbol, a CSV row each. A close is known at its bar's end and holds until the
 * next; so do mark price, index price and funding rate, where the recording has them.
 */
import { decimal, zero, type Decimal } from './decimal.ts';

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
  /** At the bar's end. Absent: not recorded. */
  readonly mark?: Decimal;
  readonly index?: Decimal;
  /** Of the next settlement, from the bar's end on. */
  readonly fundingRate?: Decimal;
}

export interface Tape {
  /** The first moment at which every series has a known close. */
  readonly startMs: number;
  readonly endMs: number;
  /** Oldest first; empty when the tape does not hold the symbol. */
  bars(venue: string, symbol: string): readonly TapeBar[];
}

const required = ['time', 'venue', 'symbol', 'interval', 'open', 'high', 'low', 'close', 'volume'] as const;
const optional = ['mark', 'index', 'fundingRate'] as const;
type Column = (typeof required)[number] | (typeof optional)[number];

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** More are counted and not shown. */
const shownProblems = 10;

/** @param name of the file, for the messages @throws Error when a row cannot be taken; the message names the lines */
export function parseTape(text: string, name: string): Tape {
  const [first = '', ...rows] = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r?\n/);
  const columns = columnsOf(first, name);
  const series = new Map<string, TapeBar[]>();
  const problems: string[] = [];
  for (const [index, row] of rows.entries()) {
    try {
      const { key, bar } = parseRow(row, columns);
      const bars = series.get(key) ?? [];
      if (bar.openAtMs < (bars.at(-1)?.closeAtMs ?? 0)) throw new Error(`${key} goes back in time`);
      bars.push(bar);
      series.set(key, bars);
    } catch (error) {
      problems.push(`${name}:${index + 2}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const more = problems.length - shownProblems;
  if (problems.length > 0) {
    throw new Error([...problems.slice(0, shownProblems), ...(more > 0 ? [`and ${more} more`] : [])].join('\n'));
  }
  if (series.size === 0) throw new Error(`${name}: the tape is empty`);
  return {
    startMs: Math.max(...[...series.values()].map((bars) => bars[0]?.closeAtMs ?? 0)),
    endMs: Math.min(...[...series.values()].map((bars) => bars.at(-1)?.closeAtMs ?? 0)),
    bars: (venue, symbol) => series.get(`${venue} ${symbol}`) ?? [],
  };
}

/** The place of each column. @throws Error */
function columnsOf(line: string, name: string): ReadonlyMap<Column, number> {
  const given = line.split(',');
  const known: readonly Column[] = [...required, ...optional];
  const missing = required.filter((column) => !given.includes(column));
  const unknown = given.filter((column) => !known.some((other) => other === column));
  if (missing.length > 0 || unknown.length > 0 || new Set(given).size < given.length) {
    throw new Error(
      `${name}:1: the first line must be ${required.join(',')} and may also have ${optional.join(', ')}; it is ${line}`,
    );
  }
  return new Map(known.filter((column) => given.includes(column)).map((column) => [column, given.indexOf(column)]));
}

/** @throws Error saying what is wrong */
function parseRow(row: string, columns: ReadonlyMap<Column, number>): { key: string; bar: TapeBar } {
  const cells = row.split(',');
  if (cells.length !== columns.size) throw new Error(`not a tape row: ${cells.length} columns, not ${columns.size}`);
  const cell = (column: Column): string => cells[columns.get(column) ?? -1] ?? '';
  const price = (column: Column): Decimal => amountOf(cell(column), column, /^\d+(\.\d+)?$/);
  const [venue, symbol] = [cell('venue'), cell('symbol')];
  if (venue === '' || symbol === '') throw new Error('venue and symbol: must not be empty');
  const openAtMs = timeOf(cell('time'));
  const [open, high, low, close] = [price('open'), price('high'), price('low'), price('close')];
  if (low.lte(zero)) throw new Error('low: must be above zero');
  for (const value of [open, close]) {
    if (value.gt(high) || value.lt(low)) throw new Error('open and close: must lie between low and high');
  }
  const [mark, index] = [cell('mark'), cell('index')];
  const rate = cell('fundingRate');
  return {
    key: `${venue} ${symbol}`,
    bar: {
      openAtMs,
      closeAtMs: openAtMs + lengthOf(cell('interval')),
      open,
      high,
      low,
      close,
      volume: price('volume'),
      ...(mark === '' ? {} : { mark: price('mark') }),
      ...(index === '' ? {} : { index: price('index') }),
      ...(rate === '' ? {} : { fundingRate: amountOf(rate, 'fundingRate', /^-?\d+(\.\d+)?$/) }),
    },
  };
}

/** A time without a zone would mean another moment on another machine. */
function timeOf(text: string): number {
  if (/^\d{12,14}$/.test(text)) return Number(text);
  const atMs = /T.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isSafeInteger(atMs)) return atMs;
  throw new Error(`time: must be like 2025-10-09T00:00:00Z, or epoch milliseconds; it is ${text}`);
}

function lengthOf(text: string): number {
  const [, count, unit = ''] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const lengthMs = Number(count) * (unitsMs[unit] ?? Number.NaN);
  if (lengthMs > 0) return lengthMs;
  throw new Error(`interval: must be minutes, hours or days, such as 1m, 15m, 1h, 1d; it is ${text}`);
}

function amountOf(text: string, column: Column, form: RegExp): Decimal {
  if (form.test(text) && text.length <= 40) return decimal(text);
  throw new Error(`${column}: must be a decimal, such as 0.9996; it is ${text}`);
}
