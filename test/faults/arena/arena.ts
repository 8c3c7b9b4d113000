/** The real stack in a home of its own: servers, workers and simulated exchanges as processes, and hands on all of them. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Pool } from 'pg';
import { startServices } from '../../../src/cli/start/bootstrap.ts';
import { readConfig } from '../../../src/cli/options.ts';
import { simConfig } from '../../../src/cli/start/sim-config.ts';
import { connectTemporal, localTemporal } from '../../../src/cli/temporal-target.ts';
import type { Config } from '../../../src/config/schema.ts';
import { engineWorkflowId, signalNames } from '../../../src/domain/names.ts';
import type { Ledger } from '../../../src/ports/ledger.ts';
import { keyVariables, simulatedCredentials } from '../../../src/stack/home/account-keys.ts';
import type { Stack } from '../../../src/stack/stack-options.ts';
import { startStack } from '../../../src/stack/start-stack.ts';
import { reachedFolder, type Blow } from '../../../workers/step-points.ts';
import { harnessConfig, type Field } from './configuration.ts';
import { createControl, type Control } from './control.ts';
import { outageLog, type OutageLog } from '../invariants/outages.ts';

export interface Arena {
  readonly field: Field;
  readonly config: Config;
  readonly stack: Stack;
  readonly client: Client;
  readonly ledger: Ledger;
  readonly control: Control;
  readonly homeDir: string;
  /** With the addresses and keys of the simulated exchanges: for adapters and commands of the harness's own. */
  readonly env: NodeJS.ProcessEnv;
  readonly outages: OutageLog;
  /** Names of the workers, as the supervisor has them. */
  readonly workers: readonly string[];
  /** Every API key and secret of the simulated accounts. */
  readonly secrets: readonly string[];
  pidOf(child: string): number | null;
  arm(point: string, blow: Blow): void;
  /** Step points that were reached since the last call. */
  reachedPoints(): string[];
  disarmAll(): void;
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Resolves when these processes are ready; every one without names. */
  untilReady(...names: string[]): Promise<void>;
}

export interface ArenaOptions {
  readonly field: Field;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  /** Keeps the home, for a look at its logs. */
  readonly keep: boolean;
}

/** Linux's file system in memory: what a killed process has written is there as on a disk, and nobody waits for one. */
const memoryFolder = '/dev/shm';
/** Of a home, at its end. */
const mostHomeBytes = 1_000_000_000;

function fastestFolder(): string {
  if (!existsSync(memoryFolder)) return tmpdir();
  const { bavail, bsize } = statfsSync(memoryFolder);
  return bavail * bsize > 4 * mostHomeBytes ? memoryFolder : tmpdir();
}

/** Starts everything, runs `use` on it, and leaves nothing behind, whatever happens. */
export async function withArena<T>(options: ArenaOptions, use: (arena: Arena) => Promise<T>): Promise<T> {
  const { signal, log, keep } = options;
  const homeDir = mkdtempSync(join(fastestFolder(), 'basiskeeper-faults-'));
  const stepPoints = join(homeDir, 'step-points');
  mkdirSync(join(stepPoints, reachedFolder), { recursive: true });
  process.env['BASIS_STEP_POINTS'] = stepPoints;
  // Temporal's server tidies its memory a third as often: processors are what a round is short of.
  process.env['GOGC'] ??= '300';
  const { TEMPORAL_ADDRESS: _address, DATABASE_URL: _database, ...others } = process.env;
  for (const name of ['TEMPORAL_ADDRESS', 'DATABASE_URL']) if (!(name in others)) delete process.env[name];
  try {
    const configPath = join(homeDir, 'faults.yaml');
    writeFileSync(configPath, harnessConfig(options.field));
    const config = await readConfig(configPath);
    const stack = await startStack({
      homeDir,
      configPath,
      accounts: Object.entries(config.accounts).map(([name, { venue }]) => ({ name, venue })),
      simConfig: (setup) => unlimited(simConfig(config, setup)),
      control: true,
      temporalBinary: process.env['BASIS_TEMPORAL_BINARY'] ?? null,
      clock: { scale: config.clock.scale, marketStartMs: null, tapeEndMs: null },
      ports: { temporal: 0, ui: 0, postgres: 0 },
      signal,
      log: () => undefined,
    });
    try {
      log(`stack ready in ${(stack.startedInMs / 1000).toFixed(0)} s (${homeDir})`);
      return await connected(homeDir, stepPoints, config, stack, options, use);
    } finally {
      await stopAtOnce(stack);
    }
  } finally {
    if (!keep) rmSync(homeDir, { recursive: true, force: true });
  }
}

