/** When a tape begins and ends, in market time; its format is described in data/README.md. */
import { readFileSync } from 'node:fs';

const intervalsMs: Readonly<Record<string, number>> = {
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1h': 3_600_000,
  '8h': 28_800_000,
};

export interface TapeWindow {
  /** Every series has a known close from here on. */
  readonly startMs: number;
  /** The first series to end, ends here. */
  readonly endMs: number;
}

/** A bar's close is known at its end. @throws Error when the file cannot be read or has no bars. */
export function tapeWindow(path: string): TapeWindow {
  const firstCloses = new Map<string, number>();
  const lastCloses = new Map<string, number>();
  for (const line of readFileSync(path, 'utf8').trim().split(/\r?\n/).slice(1)) {
    const [time = '', venue, symbol, interval = ''] = line.split(',');
    const closeAtMs = Date.parse(time) + (intervalsMs[interval] ?? Number.NaN);
    if (!Number.isFinite(closeAtMs)) throw new Error(`${path} is not a tape: ${line}`);
    const series = `${venue} ${symbol}`;
    if (!firstCloses.has(series)) firstCloses.set(series, closeAtMs);
    lastCloses.set(series, closeAtMs);
  }
  if (firstCloses.size === 0) throw new Error(`${path} has no bars`);
  return { startMs: Math.max(...firstCloses.values()), endMs: Math.min(...lastCloses.values()) };
}
