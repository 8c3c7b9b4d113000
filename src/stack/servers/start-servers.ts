/** The servers that workers need, each started as a child or taken from the environment. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '../../ledger/migrate.ts';
import { simulatedCredentials } from '../home/account-keys.ts';
import type { ApiCredentials } from '../home/account-keys.ts';
import { embeddedPostgres } from './embedded-postgres.ts';
import { writePrivateJson } from '../home/json-file.ts';
import { readSimReadyFile, simChild } from './sim-child.ts';
import { keylessEnv, temporalEnv } from '../stack-env.ts';
import type { Stack, StackOptions } from '../stack-options.ts';
import { venuePortName } from './stack-ports.ts';
import type { StackPorts } from './stack-ports.ts';
import type { Supervisor } from '../processes/supervisor.ts';
import { NAMESPACE, temporalDevServer } from './temporal-dev-server.ts';

/** Children of the lowest stage are stopped first. */
export const STOP_STAGE = { workers: 0, sim: 1, temporal: 2, postgres: 3 } as const;

/** What the steps of one start share. */
export interface StackStart {
  readonly options: StackOptions;
  readonly supervisor: Supervisor;
  readonly ports: StackPorts;
  readonly accounts: readonly string[];
  readonly venues: readonly string[];
  /** Aborted: this start is given up, and what it does must end. */
  readonly signal: AbortSignal;
  /** Gives this start up. */
  readonly giveUp: () => void;
}

/** The ledger's database, migrated; returns its address. */
export async function startDatabase({ options, supervisor, ports, accounts, signal }: StackStart): Promise<string> {
  const external = process.env['DATABASE_URL'];
  if (external !== undefined && external !== '') {
    await migrate(external, signal);
    return external;
  }
  const dir = join(options.homeDir, 'postgres');
  const { databaseUrl, child } = await embeddedPostgres({ dir, port: ports.postgres, durable: true, signal });
  await supervisor.start({ ...child, env: keylessEnv(accounts) }, STOP_STAGE.postgres);
  await migrate(databaseUrl, signal);
  return databaseUrl;
}

export interface StartedTemporal {
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly uiUrl: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export async function startTemporal({ options, supervisor, ports, accounts }: StackStart): Promise<StartedTemporal> {
  const { externalTemporal = null } = options;
  if (externalTemporal !== null) {
    const { address, namespace } = externalTemporal;
    return { temporalAddress: address, namespace, uiUrl: null, env: {} };
  }
  if (options.temporalBinary === null)
    throw new Error('no Temporal server: start with npm start, or set TEMPORAL_ADDRESS');
  const { address, uiUrl, child } = temporalDevServer({
    binary: options.temporalBinary,
    port: ports.temporal,
    uiPort: ports.ui,
    httpPort: ports['temporalHttp']!,
    metricsPort: ports['temporalMetrics']!,
    dbFile: join(options.homeDir, 'temporal.db'),
  });
  await supervisor.start({ ...child, env: keylessEnv(accounts) }, STOP_STAGE.temporal);
  const env = temporalEnv(options.homeDir, address, NAMESPACE);
  return { temporalAddress: address, namespace: NAMESPACE, uiUrl, env };
}

export interface StartedSim {
  readonly endpoints: Stack['endpoints'];
  readonly controlUrl: string | null;
  /** Address of the feed port; null where prices come from a tape. */
  readonly feedUrl: string | null;
  /** `endpoints.json` of the home. */
  readonly file: string;
  readonly credentials: Readonly<Record<string, ApiCredentials>>;
}

export async function startSim({ options, supervisor, ports, accounts, venues }: StackStart): Promise<StartedSim> {
  const { homeDir, simConfig, control = false, feed = false, simSeed: seed = null } = options;
  const credentials = simulatedCredentials(homeDir, options.accounts);
  const venuePorts = Object.fromEntries(venues.map((venue) => [venue, ports[venuePortName(venue)]!]));
  mkdirSync(join(homeDir, 'sim'), { recursive: true, mode: 0o700 });
  const config = simConfig?.({ credentials, ports: venuePorts });
  writePrivateJson(join(homeDir, 'sim', 'config.json'), config);
  const file = join(homeDir, 'endpoints.json');
  const publish = (): Stack['endpoints'] => {
    const ready = Object.entries(readSimReadyFile(homeDir).venues);
    const endpoints = Object.fromEntries(ready.map(([venue, { rest, ws }]) => [venue, { rest, ws }]));
    writePrivateJson(file, endpoints);
    return endpoints;
  };
  supervisor.onEvent((event) => {
    if (event.kind === 'ready' && event.name === 'sim') publish();
  });
  const controlPort = control ? ports['simControl']! : null;
  const child = simChild({ homeDir, controlPort, feedPort: feed ? ports['simFeed']! : null, seed });
  await supervisor.start({ ...child, env: keylessEnv(accounts) }, STOP_STAGE.sim);
  const { control: controlUrl, feed: feedUrl } = readSimReadyFile(homeDir);
  return { endpoints: publish(), controlUrl, feedUrl, file, credentials };
}
