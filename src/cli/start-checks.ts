/** What is checked before anything starts: the switches of real money, and whose home it is. */
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { readAnchor } from '../stack/anchor-file.ts';
import { asRecord, readJson, writePrivateJson } from '../stack/json-file.ts';
import { BadInput } from './errors.ts';

type Mode = Config['mode'];

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
 * A home's ledger, clock and exchanges are of one mode: recorded prices and real ones must not meet in one set of books.
 * @throws BadInput where the home is another mode's
 */
export function checkHomeMode(homeDir: string, mode: Mode, fresh: boolean): void {
  const before = homeMode(homeDir);
  if (before === null || before === mode) return;
  if (fresh && isSimulated(before)) return;
  const others = isSimulated(before) && isSimulated(mode) ? ', or put its state away with --fresh' : '';
  throw new BadInput(
    `${homeDir} holds a run of mode ${before}: give mode ${mode} a home of its own with --home${others}`,
  );
}

export function recordHomeMode(homeDir: string, mode: Mode): void {
  writePrivateJson(modeFile(homeDir), { mode });
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
