/** `npm ci`, when what is installed is not what the lock file says. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './child.mjs';
import { withLock } from './file-lock.mjs';
import { cacheDir, repository } from './paths.mjs';
import { Refusal } from './refusal.mjs';
import { step } from './step.mjs';

export async function installPackages(root = repository) {
  if (isInstalled(root)) return;
  const lock = join(cacheDir(), 'locks', `install-${hash(root).slice(0, 16)}.lock`);
  await withLock(lock, async () => {
    if (isInstalled(root)) return;
    await step('installing packages (npm ci)', () => npmCi(root));
    writeStamp(root);
  });
}

/** True when the stamp of the last install carries this lock file, or when npm's own record of the tree matches it. */
export function isInstalled(root) {
  if (!existsSync(join(root, 'node_modules', '.bin', 'node'))) return false;
  if (read(stampFile(root)) === stamp(root)) return true;
  if (!treeMatches(root)) return false;
  writeStamp(root);
  return true;
}

/** Somebody ran `npm ci` by hand: every package that the lock file names and this machine needs has its version. */
function treeMatches(root) {
  const wanted = packages(join(root, 'package-lock.json'));
  const found = packages(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const installed = found[path];
    return installed === undefined ? entry.optional === true : installed.version === entry.version;
  });
}

function packages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

function stampFile(root) {
  return join(root, 'node_modules', '.basiskeeper-installed');
}

/** Binaries differ between platforms, and one folder may be seen by two of them (a container's mount). */
function stamp(root) {
  return `${process.platform}-${process.arch} ${hash(readFileSync(join(root, 'package-lock.json')))}\n`;
}

function writeStamp(root) {
  try {
    writeFileSync(stampFile(root), stamp(root));
  } catch (error) {
    // Packages that somebody else installed, read-only for us: they are checked again at the next start.
    if (error.code !== 'EACCES' && error.code !== 'EROFS') throw error;
  }
}

async function npmCi(root) {
  // Development packages bring Node 24 itself, so a production setting of the caller's must not leave them out.
  const args = ['ci', '--include=dev', '--include=optional', '--prefer-offline', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath;
  const [command, ...leading] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  const { code, output } = await runQuietly(command, [...leading, ...args], { cwd: root });
  if (code !== 0) throw new Refusal(`npm ci failed:\n${output.trim()}`);
}

function hash(content) {
  return createHash('sha256').update(content).digest('hex');
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
