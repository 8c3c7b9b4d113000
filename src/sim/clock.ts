/** Market time of the simulated exchanges: the tape's start until the anchor exists, then as the anchor says. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ClockAnchor } from '../domain/market-clock.ts';
import { marketTimeMs } from '../domain/market-clock.ts';
import type { SimClock } from './exchange/exchange.ts';
import { isObject } from './json.ts';

export interface AnchoredClock extends SimClock {
  /** Looks for the anchor file again; does nothing once it has been read. */
  poll(): void;
  anchored(): boolean;
}

/**
 * @param file where the anchor is, or will be
 * @param startMs market time until then
 */
export function anchoredClock(file: string, startMs: number): AnchoredClock {
  let anchor: ClockAnchor | null = null;
  const poll = (): void => {
    if (anchor === null && existsSync(file)) anchor = parseAnchor(readFileSync(file, 'utf8'));
  };
  poll();
  return {
    poll,
    anchored: () => anchor !== null,
    wallMs: () => Date.now(),
    marketMs: () => (anchor === null ? startMs : Math.max(startMs, marketTimeMs(anchor, Date.now()))),
  };
}

/** Written whole or not at all, so that a reader never sees half of it. */
export function writeAnchor(file: string, anchor: ClockAnchor): void {
  writeFileAtomically(file, JSON.stringify(anchor), 0o644);
}

export function writeFileAtomically(file: string, text: string, mode: number): void {
  const partial = `${file}.${process.pid}.part`;
  writeFileSync(partial, text, { mode });
  renameSync(partial, file);
}

/** Null while the file is still being written. */
function parseAnchor(text: string): ClockAnchor | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(parsed)) return null;
  const { wallMs, marketMs, scale, tapeEndMs } = parsed;
  if (typeof wallMs !== 'number' || typeof marketMs !== 'number' || typeof scale !== 'number') return null;
  return { wallMs, marketMs, scale, tapeEndMs: typeof tapeEndMs === 'number' ? tapeEndMs : null };
}
