/** `anchor.json`: ties market time to wall time, once per home. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ClockAnchor } from '../../domain/market-clock.ts';
import { asRecord, readJson, writePrivateJson } from './json-file.ts';

export interface StackClock {
  /** Market seconds in a wall second. */
  readonly scale: number;
  /** Market epoch milliseconds at which a new home begins; null: market time is wall time. */
  readonly marketStartMs: number | null;
  readonly tapeEndMs: number | null;
}

/** Market time of a new home begins this much after its anchor is written: about when its workers are ready. */
const LEAD_MS = 2000;

export interface HomeAnchor {
  readonly anchor: ClockAnchor;
  readonly isNew: boolean;
}

/** The home's anchor, made now if it has none. Workers that need it start after it, hence the lead. */
export function homeAnchor(homeDir: string, clock: StackClock): HomeAnchor {
  const kept = readAnchor(homeDir);
  if (kept !== null) return { anchor: kept, isNew: false };
  const nowMs = Date.now();
  const { marketStartMs, scale, tapeEndMs } = clock;
  const anchor: ClockAnchor =
    marketStartMs === null
      ? { wallMs: nowMs, marketMs: nowMs, scale, tapeEndMs }
      : { wallMs: nowMs + LEAD_MS, marketMs: marketStartMs, scale, tapeEndMs };
  writePrivateJson(anchorFile(homeDir), anchor);
  return { anchor, isNew: true };
}

/** Null on a home that was never ready. */
export function readAnchor(homeDir: string): ClockAnchor | null {
  const { wallMs, marketMs, scale, tapeEndMs } = asRecord(readJson(anchorFile(homeDir))) ?? {};
  if (typeof wallMs !== 'number' || typeof marketMs !== 'number' || typeof scale !== 'number') return null;
  return { wallMs, marketMs, scale, tapeEndMs: typeof tapeEndMs === 'number' ? tapeEndMs : null };
}

/** Only for a home whose very first start failed: nothing has been traded by this clock. */
export function forgetAnchor(homeDir: string): void {
  rmSync(anchorFile(homeDir), { force: true });
}

function anchorFile(homeDir: string): string {
  return join(homeDir, 'anchor.json');
}
