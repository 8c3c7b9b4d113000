/**
 * A child process that outlives its parent's pipes: its own process group, its output in files.
 * A child that writes to a pipe dies with the reader (EPIPE); one in our process group gets the terminal's Ctrl-C
 * at the same instant as we do, before we could stop things in order.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { identifyProcess } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** PostgreSQL's fast shutdown is SIGINT; everything else stops by SIGTERM. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

export interface ChildSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to our own environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** False: it stays in our process group and gets the terminal's Ctrl-C with us. Default: a group of its own. */
  readonly detached?: boolean;
  /** False: what it prints on standard output is thrown away (it holds keys); its errors are logged as always. */
  readonly logStdout?: boolean;
  /** Which lines of its log people are shown as they come; the file has all. Default: all. */
  readonly isShown?: (line: string) => boolean;
  readonly stopSignal: StopSignal;
  /** Time between the stop signal and SIGKILL, in milliseconds. */
  readonly graceMs: number;
  readonly readyTimeoutMs: number;
  /** Polled until it answers true. A ready file must be removed by `prepare`. */
  readonly ready: () => boolean | Promise<boolean>;
  /** Runs before each start. */
  readonly prepare?: () => void | Promise<void>;
}

export interface StartedChild {
  readonly identity: ProcessIdentity;
  /** How it ended, in words: `exit code 1`, `SIGKILL`. */
  readonly exit: Promise<string>;
  /** To it, or to its whole group; nobody is signalled once it has ended. */
  signal(signal: NodeJS.Signals, group: boolean): void;
}

/**
 * Starts it; standard output and error are appended to `logFile`.
 * `onSpawned` runs in the same tick as the spawn, so that a record of the child can be kept before anything else happens.
 */
export async function startChild(
  spec: ChildSpec,
  logFile: string,
  onSpawned: (identity: ProcessIdentity) => void,
): Promise<StartedChild> {
  await spec.prepare?.();
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(spec.command, spec.args, {
      detached: spec.detached ?? true,
      stdio: ['ignore', spec.logStdout === false ? 'ignore' : log, log],
      env: environment(spec.env ?? {}),
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    });
    const failed = new Promise<never>((_, reject) => {
      child.once('error', (error) => reject(new Error(`${spec.name} cannot be started: ${error.message}`)));
    });
    if (child.pid === undefined) return await failed;
    failed.catch(() => undefined);
    // A child that ended at once has no start time any more; its exit tells the rest.
    const startTime = identifyProcess(child.pid)?.startTime ?? 'ended';
    const identity = { pid: child.pid, startTime, command: [spec.command, ...spec.args].join(' ') };
    onSpawned(identity);
    const exit = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    return { identity, exit, signal: (signal, group) => signalChild(child, signal, group) };
  } finally {
    closeSync(log);
  }
}

/** Until Node tells the exit the pid is this child's, whatever program it runs by now. */
function signalChild(child: ChildProcess, signal: NodeJS.Signals, group: boolean): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  if (!group) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It leads no group, or nobody is left in it.
  }
}

function environment(added: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const merged: NodeJS.ProcessEnv = { ...process.env, ...added };
  for (const [name, value] of Object.entries(merged)) if (value === undefined) delete merged[name];
  return merged;
}
