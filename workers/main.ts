/**
 * One worker process: `--role basis` (workflows and ledger), `--role market`, or `--role venue --account NAME`, which
 * alone gets that account's keys. `--role feed` needs neither Temporal nor the ledger: it feeds the simulated exchanges of
 * paper mode.
 */
import { rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, type Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { ConfigError } from '../src/config/load.ts';
import { basisTaskQueue, marketTaskQueue, venueReadTaskQueue, venueTaskQueue } from '../src/domain/names.ts';
import { systemClock } from '../src/clock/system-clock.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import { startAlerting } from './alerting.ts';
import { startFeed } from './feed/start-feed.ts';
import { BadUsage, parseOptions, usage, type WorkerOptions } from './options.ts';
import { createWorker, installRuntime } from './runtime.ts';
import { withStepPoints } from './step-points.ts';
import { createTemporalWatch, type TemporalWatch } from './temporal-watch.ts';
import {
  accountActivities,
  basisActivities,
  buildAlerts,
  buildLedger,
  buildMarketData,
  buildVenue,
  marketActivities,
  prepareAccount,
  readConfig,
  type Surroundings,
} from './wiring.ts';

const log = pino({ level: process.env['LOG_LEVEL'] ?? 'info', base: null });

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const config = await readConfig(options.config);
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  const surroundings: Surroundings = {
    config,
    homeDir: options.home,
    env: process.env,
    log,
    stopping: stopping.signal,
    isLive: options.isLive,
  };
  if (options.role === 'feed') return feed(options, surroundings);
  const tags = { role: options.role, ...(options.account === '' ? {} : { account: options.account }) };
  installRuntime(log, process.env, tags);
  const ledger = withStepPoints('ledger', buildLedger(surroundings));
  const temporal = createTemporalWatch(buildAlerts(surroundings, ledger), systemClock);
  // Before anything else is reached: what cannot be reached is then told.
  const alerting = options.role === 'basis' ? startAlerting(surroundings, ledger, temporal.look) : null;
  try {
    await work(options, surroundings, ledger, temporal);
  } finally {
    await alerting?.stop();
    await ledger.close();
  }
}

async function feed(options: WorkerOptions, surroundings: Surroundings): Promise<void> {
  const { ended } = await startFeed(surroundings);
  if (options.readyFile !== null) await writeReady(options.readyFile);
  log.info({ role: options.role }, 'ready');
  await ended;
}

async function work(
  options: WorkerOptions,
  surroundings: Surroundings,
  ledger: Ledger,
  temporal: TemporalWatch,
): Promise<void> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connect = () => NativeConnection.connect(connectionOptions);
  const connection =
    options.role === 'basis' ? await temporal.connect(connect, surroundings.stopping) : await connect();
  const { workers, close } = await createWorkers(options, surroundings, connection, namespace, ledger);
  const running = Promise.all(workers.map((worker) => worker.run()));
  if (options.readyFile !== null) await writeReady(options.readyFile);
  log.info({ role: options.role, account: options.account || undefined }, 'ready');
  try {
    await running;
  } finally {
    await close();
    await connection.close();
  }
}

interface Workers {
  readonly workers: readonly Worker[];
  readonly close: () => Promise<void>;
}

async function createWorkers(
  options: WorkerOptions,
  surroundings: Surroundings,
  connection: NativeConnection,
  namespace: string,
  ledger: Ledger,
): Promise<Workers> {
  switch (options.role) {
    case 'basis': {
      const code =
        options.bundle === null
          ? { workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) }
          : { workflowBundle: { codePath: options.bundle } };
      const activities = basisActivities(surroundings, ledger);
      const worker = await createWorker(connection, namespace, { taskQueue: basisTaskQueue, activities, ...code });
      return { workers: [worker], close: async () => undefined };
    }
    case 'market': {
      const marketData = await buildMarketData(surroundings);
      const activities = await marketActivities(surroundings, ledger, marketData);
      const worker = await createWorker(connection, namespace, { taskQueue: marketTaskQueue, activities });
      return { workers: [worker], close: () => marketData.close() };
    }
    case 'feed':
      throw new Error('the feed has no tasks of Temporal');
    case 'venue': {
      const venue = withStepPoints('venue', await buildVenue(surroundings, options.account));
      await prepareAccount(surroundings, venue);
      const { orders, reads } = accountActivities(surroundings, ledger, venue);
      const workers = await Promise.all([
        createWorker(connection, namespace, { taskQueue: venueTaskQueue(options.account), activities: orders }),
        createWorker(connection, namespace, { taskQueue: venueReadTaskQueue(options.account), activities: reads }),
      ]);
      return { workers, close: () => venue.close() };
    }
  }
}

/** Written whole, so that nobody reads half of it. */
async function writeReady(file: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, JSON.stringify({ pid: process.pid, readyAtMs: Date.now() }));
  await rename(temporary, file);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  if (error instanceof BadUsage) {
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exit(2);
  }
  log.fatal({ error: error instanceof Error ? error.message : String(error) }, 'the worker cannot run');
  process.exit(error instanceof ConfigError ? 2 : 1);
}
