/** Recorded series of `data/stories/`, line by line. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { FundingOutlook } from '../../../src/domain/carry.ts';
import { outlookFrom, type SettledRate } from '../../../src/domain/funding/funding-history.ts';

/** Fields by column name; `atMs` is the first column, `time`. */
export function recorded(name: string): (Readonly<Record<string, string>> & { readonly atMs: string })[] {
  const [header = '', ...lines] = readFileSync(`data/stories/${name}`, 'utf8').trim().split('\n');
  const columns = header.split(',');
  return lines.map((line) => {
    const values = line.split(',');
    const fields = Object.fromEntries(columns.map((column, index) => [column, values[index] ?? '']));
    return { ...fields, atMs: String(Date.parse(values[0] ?? '')) };
  });
}

const hourMs = 3_600_000;

/** Settled rates of one perpetual, oldest first; `column` holds them. */
export function recordedRates(name: string, column: string): SettledRate[] {
  return recorded(name).map((row) => ({ rate: row[column] ?? '', settledAtMs: Number(row.atMs) }));
}

/** What was to be expected then, every eight hours, from what had been settled: r is the last settled rate. */
export function outlookAt(settled: readonly SettledRate[], atMs: number, persistence: string): FundingOutlook {
  const last = settled.findLast(({ settledAtMs }) => settledAtMs <= atMs) ?? assert.fail('before the series');
  const coming = { rate: last.rate, nextSettlementAtMs: last.settledAtMs + 8 * hourMs, intervalHours: 8 };
  return { ...outlookFrom(coming, settled, atMs, persistence), rateOf: 'last_settlement' };
}
