/** A checkout with our launcher and nothing else that is real: fake packages, a fake npm, commands that tell what they got. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { REPOSITORY } from '../../src/stack/repository.ts';
import { temporaryHome } from './temporary-home.ts';

export interface FakeRepository {
  readonly root: string;
  /** The only folder on PATH besides the system's shell; programs are added by `program`. */
  readonly bin: string;
  /** XDG_CACHE_HOME of its runs. */
  readonly cache: string;
  write(path: string, content: string): string;
  /** An executable shell script. */
  program(path: string, script: string): string;
  /** `node scripts/launch.mjs …`, running. */
  launch(args: readonly string[], env?: Readonly<Record<string, string>>): RunningLauncher;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<LauncherResult>;
}

export type RunningLauncher = ChildProcessByStdio<null, Readable, Readable>;

export interface LauncherResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const LOCK = JSON.stringify({ packages: { '': {}, 'node_modules/node': { version: '24.0.0' } } });

export function fakeRepository(): FakeRepository {
  const root = temporaryHome();
  const bin = join(root, 'bin');
  const cache = join(root, 'cache');
  cpSync(join(REPOSITORY, 'scripts'), join(root, 'scripts'), { recursive: true });
  const write = (path: string, content: string): string => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  const program = (path: string, script: string): string => {
    const file = write(path, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  write('package-lock.json', LOCK);
  write('report.mjs', 'console.log(JSON.stringify({ argv: process.argv.slice(2), env: process.env }));\n');
  for (const entry of ['src/cli/main.ts', 'src/sim/main.ts', 'bench/main.ts', 'test/run.ts']) {
    write(entry, `import '${'../'.repeat(entry.split('/').length - 1)}report.mjs';\n`);
  }
  mkdirSync(bin);
  const launch = (args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningLauncher =>
    spawn(process.execPath, [join(root, 'scripts', 'launch.mjs'), ...args], {
      env: { PATH: `${bin}:/usr/bin:/bin`, HOME: root, XDG_CACHE_HOME: cache, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return { root, bin, cache, write, program, launch, run: async (args, env) => finish(launch(args, env)) };
}

/** Fake packages that agree with the lock file. */
export function installFakePackages(repository: FakeRepository): void {
  const { root } = repository;
  repository.write('node_modules/.package-lock.json', LOCK);
  mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(process.execPath, join(root, 'node_modules', '.bin', 'node'));
}

export async function finish(child: RunningLauncher): Promise<LauncherResult> {
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
