/** Puts a home's state aside, so that the next start begins a new one. */
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createSupervisor } from '../processes/supervisor.ts';

const KEPT = new Set(['archive', 'supervisor.lock', 'supervisor.lock-journal']);

/**
 * Moves everything to `<home>/archive/<time>` and returns that folder; null when there was nothing to move.
 * What a killed run left is ended first. @throws HomeBusyError while the home is in use.
 */
export async function archiveHome(homeDir: string, nowMs: number = Date.now()): Promise<string | null> {
  mkdirSync(homeDir, { recursive: true, mode: 0o700 });
  if (readdirSync(homeDir).every((name) => KEPT.has(name))) return null;
  const supervisor = await createSupervisor({ homeDir, log: () => undefined });
  try {
    const folder = join(homeDir, 'archive', new Date(nowMs).toISOString().replaceAll(':', '-'));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // run.json stays until the lock is given back; the record it holds is empty by then.
    const names = readdirSync(homeDir).filter((name) => !KEPT.has(name) && name !== 'run.json');
    for (const name of names) renameSync(join(homeDir, name), join(folder, name));
    return folder;
  } finally {
    await supervisor.stop();
  }
}
