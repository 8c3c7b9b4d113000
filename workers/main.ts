/**
 * One worker process: `--role basis` (workflows and ledger), `--role market`, or `--role venue --account NAME`, which
 * alone gets that account's keys. `--role feed` needs neither Temporal nor the ledger: it feeds the simulated exchanges of
 * paper mode.
 */
import { rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, type Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { ConfigError } from '../src/config/load.ts';
import { basisTaskQueue, marketTaskQueue, venueReadTaskQueue, venueTaskQueue } from '../src/domain/names.ts';
import { systemClock } from '../src/clock/system-clock.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import { startAlerting } from './alerting.ts';
import { startFeed } from './feed/start-feed.ts';
import { isLiveSwitched } from './live-switch.ts';
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

const usage = `usage: node workers/main.ts --role basis|market|venue|feed [--account NAME] --config FILE [options]
  --account NAME     the account that a venue worker serves
  --home DIR         folder with the run's anchor, where market time is not wall time
  --bundle FILE      prebuilt workflow code (role basis)
  --ready-file FILE  written once the worker polls
  --live             trade real money; the configuration must say live: true as well. BASIS_LIVE=yes is the same
The environment names the servers: TEMPORAL_ADDRESS (or a Temporal profile), DATABASE_URL, BASIS_ENDPOINTS;
for the role feed BASIS_FEED, the feed port of the simulated exchanges, tcp://host:port. BASIS_METRICS_ADDRESS, host:port
of this process alone, serves figures for Prometheus.

Example: node workers/main.ts --role venue --account bybit --config config/demo.yaml
`;

interface Options {
  readonly role: 'basis' | 'market' | 'venue' | 'feed';
  readonly account: string;
  readonly config: string;
  readonly home: string | null;
  readonly bundle: string | null;
  readonly readyFile: string | null;
  readonly isLive: boolean;
}

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

async function feed(options: Options, surroundings: Surroundings): Promise<void> {
  const { ended } = await startFeed(surroundings);
  if (options.readyFile !== null) await writeReady(options.readyFile);
  log.info({ role: options.role }, 'ready');
  await ended;
}

async function work(
  options: Options,
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
  options: Options,
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

/** @throws Error saying what is missing. */
function parseOptions(args: string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      role: text,
      account: text,
      config: text,
      home: text,
      bundle: text,
      'ready-file': text,
      live: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const { role, account, config } = values;
  if (role !== 'basis' && role !== 'market' && role !== 'venue' && role !== 'feed')
    throw new Error('--role must be basis, market, venue or feed');
  if (role === 'venue' && account === undefined) throw new Error('--role venue needs --account');
  if (config === undefined) throw new Error('--config is missing: the configuration file');
  return {
    role,
    account: account ?? '',
    config,
    home: values.home ?? null,
    bundle: values.bundle ?? null,
    readyFile: values['ready-file'] ?? null,
    isLive: isLiveSwitched(process.env) || values.live === true,
  };
}

try {
  await main();
  process.exit(0);
} catch (error) {
  log.fatal({ error: error instanceof Error ? error.message : String(error) }, 'the worker cannot run');
  process.exit(error instanceof ConfigError ? 2 : 1);
}
