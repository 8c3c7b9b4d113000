/** Funding rates of a perpetual: a recorded series, or a model that is a constant. Settlements are aligned to UTC. */
import { readFileSync } from 'node:fs';
import type { Decimal } from '../domain/decimal.ts';
import { decimal } from '../domain/decimal.ts';
import type { TapeBar } from './tape.ts';
import { lastKnownBar } from './tape.ts';

export interface FundingSeries {
  readonly intervalHours: number;
  /** Rate of the settlement at exactly this market time; positive: longs pay shorts. */
  rateAt(settlementMs: number): Decimal;
}

/** A model, not a record: the same rate at every settlement. */
export function constantFunding(rate: Decimal, intervalHours: number): FundingSeries {
  return { intervalHours, rateAt: () => rate };
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
  return { intervalHours, rateAt: (settlementMs) => rates.get(settlementMs) ?? otherwise };
}

/** Rates of a tape's bars: a settlement takes the newest that is known at its time. */
export function tapeFunding(bars: readonly TapeBar[], intervalHours: number, otherwise: Decimal): FundingSeries {
  const rated = bars.filter(({ fundingRate }) => fundingRate !== undefined);
  return { intervalHours, rateAt: (settlementMs) => lastKnownBar(rated, settlementMs)?.fundingRate ?? otherwise };
}

export interface FedFunding extends FundingSeries {
  /** The rate that is expected, or known, for a settlement; the newest word counts. */
  set(settlementMs: number, rate: Decimal): void;
}

/** A series that a live feed fills. A settlement that it has not named takes the rate of the one before it. */
export function fedFunding(otherwise: Decimal, intervalHours: number): FedFunding {
  const rates = new Map<number, Decimal>();
  return {
    intervalHours,
    rateAt(settlementMs) {
      let newestMs = -Infinity;
      for (const atMs of rates.keys()) if (atMs <= settlementMs && atMs > newestMs) newestMs = atMs;
      return rates.get(newestMs) ?? otherwise;
    },
    set: (settlementMs, rate) => void rates.set(settlementMs, rate),
  };
}

export function isFed(series: FundingSeries): series is FedFunding {
  return 'set' in series;
}

const hourMs = 3_600_000;

/** The first settlement after a market time. */
export function nextSettlementMs(series: FundingSeries, afterMs: number): number {
  const intervalMs = series.intervalHours * hourMs;
  return (Math.floor(afterMs / intervalMs) + 1) * intervalMs;
}

/** The newest settlement at or before a market time. */
export function lastSettlementMs(series: FundingSeries, atMs: number): number {
  const intervalMs = series.intervalHours * hourMs;
  return Math.floor(atMs / intervalMs) * intervalMs;
}
