/** The shared services of one test run, in a throw-away home under the system's temporary folder. */
import { randomUUID } from 'node:crypto';
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { embeddedPostgres } from '../../src/stack/servers/embedded-postgres.ts';
import { freePorts } from '../../src/stack/servers/free-ports.ts';
import { HomeBusyError } from '../../src/stack/home/home-lock.ts';
import { createSupervisor } from '../../src/stack/processes/supervisor.ts';
import type { Supervisor } from '../../src/stack/processes/supervisor.ts';
import { temporalDevServer } from '../../src/stack/servers/temporal-dev-server.ts';
import { workflowBundle } from '../../src/stack/workers/workflow-bundle.ts';
import { TEMPLATE_DATABASE } from './template-database.ts';

const HOME_PREFIX = 'basiskeeper-test-';
/** Temporary files of the tests, inside the run's own home. */
const TEMPORARY = 'tmp';
import { prepareNamespace } from '../../src/stack/servers/prepare-namespace.ts';
import { REPOSITORY } from '../../src/stack/repository.ts';

export interface TestServices {
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startTestServices(stopped: AbortSignal): Promise<TestServices> {
  await removeAbandonedHomes();
  const homeDir = mkdtempSync(join(tmpdir(), HOME_PREFIX));
  const lines: string[] = [];
  const supervisor = await createSupervisor({ homeDir, log: (line) => lines.push(line) });
  let leave: (() => Promise<void>) | null = null;
  const stop = async (): Promise<void> => {
    await supervisor.stop();
    await leave?.();
    await removeHome(homeDir);
  };
  // Later stops are the caller's: the tests must have ended before their servers do.
  const abort = (): void => void supervisor.stop();
  stopped.addEventListener('abort', abort, { once: true });
  try {
    const ports = await freePorts([0, 0, 0, 0]);
    const [database, temporal, bundle] = await Promise.all([
      startDatabase(supervisor, homeDir, ports[0]!),
      startTemporal(supervisor, ports.slice(1), (work) => (leave = work)),
      buildBundle(homeDir, stopped),
    ]);
    const folder = join(homeDir, TEMPORARY);
    mkdirSync(folder);
    return { env: { ...database, ...temporal, ...bundle, TMPDIR: folder }, stop };
  } catch (error) {
    process.stderr.write(lines.map((line) => `${line}\n`).join(''));
    await stop();
    throw error;
  } finally {
    stopped.removeEventListener('abort', abort);
  }
}

async function startDatabase(supervisor: Supervisor, homeDir: string, port: number): Promise<Record<string, string>> {
  const { databaseUrl, child } = await embeddedPostgres({ dir: join(homeDir, 'postgres'), port, durable: false });
  await supervisor.start(child, 1);
  const template = databaseUrl.replace(/[^/]*$/, TEMPLATE_DATABASE);
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await client.end();
  const migrations = join(REPOSITORY, 'src', 'ledger', 'migrate.ts');
  if (existsSync(migrations)) {
    const { migrate } = await import('../../src/ledger/migrate.ts');
    await migrate(template);
  }
  return { BASIS_TEST_DATABASE_URL: databaseUrl };
}

async function startTemporal(
  supervisor: Supervisor,
  ports: readonly number[],
  atTheEnd: (leave: () => Promise<void>) => void,
): Promise<Record<string, string>> {
  const external = process.env['TEMPORAL_ADDRESS'];
  if (external !== undefined && external !== '') return namespaceOfOurOwn(external, atTheEnd);
  const binary = process.env['BASIS_TEMPORAL_BINARY'];
  if (binary === undefined) throw new Error('start the tests with npm test: it finds the Temporal server for them');
  const [port, httpPort, metricsPort] = [ports[0]!, ports[1]!, ports[2]!];
  const { address, child } = temporalDevServer({ binary, port, httpPort, metricsPort, uiPort: null, dbFile: null });
  await supervisor.start(child, 0);
  return { BASIS_TEST_TEMPORAL_ADDRESS: address };
}

/** On a server that others may use, in a namespace that nobody else does: a test must never meet a real position. */
async function namespaceOfOurOwn(
  address: string,
  atTheEnd: (leave: () => Promise<void>) => void,
): Promise<Record<string, string>> {
  const namespace = `basiskeeper-test-${randomUUID()}`;
  await prepareNamespace({ address }, namespace);
  atTheEnd(async () => {
    const connection = await Connection.connect({ address });
    await connection.operatorService.deleteNamespace({ namespace });
    await connection.close();
  });
  return { BASIS_TEST_TEMPORAL_ADDRESS: address, BASIS_TEST_TEMPORAL_NAMESPACE: namespace };
}

/** Workflows that cannot be bundled fail the files that need the bundle, and no others. */
async function buildBundle(homeDir: string, stopped: AbortSignal): Promise<Record<string, string>> {
  try {
    const bundle = await workflowBundle(homeDir, stopped);
    return bundle === null ? {} : { BASIS_TEST_BUNDLE: bundle };
  } catch (error) {
    process.stderr.write(
      `the workflows cannot be bundled: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return {};
  }
}

/** A run that was killed leaves its servers and its folder; the next one ends and removes them. */
async function removeAbandonedHomes(): Promise<void> {
  for (const homeDir of globSync(join(tmpdir(), `${HOME_PREFIX}*`))) {
    // Another user's folder is not ours to clean.
    if (statSync(homeDir).uid !== process.getuid?.()) continue;
    if (await endLeftovers(homeDir)) await removeHome(homeDir);
  }
}

/** With the homes inside it: tests that were cut short leave some, with children that outlive their test. */
async function removeHome(homeDir: string): Promise<void> {
  const inside = ['*', '*/*'].flatMap((level) => globSync(join(homeDir, TEMPORARY, level, 'run.json')));
  for (const file of inside) await endLeftovers(dirname(file));
  rmSync(homeDir, { recursive: true, force: true });
}

/** Takes a home over from a dead supervisor; false where it is in use. */
async function endLeftovers(homeDir: string): Promise<boolean> {
  try {
    const supervisor = await createSupervisor({ homeDir, log: () => undefined });
    await supervisor.stop();
    return true;
  } catch (error) {
    if (error instanceof HomeBusyError) return false;
    throw error;
  }
}
