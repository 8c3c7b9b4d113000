/** Helper processes of the launcher. Each leads a process group, which ends whole: nothing outlives its launcher. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const groups = new Set();
let stopped = false;

/** Asks every helper to end, and ends it after two seconds. Further ones are refused. */
export function endHelpers() {
  stopped = true;
  for (const pid of groups) {
    signalGroup(pid, 'SIGTERM');
    setTimeout(() => groups.has(pid) && signalGroup(pid, 'SIGKILL'), 2000).unref();
  }
}

/** Runs to its end, or to the end of its time; returns its exit code (null: out of time) and all that it printed. */
export async function runQuietly(command, args, { cwd, env = process.env, timeoutMs = 0 } = {}) {
  if (stopped) return { code: null, output: 'stopped' };
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stderr.on('data', (chunk) => chunks.push(chunk));
  if (child.pid !== undefined) groups.add(child.pid);
  let late = false;
  const timer =
    timeoutMs === 0 ? undefined : setTimeout(() => ((late = true), signalGroup(child.pid, 'SIGKILL')), timeoutMs);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      chunks.push(Buffer.from(error.message));
      resolve(127);
    });
    child.once('close', (exitCode, signal) => resolve(exitCode ?? codeOfSignal(signal)));
  });
  clearTimeout(timer);
  if (child.pid !== undefined) {
    signalGroup(child.pid, 'SIGKILL');
    groups.delete(child.pid);
  }
  return { code: late ? null : code, output: Buffer.concat(chunks).toString('utf8') };
}

/** What a shell reports for a process that a signal ended. */
export function codeOfSignal(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in it.
  }
}
