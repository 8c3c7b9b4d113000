/** Applies each mutation to a copy of the project, two copies at a time, and sees whether the harness notices. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../../../src/stack/repository.ts';
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
  /** Violations of an unchanged copy: the check means nothing then. */
  readonly falseAlarms: number;
  readonly results: readonly MutationResult[];
}

export interface MutationOptions {
  readonly seed: number;
  /** Only those whose name contains one of them; all without any. */
  readonly only: readonly string[];
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

const scenarios = 24;
/** A break that never lets a position end is caught soon enough; without a break the same has to do. */
const settleWithinSeconds = 60;
/** Each waits more than it works. */
const atOnce = 2;
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
  const chosen = mutations.filter(
    ({ name }) => options.only.length === 0 || options.only.some((words) => name.includes(words)),
  );
  // Of one moment: the project may be worked on meanwhile.
  const original = mkdtempSync(join(tmpdir(), 'basiskeeper-original-'));
  try {
    copyProject(REPOSITORY, original);
    return await checkAll(original, chosen, options);
  } finally {
    rmSync(original, { recursive: true, force: true });
  }
}

async function checkAll(
  original: string,
  chosen: readonly Mutation[],
  options: MutationOptions,
): Promise<MutationReport> {
  // All of them, before the first is tried: that takes a quarter of an hour.
  for (const { file, find } of chosen.flatMap(({ edits }) => edits)) partsOf(original, file, find);
  // Unchanged, no story may find anything. It takes longest, and is begun first.
  const stories = [...new Set(chosen.map((mutation) => mutation.story))];
  let unchanged: Verdict = { found: 0, how: '' };
  const results: MutationResult[] = [];
  const jobs = [
    async () => {
      unchanged = await tried(original, { name: 'unchanged', edits: [] }, stories, options);
      options.log(`unchanged: ${unchanged.how}`);
    },
    ...chosen.map((mutation, index) => async () => {
      const beganAtMs = Date.now();
      const { name, story } = mutation;
      const { found, how } = await tried(original, mutation, [story], options);
      results[index] = { name, story, caught: found > 0, how, tookMs: Date.now() - beganAtMs };
      options.log(`${found > 0 ? 'caught' : 'MISSED'}: ${name} (${story}): ${how}`);
    }),
  ];
  await pooled(jobs);
  return {
    mutations: results.length,
    caught: results.filter(({ caught }) => caught).length,
    falseAlarms: unchanged.found,
    results,
  };
}

/** In their order, a few at once; the first that fails ends all. */
async function pooled(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const left = [...jobs];
  const lane = async (): Promise<void> => {
    for (let job = left.shift(); job !== undefined; job = left.shift()) await job();
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

async function tried(
  original: string,
  { name, edits }: Pick<Mutation, 'name' | 'edits'>,
  stories: readonly string[],
  options: MutationOptions,
): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'basiskeeper-mutant-'));
  try {
    copyProject(original, folder);
    for (const edit of edits) apply(folder, edit);
    return await harnessIn(folder, name, stories, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copyProject(from: string, to: string): void {
  for (const name of copied) cpSync(join(from, name), join(to, name), { recursive: true });
  // Its packages are ours, but not their cache: a mutant's bundle must never be taken for the project's.
  const packages = join(REPOSITORY, 'node_modules');
  mkdirSync(join(to, 'node_modules'));
  for (const name of readdirSync(packages)) {
    if (name !== '.cache') symlinkSync(join(packages, name), join(to, 'node_modules', name));
  }
}

function apply(folder: string, { file, find, replace }: Edit): void {
  writeFileSync(join(folder, file), partsOf(folder, file, find).join(replace));
}

/** Before and after. @throws Error when the source has moved on and the edit no longer fits */
function partsOf(folder: string, file: string, find: string): string[] {
  const parts = readFileSync(join(folder, file), 'utf8').split(find);
  if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times ${JSON.stringify(find)}, not once`);
  return parts;
}

interface Verdict {
  /** Violations. */
  readonly found: number;
  readonly how: string;
}

async function harnessIn(
  folder: string,
  name: string,
  stories: readonly string[],
  { seed, signal, log }: MutationOptions,
): Promise<Verdict> {
  const options = {
    scenarios: scenarios * stories.length,
    'per-round': scenarios,
    seed,
    story: stories.join(),
    'settle-within': settleWithinSeconds,
  };
  const args = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)]);
  args.push('--small', '--fail-fast', '--json');
  const child = spawn(process.execPath, [join('test', 'faults', 'main.ts'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: process.env,
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  let output = '';
  let progress = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => {
    progress += data.toString();
    // How far it is; what it found comes with its report.
    for (const line of data.toString().split('\n')) if (/^\d+ of /.test(line)) log(`  ${name}: ${line}`);
  });
  await new Promise((resolve) => child.once('close', resolve));
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  return judged(output, progress);
}

function judged(output: string, progress: string): Verdict {
  const report: { violations?: { invariant: number; detail: string }[]; error?: { message: string } } =
    output === '' ? {} : JSON.parse(output.trimEnd().split('\n').at(-1) ?? '{}');
  if (report.violations === undefined) {
    throw new Error(`the harness did not run: ${report.error?.message ?? progress.slice(-2_000)}`);
  }
  const [first] = report.violations;
  if (first === undefined) return { found: 0, how: 'no violation' };
  const found = report.violations.length;
  return { found, how: `${found} violations, invariant ${first.invariant}: ${first.detail}` };
}
