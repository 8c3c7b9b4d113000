/** What a stack is asked for, and what it answers. */
import type { ClockAnchor } from '../domain/market-clock.ts';
import type { ApiCredentials } from './home/account-keys.ts';
import type { StackClock } from './home/anchor-file.ts';
import type { ChildEvent, ChildStatus } from './processes/managed-child.ts';
import type { PreferredPorts } from './servers/stack-ports.ts';

export interface StackAccount {
  /** Configured name: one set of keys at one venue. */
  readonly name: string;
  /** ccxt id. */
  readonly venue: string;
}

/** What the simulator's configuration needs from the stack. */
export interface SimSetup {
  /** By account. */
  readonly credentials: Readonly<Record<string, ApiCredentials>>;
  /** TCP port by venue: the same one at the next start where it is free. */
  readonly ports: Readonly<Record<string, number>>;
}

export interface StackOptions {
  /** Folder of all state of this run; made where it does not exist. */
  readonly homeDir: string;
  /** The configuration file, passed to every worker. */
  readonly configPath: string;
  readonly accounts: readonly StackAccount[];
  /** The simulator's configuration, built from what the stack chose; null: the accounts trade at the real venues. */
  readonly simConfig: ((setup: SimSetup) => Readonly<Record<string, unknown>>) | null;
  /** Of the simulator's random faults. */
  readonly simSeed?: number | null;
  /** The simulator takes its prices from a feed, which a worker of its own brings; there is no tape then. */
  readonly feed?: boolean;
  /** Passes `--live` on to the workers. */
  readonly live?: boolean;
  /** Opens the simulator's control port. */
  readonly control?: boolean;
  /** The server that the standard Temporal environment names, for us and for the workers; null: one is started. */
  readonly externalTemporal?: { readonly address: string; readonly namespace: string } | null;
  /** Temporal's program; may be null only with an external server. */
  readonly temporalBinary: string | null;
  readonly clock: StackClock;
  readonly ports?: PreferredPorts;
  /** Asked once the ledger is migrated, before a worker or the exchanges of a kept home run; what it throws ends the start. */
  readonly checkLedger?: (databaseUrl: string) => Promise<void>;
  /** Puts the home's old state into its archive first. */
  readonly fresh?: boolean;
  /** Aborted: what has been started is stopped and `startStack` rejects. */
  readonly signal?: AbortSignal;
  /** Each step with its time, and every line of every child. */
  readonly log: (line: string) => void;
}

export interface Stack {
  readonly temporalAddress: string;
  readonly namespace: string;
  /** Null with an external Temporal server. */
  readonly uiUrl: string | null;
  readonly databaseUrl: string;
  /** Simulated venues, by ccxt id; empty with the real ones. */
  readonly endpoints: Readonly<Record<string, { readonly rest: string; readonly ws: string }>>;
  /** Address of the simulator's control port; null without one. */
  readonly controlUrl: string | null;
  /** Figures for Prometheus, by process: Temporal's where it is ours, and each worker's. */
  readonly metricsUrls: Readonly<Record<string, string>>;
  readonly anchor: ClockAnchor;
  /** True when this start made the home's clock. */
  readonly isNewHome: boolean;
  /** Wall time from the call to ready. */
  readonly startedInMs: number;
  /** Every child, workers and servers. */
  status(): readonly ChildStatus[];
  onEvent(listener: (event: ChildEvent) => void): void;
  /** Workers (with grace), simulated exchanges, Temporal, PostgreSQL. Pause admissions before. Safe to call twice. */
  stop(): Promise<void>;
}
