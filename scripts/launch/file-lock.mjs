/**
 * Two first starts at once must not install into the same folder. The lock is a file that its holder touches every
 * second; a holder that has died, or has not touched it for a while, has lost it.
 */
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const TOUCH_MS = 1000;
const STALE_MS = 20_000;

/** Runs `work` while no other process does so under the same file. */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  const content = JSON.stringify({ pid: process.pid, token: randomUUID() });
  for (let waited = false; !take(file, content); waited = true) {
    if (!waited) process.stderr.write(`waiting for another start that does the same (${file})\n`);
    await pause(200);
  }
  const touch = setInterval(() => {
    const now = new Date();
    if (read(file) === content) utimesSync(file, now, now);
  }, TOUCH_MS);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    if (read(file) === content) rmSync(file, { force: true });
  }
}

function take(file, content) {
  try {
    writeFileSync(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const found = read(file);
  if (found !== null && isStale(file, found)) removeStale(file, found);
  return false;
}

function isStale(file, content) {
  try {
    if (Date.now() - statSync(file).mtimeMs > STALE_MS) return true;
    process.kill(JSON.parse(content).pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Moved aside before it is judged again: if another process was quicker, its fresh lock is put back. */
function removeStale(file, judged) {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    if (read(aside) !== judged) linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
