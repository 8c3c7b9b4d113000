/** Several harnesses side by side, each with a stack of its own: while one waits for its last positions, another works. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY } from '../../src/stack/repository.ts';
import { total, type Tallies } from './harness-report.ts';

export interface LaneOptions {
  readonly lanes: number;
  /** Those of the command, which every lane gets. */
  readonly flags: readonly string[];
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** @throws Error of the first lane that does not come to its end, once all have stopped */
export async function runLanes(options: LaneOptions): Promise<Tallies> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const lanes = Array.from({ length: options.lanes }, async (_, index) => {
    try {
      return await runLane(index, { ...options, signal });
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  const ended = await Promise.allSettled(lanes);
  options.signal.throwIfAborted();
  failed.signal.throwIfAborted();
  const tallies = ended.flatMap((lane) => (lane.status === 'fulfilled' ? [lane.value] : []));
  return { rounds: tallies.flatMap(({ rounds }) => rounds), stacksMs: total(tallies.map(({ stacksMs }) => stacksMs)) };
}

async function runLane(index: number, { lanes, flags, signal, log }: LaneOptions): Promise<Tallies> {
  const name = `lane ${index + 1}`;
  const child = spawn(
    process.execPath,
    [join(REPOSITORY, 'test', 'faults', 'main.ts'), ...flags, '--lane', `${index}/${lanes}`],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  // It stops its stack in order.
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  let output = '';
  let unfinished = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => {
    const lines = `${unfinished}${data.toString()}`.split('\n');
    unfinished = lines.pop() ?? '';
    for (const line of lines) log(`${name}: ${line}`);
  });
  await new Promise((resolve) => child.once('close', resolve));
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  const last: Tallies | { error: { message: string } } | null =
    output === '' ? null : JSON.parse(output.trimEnd().split('\n').at(-1) ?? 'null');
  if (last === null) throw new Error(`${name} ended without a report (status ${child.exitCode ?? 'none'})`);
  if ('error' in last) throw new Error(`${name}: ${last.error.message}`);
  return last;
}
