/** Funding rates of a perpetual: a recorded series, or a model that is a constant. Settlements are aligned to UTC. */
import { readFileSync } from 'node:fs';
import type { Decimal } from '../../domain/decimal.ts';
import { decimal } from '../../domain/decimal.ts';
import type { TapeBar } from '../feed/tape.ts';
import { lastKnownBar } from '../feed/tape.ts';

/** After `fromMs` (market time) settlements come every `hours`, until the next change. */
export interface FundingChange {
  readonly fromMs: number;
  readonly hours: number;
}

export interface FundingSeries {
  /** Of now. */
  readonly intervalHours: number;
  /** Of the beginning. */
  readonly firstHours: number;
  /** Changes of the interval, oldest first: part of the exchange's state, written by its events alone. */
  readonly changes: FundingChange[];
  /** Rate of the settlement at exactly this market time; positive: longs pay shorts. */
  rateAt(settlementMs: number): Decimal;
}

function fundingSeries(firstHours: number, rateAt: FundingSeries['rateAt']): FundingSeries {
  const changes: FundingChange[] = [];
  return {
    get intervalHours() {
      return changes.at(-1)?.hours ?? firstHours;
    },
    firstHours,
    changes,
    rateAt,
  };
}

/** A model, not a record: the same rate at every settlement. */
export function constantFunding(rate: Decimal, intervalHours: number): FundingSeries {
  return fundingSeries(intervalHours, () => rate);
}

/**
 * A recorded series from a CSV with the columns `time,rate` (settlement time in ISO 8601 UTC, rate as a fraction).
 * Settlements that it does not hold use `otherwise`.
 * @throws Error naming the line that cannot be parsed
 */
export function recordedFunding(path: string, intervalHours: number, otherwise: Decimal): FundingSeries {
  const rates = new Map<number, Decimal>();
  const lines = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  if (lines[0] !== 'time,rate') throw new Error(`${path}: the first line must be time,rate`);
  for (const [index, line] of lines.slice(1).entries()) {
    const [time, rate] = line.split(',');
    const atMs = Date.parse(time ?? '');
    if (Number.isNaN(atMs) || rate === undefined) throw new Error(`${path}:${index + 2}: not a funding row: ${line}`);
    rates.set(atMs, decimal(rate));
  }
  return fundingSeries(intervalHours, (settlementMs) => rates.get(settlementMs) ?? otherwise);
}

/** Rates of a tape's bars: a settlement takes the newest that is known at its time. */
export function tapeFunding(bars: readonly TapeBar[], intervalHours: number, otherwise: Decimal): FundingSeries {
  const rated = bars.filter(({ fundingRate }) => fundingRate !== undefined);
  return fundingSeries(intervalHours, (settlementMs) => lastKnownBar(rated, settlementMs)?.fundingRate ?? otherwise);
}

/** A year of hourly settlements. */
const fedRatesKept = 9_000;

export interface FedFunding extends FundingSeries {
  /** The rate that is expected, or known, for a settlement; the newest word counts. */
  set(settlementMs: number, rate: Decimal): void;
}

/** A series that a live feed fills. A settlement that it has not named takes the rate of the one before it. */
export function fedFunding(otherwise: Decimal, intervalHours: number): FedFunding {
  const rates = new Map<number, Decimal>();
  const series = fundingSeries(intervalHours, (settlementMs) => {
    let newestMs = -Infinity;
    for (const atMs of rates.keys()) if (atMs <= settlementMs && atMs > newestMs) newestMs = atMs;
    return rates.get(newestMs) ?? otherwise;
  });
  return Object.assign(series, {
    set(settlementMs: number, rate: Decimal): void {
      rates.delete(settlementMs);
      rates.set(settlementMs, rate);
      for (const atMs of rates.keys()) {
        if (rates.size <= fedRatesKept) break;
        rates.delete(atMs);
      }
    },
  });
}

export function isFed(series: FundingSeries): series is FedFunding {
  return 'set' in series;
}

const hourMs = 3_600_000;

/** The first settlement after a market time. */
export function nextSettlementMs(series: FundingSeries, afterMs: number): number {
  const { changes, firstHours } = series;
  let hours = firstHours;
  for (const change of changes) {
    const nextMs = nextMultipleMs(hours, afterMs);
    if (nextMs <= change.fromMs) return nextMs;
    hours = change.hours;
    afterMs = Math.max(afterMs, change.fromMs);
  }
  return nextMultipleMs(hours, afterMs);
}

/** The newest settlement at or before a market time. */
export function lastSettlementMs(series: FundingSeries, atMs: number): number {
  for (const { fromMs, hours } of series.changes.toReversed()) {
    const lastMs = lastMultipleMs(hours, atMs);
    if (lastMs > fromMs) return lastMs;
    atMs = Math.min(atMs, fromMs);
  }
  return lastMultipleMs(series.firstHours, atMs);
}

function nextMultipleMs(hours: number, afterMs: number): number {
  return (Math.floor(afterMs / (hours * hourMs)) + 1) * hours * hourMs;
}

function lastMultipleMs(hours: number, atMs: number): number {
  return Math.floor(atMs / (hours * hourMs)) * hours * hourMs;
}
