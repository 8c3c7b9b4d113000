/** Processes of a benchmark: ended with its signal, and waited for whatever happens. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface BenchChild {
  readonly process: ChildProcessByStdio<null, Readable, null>;
  /** Its exit code, null where a signal ended it; never rejects. */
  readonly ended: Promise<number | null>;
}

/** Node with these arguments, its standard error shown; killed when the signal aborts, which is no error of its own. */
export function startNode(args: readonly string[], signal: AbortSignal): BenchChild {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], signal });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  // An abort is told by this event as well as by the end; a program that does not start, by this alone.
  child.on('error', (error) => {
    if (!signal.aborted) throw error;
  });
  return { process: child, ended };
}
