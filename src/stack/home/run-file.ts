/** `run.json`: what runs on a home now, so that the next supervisor can end what a killed one left behind. */
import { join } from 'node:path';
import { identifyProcess } from '../processes/process-identity.ts';
import type { StopSignal } from '../processes/child.ts';
import type { ProcessIdentity } from '../processes/process-identity.ts';
import { asRecord, readJson, writePrivateJson } from './json-file.ts';

export interface RecordedChild extends ProcessIdentity {
  readonly stopSignal: StopSignal;
  readonly graceMs: number;
  /** Children of the lowest stage are stopped first. */
  readonly stopStage: number;
}

export interface RunState {
  /** The supervisor at work; null after an orderly stop. */
  readonly supervisor: ProcessIdentity | null;
  /** Ports used last, by name: a restart takes them again where they are free. */
  readonly ports: Readonly<Record<string, number>>;
  readonly children: Readonly<Record<string, RecordedChild>>;
}

export interface RunFile {
  state(): RunState;
  setPorts(ports: Readonly<Record<string, number>>): void;
  recordChild(name: string, child: RecordedChild): void;
  forgetChild(name: string): void;
  setSupervisor(present: boolean): void;
}

export function runFile(homeDir: string): RunFile {
  const file = join(homeDir, 'run.json');
  let state = readRunState(homeDir);
  const change = (next: Partial<RunState>): void => {
    state = { ...state, ...next };
    writePrivateJson(file, state);
  };
  return {
    state: () => state,
    setPorts: (ports) => change({ ports }),
    recordChild: (name, child) => change({ children: { ...state.children, [name]: child } }),
    forgetChild: (name) => {
      const { [name]: _gone, ...children } = state.children;
      change({ children });
    },
    setSupervisor: (present) => change({ supervisor: present ? identifyProcess(process.pid) : null }),
  };
}

/** What is recorded on this home. Entries that are absent or damaged are left out: they name nobody to be ended. */
export function readRunState(homeDir: string): RunState {
  const { supervisor, ports, children } = asRecord(readJson(join(homeDir, 'run.json'))) ?? {};
  return {
    supervisor: identityOf(supervisor),
    ports: entriesOf(ports, (port) => (typeof port === 'number' ? port : null)),
    children: entriesOf(children, childOf),
  };
}

function identityOf(value: unknown): ProcessIdentity | null {
  const { pid, startTime, command } = asRecord(value) ?? {};
  if (typeof pid !== 'number' || typeof startTime !== 'string' || typeof command !== 'string') return null;
  return { pid, startTime, command };
}

function childOf(value: unknown): RecordedChild | null {
  const identity = identityOf(value);
  const { stopSignal, graceMs, stopStage } = asRecord(value) ?? {};
  if (identity === null || typeof graceMs !== 'number' || typeof stopStage !== 'number') return null;
  return { ...identity, stopSignal: stopSignal === 'SIGINT' ? 'SIGINT' : 'SIGTERM', graceMs, stopStage };
}

function entriesOf<T>(value: unknown, parse: (entry: unknown) => T | null): Record<string, T> {
  const parsed = Object.entries(asRecord(value) ?? {}).map(([name, entry]) => [name, parse(entry)] as const);
  return Object.fromEntries(parsed.filter((entry): entry is [string, T] => entry[1] !== null));
}
