/** A stack of a benchmark's own in a temporary home: real servers, real workers, simulated exchanges at scripted prices. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { startServices } from '../src/cli/start/bootstrap.ts';
import { readConfig } from '../src/cli/options.ts';
import { simConfig } from '../src/cli/start/sim-config.ts';
import { connectTemporal, externalTemporal, localTemporal } from '../src/cli/temporal-target.ts';
import type { Config } from '../src/config/schema.ts';
import { engineWorkflowId, signalNames } from '../src/domain/names.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import { keyVariables, keptCredentials } from '../src/stack/home/account-keys.ts';
import type { Stack } from '../src/stack/stack-options.ts';
import { startStack } from '../src/stack/start-stack.ts';
import { benchConfig, perpSymbol, prices, spotSymbol } from './bench-config.ts';
import { simControl, type SimControl } from './sim-control.ts';

export interface BenchStack {
  readonly config: Config;
  readonly stack: Stack;
  readonly client: Client;
  readonly ledger: Ledger;
  readonly control: SimControl;
  readonly journalFile: string;
  readonly homeDir: string;
  /** With the addresses and keys of the simulated exchanges: for the bench's own connections. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export interface BenchStackOptions {
  readonly exitBps: string;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Starts everything, runs `use` on it, and leaves nothing behind, whatever happens. */
export async function withBenchStack<T>(
  options: BenchStackOptions,
  use: (bench: BenchStack) => Promise<T>,
): Promise<T> {
  const { signal, log } = options;
  const homeDir = mkdtempSync(join(tmpdir(), 'basiskeeper-bench-'));
  try {
    const configPath = join(homeDir, 'bench.yaml');
    writeFileSync(configPath, benchConfig(options.exitBps));
    const config = await readConfig(configPath);
    const stack = await startStack({
      homeDir,
      configPath,
      accounts: Object.entries(config.accounts).map(([name, { venue }]) => ({ name, venue })),
      simConfig: (setup) => ({ ...simConfig(config, setup), tape: null }),
      control: true,
      externalTemporal: externalTemporal(process.env),
      temporalBinary: process.env['BASIS_TEMPORAL_BINARY'] ?? null,
      clock: { scale: config.clock.scale, marketStartMs: null, tapeEndMs: null },
      ports: { temporal: 0, ui: 0, postgres: 0 },
      signal,
      log,
    });
    try {
      return await connected(homeDir, config, stack, signal, use);
    } finally {
      await stack.stop();
    }
  } finally {
    rmSync(homeDir, { recursive: true, force: true });
  }
}

async function connected<T>(
  homeDir: string,
  config: Config,
  stack: Stack,
  signal: AbortSignal,
  use: (bench: BenchStack) => Promise<T>,
): Promise<T> {
  const credentials = keptCredentials(homeDir);
  const keys = Object.entries(credentials).map(([account, key]) => keyVariables(account, key));
  const env: NodeJS.ProcessEnv = Object.assign(
    { ...process.env, DATABASE_URL: stack.databaseUrl, BASIS_ENDPOINTS: join(homeDir, 'endpoints.json') },
    ...keys,
  );
  const { buildLedger, commandSurroundings } = await import('../workers/wiring.ts');
  const local = localTemporal(stack.temporalAddress, stack.namespace);
  const { client, close } = await connectTemporal(externalTemporal(process.env) ?? local);
  const ledger = buildLedger(commandSurroundings(config, env, homeDir));
  try {
    if (stack.controlUrl === null) throw new Error('the simulated exchanges have no control port');
    const control = simControl(stack.controlUrl);
    await startServices(client, config, stack.anchor);
    await client.workflow
      .getHandle(engineWorkflowId(config.book))
      .signal(signalNames.pause, { reason: 'only the benchmark opens positions' });
    await control.setPrice('bybit', spotSymbol, prices.spot);
    await control.setPrice('binanceusdm', perpSymbol, prices.perpOpen);
    await readingsOf(ledger, Object.keys(config.accounts), signal);
    const journalFile = join(homeDir, 'sim', 'journal.ndjson');
    return await use({ config, stack, client, ledger, control, journalFile, homeDir, env, signal });
  } finally {
    await ledger.close();
    await close();
  }
}

/** A position is only admitted on a reading of each account. */
async function readingsOf(ledger: Ledger, accounts: readonly string[], signal: AbortSignal): Promise<void> {
  for (const account of accounts) {
    while ((await ledger.latestReading(account)) === null) await pause(100, undefined, { signal });
  }
}
