/** Temporal's development server: the real server on one SQLite database, with its web interface. */
import { Connection } from '@temporalio/client';
import { LOOPBACK } from './free-ports.ts';
import type { ChildSpec } from '../processes/child.ts';

export const NAMESPACE = 'default';

/** What the list of positions can be filtered by. Not encrypted: nothing secret goes here. */
export const SEARCH_ATTRIBUTES = {
  BasisStatus: 'Keyword',
  BasisAsset: 'Keyword',
  BasisSpotVenue: 'Keyword',
  BasisPerpVenue: 'Keyword',
  BasisDirection: 'Keyword',
  BasisExitReason: 'Keyword',
  BasisNotionalUsd: 'Double',
  BasisPnlUsd: 'Double',
} as const;

/**
 * The server polls its queues at most 20 times a second by default, 50 ms for every task; and it honours the priority
 * of closes over opens only with its new matcher and one partition per queue.
 */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'matching.useNewMatcher=true',
  // An activity of the workflow's own queue starts with the task that asked for it: one hop less before the orders.
  'system.enableActivityEagerExecution=true',
];

/**
 * Every step of a workflow waits for the disk: with a write-ahead log once for each of its transactions, by default three
 * times (https://www.sqlite.org/wal.html). `full` still waits: what the server has said is done survives a loss of power.
 */
const SQLITE_PRAGMAS = { journal_mode: 'wal', synchronous: 'full' } as const;

const PROBE_TIMEOUT_MS = 2000;

export interface TemporalDevServerOptions {
  readonly binary: string;
  readonly port: number;
  /** Null: no web interface. */
  readonly uiPort: number | null;
  /** Port of the server's own metrics and of its HTTP interface. */
  readonly metricsPort: number;
  readonly httpPort: number;
  /** Null: in memory, lost when it stops. */
  readonly dbFile: string | null;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
}

export interface TemporalDevServer {
  readonly address: string;
  readonly uiUrl: string | null;
  readonly child: ChildSpec;
}

export function temporalDevServer(options: TemporalDevServerOptions): TemporalDevServer {
  const { binary, port, uiPort, dbFile } = options;
  const address = `${LOOPBACK}:${port}`;
  const args = ['server', 'start-dev', '--ip', LOOPBACK, '--port', String(port)];
  args.push('--http-port', String(options.httpPort), '--metrics-port', String(options.metricsPort));
  args.push(...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]));
  if (dbFile !== null) {
    args.push('--db-filename', dbFile);
    for (const [name, value] of Object.entries(SQLITE_PRAGMAS)) args.push('--sqlite-pragma', `${name}=${value}`);
  }
  args.push('--log-level', options.logLevel ?? 'warn', '--log-format', 'json');
  // A profile of the user's, made for another server, must not change this one.
  args.push('--disable-config-file', '--disable-config-env');
  for (const value of DYNAMIC_CONFIG) args.push('--dynamic-config-value', value);
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) args.push('--search-attribute', `${name}=${type}`);
  return {
    address,
    uiUrl: uiPort === null ? null : `http://${LOOPBACK}:${uiPort}`,
    child: {
      name: 'temporal',
      command: binary,
      args,
      // Its warnings are about its own start and stop, page after page.
      isShown: (line) => /"level":"(error|fatal|panic)"/.test(line),
      stopSignal: 'SIGTERM',
      graceMs: 10_000,
      readyTimeoutMs: 60_000,
      // Another home's server may have taken the port meanwhile. Ours opens its HTTP port only after that of its own
      // frontend, so the two together are ours.
      ready: async () => (await answersHttp(options.httpPort)) && (await temporalIsReady(address)),
    },
  };
}

async function answersHttp(port: number): Promise<boolean> {
  try {
    const url = `http://${LOOPBACK}:${port}/api/v1/namespaces/${NAMESPACE}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** True when the server answers, its namespace exists and every search attribute of ours is known. */
export async function temporalIsReady(address: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 500 });
    const { workflowService, operatorService } = connection;
    const known = await connection.withDeadline(Date.now() + PROBE_TIMEOUT_MS, async () => {
      await workflowService.describeNamespace({ namespace: NAMESPACE });
      return operatorService.listSearchAttributes({ namespace: NAMESPACE });
    });
    return Object.keys(SEARCH_ATTRIBUTES).every((name) => name in (known.customAttributes ?? {}));
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
