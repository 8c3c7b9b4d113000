/** One supervised child: started, watched, started again when it dies, stopped when asked. */
import { readFileSync } from 'node:fs';
import { startChild } from './child.ts';
import type { ChildSpec, StartedChild } from './child.ts';
import { endChild } from './end-child.ts';
import { identifyProcess } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** A child that lived this long starts its backoff from the beginning. */
const STEADY_MS = 60_000;
const READY_POLL_MS = 25;

export type ChildEvent =
  | { readonly kind: 'started'; readonly name: string; readonly pid: number }
  | { readonly kind: 'ready'; readonly name: string; readonly pid: number; readonly tookMs: number }
  | { readonly kind: 'died'; readonly name: string; readonly how: string; readonly restartInMs: number }
  | { readonly kind: 'stopped'; readonly name: string; readonly killed: boolean };

/** A child that ended instead of becoming ready: its log's last lines are in the message. */
export class EndedBeforeReady extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EndedBeforeReady';
  }
}

export interface ChildHost {
  readonly logFile: string;
  /** Called in the same tick as the spawn, before anything else can happen; again where readiness finds another command. */
  started(identity: ProcessIdentity): void;
  gone(): void;
  event(event: ChildEvent): void;
}

export interface ManagedChild {
  readonly name: string;
  /** Resolves when ready. @throws when it ends, is stopped, or stays unready beyond its time. */
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): ChildStatus;
}

export interface ChildStatus {
  readonly name: string;
  readonly state: 'starting' | 'ready' | 'restarting' | 'stopped';
  readonly pid: number | null;
  readonly restarts: number;
}

export function manageChild(spec: ChildSpec, host: ChildHost): ManagedChild {
  const stopped = new AbortController();
  let running: StartedChild | null = null;
  let state: ChildStatus['state'] = 'starting';
  let restarts = 0;
  let backoffMs = FIRST_BACKOFF_MS;
  let work: Promise<void> = Promise.resolve();

  /** One start, up to readiness. Afterwards its end is watched. */
  async function launch(): Promise<void> {
    const startedAtMs = Date.now();
    const child = await startChild(spec, host.logFile, (identity) => host.started(identity));
    running = child;
    host.event({ kind: 'started', name: spec.name, pid: child.identity.pid });
    try {
      await untilReady(spec, child, stopped.signal, host.logFile);
    } catch (error) {
      await end(child);
      throw error;
    }
    // A wrapper script that ended in `exec` is another program by now: the record must know it again.
    const now = identifyProcess(child.identity.pid);
    if (now !== null && now.command !== child.identity.command) host.started(now);
    state = 'ready';
    host.event({ kind: 'ready', name: spec.name, pid: child.identity.pid, tookMs: Date.now() - startedAtMs });
    void child.exit.then((how) => {
      if (stopped.signal.aborted) return;
      if (Date.now() - startedAtMs > STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
      work = revive(how);
    });
  }

  async function revive(firstEnd: string): Promise<void> {
    running = null;
    host.gone();
    for (let how = firstEnd; !stopped.signal.aborted;) {
      state = 'restarting';
      host.event({ kind: 'died', name: spec.name, how, restartInMs: backoffMs });
      await pause(backoffMs, stopped.signal);
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
      if (stopped.signal.aborted) return;
      restarts += 1;
      try {
        return await launch();
      } catch (error) {
        how = error instanceof Error ? error.message : String(error);
      }
    }
  }

  async function end(child: StartedChild): Promise<void> {
    const orderly = await endChild(child, spec);
    running = null;
    host.gone();
    if (stopped.signal.aborted) host.event({ kind: 'stopped', name: spec.name, killed: !orderly });
  }

  return {
    name: spec.name,
    start: () => {
      const first = launch();
      // Whoever stops the child waits for the launch to have ended, whatever its outcome.
      work = first.catch(() => undefined);
      return first;
    },
    async stop() {
      stopped.abort();
      await work;
      if (running !== null) await end(running);
      state = 'stopped';
    },
    status: () => ({ name: spec.name, state, pid: running?.identity.pid ?? null, restarts }),
  };
}

async function untilReady(spec: ChildSpec, child: StartedChild, stopped: AbortSignal, logFile: string): Promise<void> {
  let ended: string | null = null;
  void child.exit.then((how) => (ended = how));
  for (const deadline = Date.now() + spec.readyTimeoutMs; ; await pause(READY_POLL_MS, stopped)) {
    if (stopped.aborted) throw new Error(`${spec.name} was stopped while it started`);
    if (ended !== null)
      throw new EndedBeforeReady(`${spec.name} ended before it was ready (${String(ended)})${lastLines(logFile)}`);
    if (await isReady(spec, child, stopped)) return;
    if (Date.now() > deadline)
      throw new Error(`${spec.name} is not ready after ${spec.readyTimeoutMs} ms${lastLines(logFile)}`);
  }
}

/** A probe may take its time, on a port where nobody listens for instance; an end is noticed at once. */
async function isReady(spec: ChildSpec, child: StartedChild, stopped: AbortSignal): Promise<boolean> {
  const probe = Promise.resolve(spec.ready());
  const woken = Promise.withResolvers<false>();
  const wake = (): void => woken.resolve(false);
  stopped.addEventListener('abort', wake, { once: true });
  const ended = child.exit.then(() => false);
  return Promise.race([probe, ended, woken.promise]).finally(() => stopped.removeEventListener('abort', wake));
}

function lastLines(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8);
  return `; the end of ${logFile}:\n${lines.join('\n')}`;
}

async function pause(ms: number, stopped: AbortSignal): Promise<void> {
  if (stopped.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const wake = (): void => resolve();
  stopped.addEventListener('abort', wake, { once: true });
  await promise;
  clearTimeout(timer);
  stopped.removeEventListener('abort', wake);
}
