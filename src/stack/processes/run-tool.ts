/** A program that does one thing and ends: initdb, the bundler. Nobody goes on without knowing that it has ended. */
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { endsWithin } from './ends-within.ts';
import { groupHasEnded } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

export interface ToolOptions {
  /** What it reads on standard input. */
  readonly input?: string;
  readonly cwd?: string;
  /** Aborted: the program is killed with all its children; `runTool` rejects when they are gone. */
  readonly signal?: AbortSignal | undefined;
}

const LONGEST_COMPLAINT = 4000;
const LONGEST_DYING_MS = 10_000;

/** @throws when it cannot be started, ends otherwise than by code 0 (with the end of what it printed), or is aborted. */
export async function runTool(argv: readonly string[], options: ToolOptions = {}): Promise<void> {
  const { input = '', cwd, signal } = options;
  const [command = '', ...args] = argv;
  const stopped = (): boolean => signal?.aborted === true;
  if (stopped()) throw new Error(`${basename(command)} is not started: everything is being stopped`);
  // A process group of its own: the terminal's Ctrl-C does not reach it, and our kill reaches its children.
  const child = spawn(command, args, { detached: true, stdio: 'pipe', ...(cwd === undefined ? {} : { cwd }) });
  let printed = '';
  const keep = (chunk: Buffer): void => void (printed = (printed + chunk.toString()).slice(-LONGEST_COMPLAINT));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  // One that ends before it has read everything is judged by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);

  // `close` comes when nobody holds its pipes any more: not its children either.
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${command} cannot be started: ${error.message}`)));
    child.once('close', (code, by) => resolve(by ?? `exit code ${code}`));
  });
  const aborted = Promise.withResolvers<null>();
  const kill = (): void => {
    killGroup(child.pid);
    aborted.resolve(null);
  };
  signal?.addEventListener('abort', kill, { once: true });
  try {
    const how = (await Promise.race([ended, aborted.promise])) ?? (await dying(ended, argv, child.pid));
    if (stopped()) throw new Error(`${basename(command)} was stopped`);
    if (how !== 'exit code 0') throw new Error(`${argv.join(' ')} failed (${how}): ${printed.trim()}`);
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

/** A kill is only asked for: the group has ended when nobody of it runs any more, the tool's own children included. */
async function dying(ended: Promise<string>, argv: readonly string[], leaderPid: number | undefined): Promise<string> {
  if (!(await endsWithin(ended, LONGEST_DYING_MS))) throw new Error(`${argv.join(' ')} survives SIGKILL`);
  const complaint = (): string => `children of ${argv.join(' ')} survive SIGKILL`;
  if (leaderPid !== undefined) await waitUntil(() => groupHasEnded(leaderPid), LONGEST_DYING_MS, complaint);
  return ended;
}

function killGroup(leaderPid: number | undefined): void {
  try {
    if (leaderPid !== undefined) process.kill(-leaderPid, 'SIGKILL');
  } catch {
    // It ended by itself a moment ago.
  }
}
