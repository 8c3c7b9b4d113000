/** What the figures were measured on, and how busy it was. */
import os from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly platform: string;
  readonly node: string;
  /** Runnable processes, average of the last minute, before and after measuring; the benchmark's own are part of it. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

export function load(): number {
  return Math.round((os.loadavg()[0] ?? 0) * 100) / 100;
}

export function machine(loadBefore: number): Machine {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model ?? 'unknown',
    cores: cpus.length,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    loadBefore,
    loadAfter: load(),
  };
}

/** Wall time in epoch milliseconds with fractions, so that short spans are not rounded. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
