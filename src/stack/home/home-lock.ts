/**
 * One supervisor per home. Two Temporal servers on one database file both start without a complaint and take each
 * other's work, so this is the one thing that must not be raced: the lock is SQLite's own file lock, which the
 * operating system drops with the process that holds it, however it ends. There are no stale locks.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface HomeLock {
  release(): void;
}

/** @throws HomeBusyError when another supervisor is at work on this home. */
export function lockHome(homeDir: string): HomeLock {
  mkdirSync(homeDir, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(homeDir, 'supervisor.lock'), { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && error.message.includes('locked')) throw new HomeBusyError(homeDir);
    throw error;
  }
  return { release: () => database.close() };
}

export class HomeBusyError extends Error {
  readonly homeDir: string;

  constructor(homeDir: string) {
    super(`${homeDir} is in use by another running stack: stop that one first, or name another folder with --home`);
    this.name = 'HomeBusyError';
    this.homeDir = homeDir;
  }
}