/**
 * Without limits by address: all accounts call from this one. Workers keep the pace of each account all the same, and
 * refusals for too many requests are dealt like every other fault.
 */
function unlimited({ venues }: ReturnType<typeof simConfig>): Record<string, unknown> {
  const each = Object.entries(venues).map(([venue, terms]) => [venue, { ...terms, rateLimits: false }]);
  return { tape: null, venues: Object.fromEntries(each) };
}

/** Without the workers' grace: nothing that they could still do matters to anybody. */
async function stopAtOnce(stack: Stack): Promise<void> {
  const pids = stack.status().flatMap(({ name, pid }) => (name.startsWith('worker-') && pid !== null ? [pid] : []));
  const stopped = stack.stop();
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  await stopped;
}

async function connected<T>(
  homeDir: string,
  stepPoints: string,
  config: Config,
  stack: Stack,
  { field, signal }: ArenaOptions,
  use: (arena: Arena) => Promise<T>,
): Promise<T> {
  const credentials = simulatedCredentials(
    homeDir,
    Object.entries(config.accounts).map(([name, { venue }]) => ({ name, venue })),
  );
  const keys = Object.entries(credentials).map(([account, key]) => keyVariables(account, key));
  const addresses = { DATABASE_URL: stack.databaseUrl, BASIS_ENDPOINTS: join(homeDir, 'endpoints.json') };
  const env: NodeJS.ProcessEnv = Object.assign({ ...process.env, ...addresses }, ...keys);
  const { buildLedger, commandSurroundings } = await import('../../../workers/wiring.ts');
  const { client, close } = await connectTemporal(localTemporal(stack.temporalAddress, stack.namespace));
  const ledger = buildLedger(commandSurroundings(config, env, homeDir));
  if (stack.controlUrl === null) throw new Error('the simulated exchanges have no control port');
  const outages = outageLog();
  const database = connections(stack.databaseUrl);
  stack.onEvent((event) => {
    if (event.kind === 'died') outages.down(event.name, Date.now());
    if (event.kind === 'ready') outages.up(event.name, Date.now());
  });
  try {
    const control = createControl(stack.controlUrl);
    await control.calm();
    await startServices(client, config, stack.anchor);
    await client.workflow
      .getHandle(engineWorkflowId(config.book))
      .signal(signalNames.pause, { reason: 'only the harness opens positions' });
    await readingsOf(ledger, Object.keys(config.accounts), signal);
    const pidOf = (child: string): number | null => stack.status().find(({ name }) => name === child)?.pid ?? null;
    const seen = new Set<string>();
    return await use({
      field,
      config,
      stack,
      client,
      ledger,
      control,
      homeDir,
      env,
      outages,
      workers: stack.status().flatMap(({ name }) => (name.startsWith('worker-') ? [name] : [])),
      secrets: Object.values(credentials).flatMap(({ apiKey, secret }) => [apiKey, secret]),
      pidOf,
      arm: (point, blow) => writeFileSync(join(stepPoints, point), JSON.stringify(blow)),
      reachedPoints() {
        const points = readdirSync(join(stepPoints, reachedFolder));
        for (const point of points) rmSync(join(stepPoints, reachedFolder, point));
        for (const point of points) seen.add(point);
        return points;
      },
      disarmAll() {
        for (const point of readdirSync(stepPoints)) {
          if (point !== reachedFolder && existsSync(join(stepPoints, point))) rmSync(join(stepPoints, point));
        }
      },
      query: (sql, values) => database.query(sql, values),
      async untilReady(...names) {
        const isAwaited = (name: string): boolean => names.length === 0 || names.includes(name);
        const isMissing = (): boolean => stack.status().some(({ name, state }) => isAwaited(name) && state !== 'ready');
        while (isMissing()) await pause(100, undefined, { signal });
      },
    });
  } finally {
    await database.end();
    await ledger.close();
    await close();
  }
}

/** The database is restarted now and then: a lost connection fails its query, and the next one gets another. */
function connections(url: string) {
  const pool = new Pool({ connectionString: url, max: 3, connectionTimeoutMillis: 5_000, query_timeout: 20_000 });
  pool.on('error', () => undefined);
  return {
    async query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
      return (await pool.query<Row>(sql, [...values])).rows;
    },
    end: () => pool.end(),
  };
}

/** A position is only admitted on a reading of each account. */
async function readingsOf(ledger: Ledger, accounts: readonly string[], signal: AbortSignal): Promise<void> {
  for (const account of accounts) {
    while ((await ledger.latestReading(account)) === null) await pause(100, undefined, { signal });
  }
}
