/** What is known of a tape at a market time. */
import { readFileSync } from 'node:fs';
import { parseTape, type Tape, type TapeBar } from '../../domain/tape.ts';

export { parseTape, type Tape, type TapeBar } from '../../domain/tape.ts';

/** @throws Error when the file cannot be read or a row cannot be taken; the message names the lines. */
export function readTape(path: string): Tape {
  return parseTape(readFileSync(path, 'utf8'), path);
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
