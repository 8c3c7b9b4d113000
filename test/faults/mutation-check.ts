/** Applies each mutation to a copy of the project, one at a time, and sees whether the harness notices. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../../src/stack/repository.ts';
import { mutations, type Edit, type Mutation } from './mutations.ts';

export interface MutationResult {
  readonly name: string;
  readonly story: string;
  readonly caught: boolean;
  /** The first violation, or why there was none. */
  readonly how: string;
  readonly tookMs: number;
}

export interface MutationReport {
  readonly mutations: number;
  readonly caught: number;
  /** Stories of an unchanged copy that found something: the check means nothing then. */
  readonly falseAlarms: number;
  readonly results: readonly MutationResult[];
}

export interface MutationOptions {
  readonly seed: number;
  /** Only those whose name contains it. */
  readonly only: string | null;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

const scenarios = 24;
/** A break that never lets a position end is caught soon enough. */
const settleWithinSeconds = 75;
const copied = [
  'src',
  'workflows',
  'activities',
  'workers',
  'test',
  'bench',
  'config',
  'data',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

export async function checkMutations(options: MutationOptions): Promise<MutationReport> {
  const chosen = mutations.filter(({ name }) => options.only === null || name.includes(options.only));
  const results: MutationResult[] = [];
  let falseAlarms = 0;
  for (const story of new Set(chosen.map((mutation) => mutation.story))) {
    const { caught, how } = await tried({ name: 'nothing', edits: [], story }, options);
    if (caught) falseAlarms += 1;
    options.log(`unchanged, ${story}: ${caught ? `FALSE ALARM: ${how}` : 'no violation'}`);
  }
  for (const mutation of chosen) {
    const result = await tried(mutation, options);
    results.push(result);
    options.log(`${result.caught ? 'caught' : 'MISSED'}: ${result.name} (${result.story}): ${result.how}`);
  }
  return { mutations: results.length, caught: results.filter(({ caught }) => caught).length, falseAlarms, results };
}

async function tried(mutation: Mutation, { seed, signal }: MutationOptions): Promise<MutationResult> {
  const beganAtMs = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'basiskeeper-mutant-'));
  try {
    copyProject(folder);
    for (const edit of mutation.edits) apply(folder, edit);
    const { caught, how } = await harnessIn(folder, mutation.story, seed, signal);
    return { name: mutation.name, story: mutation.story, caught, how, tookMs: Date.now() - beganAtMs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copyProject(folder: string): void {
  for (const name of copied) cpSync(join(REPOSITORY, name), join(folder, name), { recursive: true });
  // Its packages are ours, but not their cache: a mutant's bundle must never be taken for the project's.
  const packages = join(REPOSITORY, 'node_modules');
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(packages)) {
    if (name !== '.cache') symlinkSync(join(packages, name), join(folder, 'node_modules', name));
  }
}

/** @throws Error when the source has moved on and the edit no longer fits */
function apply(folder: string, { file, find, replace }: Edit): void {
  const path = join(folder, file);
  const parts = readFileSync(path, 'utf8').split(find);
  if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times ${JSON.stringify(find)}, not once`);
  writeFileSync(path, parts.join(replace));
}

async function harnessIn(
  folder: string,
  story: string,
  seed: number,
  signal: AbortSignal,
): Promise<{ caught: boolean; how: string }> {
  const options = { scenarios, 'per-round': scenarios, seed, story, 'settle-within': settleWithinSeconds };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [join('test', 'faults', 'main.ts'), ...args, '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: process.env,
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  let output = '';
  let progress = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (progress += data.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  return judged(output, progress);
}

function judged(output: string, progress: string): { caught: boolean; how: string } {
  const report: { violations?: { invariant: number; detail: string }[]; error?: { message: string } } =
    output === '' ? {} : JSON.parse(output.trimEnd().split('\n').at(-1) ?? '{}');
  if (report.violations === undefined) {
    throw new Error(`the harness did not run: ${report.error?.message ?? progress.slice(-2_000)}`);
  }
  const [first] = report.violations;
  if (first === undefined) return { caught: false, how: 'no violation' };
  return { caught: true, how: `${report.violations.length} violations, invariant ${first.invariant}: ${first.detail}` };
}
