/** `npm start` as a process: its printed lines, its children, and its end. Everything it leaves is stopped. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../../src/stack/home/json-file.ts';
import { createSupervisor } from '../../src/stack/processes/supervisor.ts';
import { eventually } from './trading-service.ts';

const runSchema = z.object({ children: z.record(z.string(), z.object({ pid: z.number() })) });

export interface ServiceHome {
  readonly dir: string;
  start(...options: string[]): ServiceProcess;
  /** Pids of the children that the home's supervisor has recorded, by name. */
  children(): Readonly<Record<string, number>>;
  /** Stops what a killed supervisor left, and removes the home. */
  remove(): Promise<void>;
}

export interface ServiceProcess {
  readonly pid: number;
  lines(): readonly string[];
  /** The first printed line that matches, waited for. */
  line(pattern: RegExp): Promise<string>;
  /** Exit code and last line of standard output. */
  end(): Promise<{ code: number | null; lastLine: string }>;
}

export function serviceHome(): ServiceHome {
  const dir = mkdtempSync(join(tmpdir(), 'basiskeeper-e2e-'));
  return {
    dir,
    start: (...options) => startProcess(dir, options),
    children() {
      const { children } = runSchema.parse(readJson(join(dir, 'run.json')));
      return Object.fromEntries(Object.entries(children).map(([name, { pid }]) => [name, pid]));
    },
    async remove() {
      // Taking the home over stops everything that a killed run left behind.
      const supervisor = await createSupervisor({ homeDir: dir, log: () => undefined });
      await supervisor.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function startProcess(dir: string, options: readonly string[]): ServiceProcess {
  // Its own servers, not the test run's.
  const { TEMPORAL_ADDRESS: _address, DATABASE_URL: _database, ...env } = process.env;
  const child = spawn(process.execPath, ['src/cli/main.ts', 'up', '--home', dir, ...options], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed: string[] = [];
  let stdout = '';
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    printed.push(text.trim());
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    printed.push(...lines);
  });
  const exit = new Promise<number | null>((done) => child.on('close', done));
  let hasEnded = false;
  void exit.then(() => (hasEnded = true));
  return {
    pid: child.pid ?? 0,
    lines: () => printed,
    async line(pattern) {
      const find = (): string | undefined => printed.find((line) => pattern.test(line));
      await eventually(
        async () => find() !== undefined || hasEnded,
        () => `no line ${pattern} in:\n${printed.slice(-40).join('\n')}`,
        90_000,
      );
      const found = find();
      if (found === undefined) throw new Error(`it ended without a line ${pattern}:\n${printed.slice(-40).join('\n')}`);
      return found;
    },
    async end() {
      const code = await exit;
      return { code, lastLine: stdout.trim().split('\n').at(-1) ?? '' };
    },
  };
}
