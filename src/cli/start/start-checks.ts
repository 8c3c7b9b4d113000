/** What is checked before anything starts, or is asked of a home: the switches of real money, and whose home it is. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { tapeWindow, type TapeWindow } from '../../config/tape-window.ts';
import { readAnchor } from '../../stack/home/anchor-file.ts';
import { asRecord, readJson, writePrivateJson } from '../../stack/home/json-file.ts';
import { BadInput } from '../errors.ts';

type Mode = Config['mode'];
/** What a home is held against. */
export type HomeTerms = Pick<Config, 'mode' | 'simulation'>;

/** Real money needs both switches. @throws BadInput */
export function checkSwitches(config: Config, options: { readonly live: boolean; readonly fresh: boolean }): void {
  const flag = options.live;
  if (config.mode === 'live' && !(config.live && flag)) {
    throw new BadInput(
      'mode live trades real money and needs both switches: live: true in the configuration, and --live',
    );
  }
  if (options.fresh && !isSimulated(config.mode)) {
    throw new BadInput(
      `--fresh puts the ledger away, and real positions with it: only the modes demo and paper allow it, not ${config.mode}`,
    );
  }
  if (config.mode !== 'live' && flag)
    throw new BadInput(`--live was given, but the configuration's mode is ${config.mode}`);
}

/**
 * Before a start. A home's ledger, clock and exchanges are of one mode, and of one tape: recorded prices and real ones,
 * or those of two years, must not meet in one set of books.
 * @throws BadInput where the home is another one's
 */
export function checkHomeOfStart(homeDir: string, terms: HomeTerms, fresh: boolean): void {
  const before = homeMode(homeDir);
  const conflict = conflictOf(homeDir, before, terms);
  if (conflict === null || before === null) return;
  if (fresh && isSimulated(before)) return;
  const others = isSimulated(before) && isSimulated(terms.mode) ? ', or put its state away with --fresh' : '';
  throw new BadInput(`${conflict}: give this configuration a home of its own with --home${others}`);
}

/**
 * Before a command reads or trades by a home's ledger and clock.
 * @throws BadInput where the configuration is not that of the home
 */
export function checkHomeOfCommand(homeDir: string, terms: HomeTerms): void {
  const conflict = conflictOf(homeDir, homeMode(homeDir), terms);
  if (conflict === null) return;
  throw new BadInput(
    `${conflict}: name the home of this configuration with --home, or leave --config out to use what the home was started with`,
  );
}

export function recordHomeMode(homeDir: string, mode: Mode): void {
  writePrivateJson(modeFile(homeDir), { mode });
}

/** Null where the home is new, or of the same kind. */
function conflictOf(homeDir: string, before: string | null, { mode, simulation }: HomeTerms): string | null {
  if (before === null) return null;
  if (before !== mode) return `${homeDir} holds a run of mode ${before}, and the configuration is of mode ${mode}`;
  const endMs = readAnchor(homeDir)?.tapeEndMs ?? null;
  // A tape that is gone is told by who needs it.
  if (mode !== 'demo' || endMs === null || simulation === null || !existsSync(simulation.tape)) return null;
  const wanted = windowOf(simulation.tape);
  if (wanted.endMs === endMs) return null;
  return `${homeDir} replays a tape that ends ${hour(endMs)}, and ${simulation.tape} ends ${hour(wanted.endMs)}`;
}

/** Of what the demo replays; null in other modes. @throws BadInput where its tape cannot be taken, with the lines */
export function demoWindow({ mode, simulation }: HomeTerms): TapeWindow | null {
  return mode === 'demo' && simulation !== null ? windowOf(simulation.tape) : null;
}

function windowOf(tape: string): TapeWindow {
  try {
    return tapeWindow(tape);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new BadInput(`simulation.tape: ${what}`);
  }
}

function hour(marketMs: number): string {
  return new Date(marketMs).toISOString().slice(0, 16).replace('T', ' ');
}

/** Null: a new home. One of an older version tells by its clock whether it replays a tape. */
function homeMode(homeDir: string): string | null {
  const recorded = asRecord(readJson(modeFile(homeDir)))?.['mode'];
  if (typeof recorded === 'string') return recorded;
  return typeof readAnchor(homeDir)?.tapeEndMs === 'number' ? 'demo' : null;
}

function isSimulated(mode: string): boolean {
  return mode === 'demo' || mode === 'paper';
}

function modeFile(homeDir: string): string {
  return join(homeDir, 'mode.json');
}
