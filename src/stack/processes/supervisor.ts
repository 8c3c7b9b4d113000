/**
 * Keeps the processes of one home: a lock against a second supervisor, a record of every child, logs in files and in
 * one stream, restarts, and a stop that leaves nobody behind. What a killed supervisor left is ended first.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildSpec } from './child.ts';
import { lockHome } from '../home/home-lock.ts';
import { shortLogLine } from './log-line.ts';
import { tailLog } from './log-tail.ts';
import type { LogTail } from './log-tail.ts';
import { manageChild } from './managed-child.ts';
import type { ChildEvent, ChildStatus, ManagedChild } from './managed-child.ts';
import { runFile } from '../home/run-file.ts';
import { isRunning } from './process-identity.ts';
import { stopInOrder } from './stop-recorded.ts';

export interface SupervisorOptions {
  readonly homeDir: string;
  /** The shown lines of every child, `name | text`, and the supervisor's own. */
  readonly log: (line: string) => void;
}

export interface Supervisor {
  /**
   * Starts a child and resolves when it is ready. Children of a lower `stopStage` are stopped earlier.
   * @throws when it does not become ready; the other children go on, the caller decides.
   */
  start(spec: ChildSpec, stopStage: number): Promise<void>;
  /** Stops everything, stage by stage, and releases the home. Safe to call twice. @throws when a child survives SIGKILL. */
  stop(): Promise<void>;
  status(): readonly ChildStatus[];
  onEvent(listener: (event: ChildEvent) => void): void;
  /** Ports used last on this home, by name. */
  ports(): Readonly<Record<string, number>>;
  setPorts(ports: Readonly<Record<string, number>>): void;
}

interface Supervised {
  readonly child: ManagedChild;
  readonly stopStage: number;
  readonly tail: LogTail;
}

/** @throws HomeBusyError when another supervisor is at work on this home. */
export async function createSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { homeDir, log } = options;
  const lock = lockHome(homeDir);
  const logs = join(homeDir, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const run = runFile(homeDir);
  await stopLeftovers(run, log);
  run.setSupervisor(true);

  const supervised: Supervised[] = [];
  const listeners: ((event: ChildEvent) => void)[] = [];
  let stopping: Promise<void> | null = null;
  const emit = (event: ChildEvent): void => {
    const sentence = describe(event);
    if (sentence !== null) log(sentence);
    for (const listener of listeners) listener(event);
  };

  async function stopAll(): Promise<void> {
    const stages = [...new Set(supervised.map((one) => one.stopStage))].sort((a, b) => a - b);
    const survivors: unknown[] = [];
    for (const stage of stages) {
      const stops = supervised.filter((one) => one.stopStage === stage).map((one) => one.child.stop());
      for (const stop of await Promise.allSettled(stops)) if (stop.status === 'rejected') survivors.push(stop.reason);
    }
    for (const { tail } of supervised) tail.stop();
    run.setSupervisor(false);
    lock.release();
    // They stay in the record: the next supervisor of this home meets them first.
    if (survivors.length > 0) throw survivors[0];
  }

  return {
    async start(spec, stopStage) {
      if (stopping !== null) throw new Error(`${spec.name} is not started: everything is being stopped`);
      const logFile = join(logs, `${spec.name}.log`);
      const isShown = spec.isShown ?? (() => true);
      const tail = tailLog(logFile, (line) => isShown(line) && log(`${spec.name} | ${shortLogLine(line)}`));
      const { stopSignal, graceMs } = spec;
      const child = manageChild(spec, {
        logFile,
        started: (identity) => run.recordChild(spec.name, { ...identity, stopSignal, graceMs, stopStage }),
        gone: () => run.forgetChild(spec.name),
        event: emit,
      });
      supervised.push({ child, stopStage, tail });
      await child.start();
    },
    stop: () => (stopping ??= stopAll()),
    status: () => supervised.map((one) => one.child.status()),
    onEvent: (listener) => void listeners.push(listener),
    ports: () => run.state().ports,
    setPorts: (ports) => run.setPorts(ports),
  };
}

async function stopLeftovers(run: ReturnType<typeof runFile>, log: (line: string) => void): Promise<void> {
  const children = Object.entries(run.state().children);
  const alive = children.filter(([, child]) => isRunning(child));
  if (alive.length > 0) {
    log(`ending what an earlier run left behind: ${alive.map(([name, { pid }]) => `${name} (${pid})`).join(', ')}`);
    await stopInOrder(alive.map(([, child]) => child));
  }
  for (const [name] of children) run.forgetChild(name);
}

function describe(event: ChildEvent): string | null {
  switch (event.kind) {
    case 'died':
      return `${event.name} died (${event.how}); starting it again in ${event.restartInMs} ms`;
    case 'stopped':
      return event.killed ? `${event.name} did not stop in its time and was killed` : null;
    default:
      return null;
  }
}
