/** When a tape begins and ends, in market time; its format is described in data/README.md. */
import { readFileSync } from 'node:fs';
import { parseTape, type Tape } from '../domain/tape.ts';

/** From where every series has a known close, to where the first one ends. */
export type TapeWindow = Pick<Tape, 'startMs' | 'endMs'>;

/** @throws Error when the file cannot be read, has no bars, or has a row that cannot be taken: the message names the lines. */
export function tapeWindow(path: string): TapeWindow {
  const { startMs, endMs } = parseTape(readFileSync(path, 'utf8'), path);
  return { startMs, endMs };
}
