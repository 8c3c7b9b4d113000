/**
 * `npm test`: one throw-away PostgreSQL and one Temporal server for all test files, then Node's own test runner.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { onStopSignal } from '../src/stack/processes/stop-signals.ts';
import { startTestServices } from './support/start-services.ts';
import { collectTestFiles } from './support/collect-test-files.ts';

/** For a test that hangs: no test waits this long for an effect. */
const TIMEOUT = '--test-timeout=180000';
/**
 * For a file whose process does not end after its tests. The runner's own `--test-force-exit` would end it, but also
 * before its last results are written: whole tests were then missing from the count, and a failure could be.
 */
const LONGEST_RUN_MS = 15 * 60_000;

const stop = new AbortController();
let stoppedBy: NodeJS.Signals | null = null;
onStopSignal((signal) => {
  stoppedBy ??= signal;
  stop.abort();
});

const HELP = `npm test -- [files or folders] [options of Node's test runner]

Starts a throw-away PostgreSQL and a Temporal server for all test files.

Examples:
  npm test
  npm test -- test/sim
  npm test -- test/sim/matching.test.ts --test-name-pattern=cross
`;

async function main(): Promise<number> {
  if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
  const paths = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
  for (const path of paths) if (!existsSync(path)) return complain(`no such test file or folder: ${path}`);
  const files = collectTestFiles(paths.length === 0 ? ['test'] : paths);
  if (files.length === 0) return complain('no test files found');
  const services = await startTestServices(stop.signal);
  try {
    return await runTests([...options, ...files], services.env);
  } finally {
    await services.stop();
  }
}

function complain(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return 2;
}

/** In a process group of its own, so that a stop ends every test file's process and what it started. */
async function runTests(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  if (stop.signal.aborted) return 1;
  const flags = ['--test', '--test-concurrency=3', '--test-reporter=spec', TIMEOUT];
  const runner = spawn(process.execPath, [...flags, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
    env: { ...process.env, ...env },
  });
  // Also after a normal end: what a failed test has left behind is in the runner's group.
  const end = (): void => endGroup(runner.pid);
  stop.signal.addEventListener('abort', end, { once: true });
  const overdue = setTimeout(() => {
    process.stderr.write(
      `the tests are not done after ${LONGEST_RUN_MS / 60_000} minutes: a file keeps something open\n`,
    );
    end();
  }, LONGEST_RUN_MS);
  return new Promise<number>((resolve, reject) => {
    runner.once('error', reject);
    runner.once('exit', (code) => resolve(code ?? 1));
  }).finally(() => {
    clearTimeout(overdue);
    end();
  });
}

function endGroup(leaderPid: number | undefined): void {
  try {
    if (leaderPid !== undefined) process.kill(-leaderPid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

const code = await main().catch((error: unknown) => complain(error instanceof Error ? error.message : String(error)));
process.exit(stoppedBy === null ? code : stoppedBy === 'SIGINT' ? 130 : 143);
