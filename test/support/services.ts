/** Shared services for test files. `npm test` starts them; each file takes a database of its own. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { TEMPLATE_DATABASE } from './template-database.ts';

export { startSim } from './start-sim.ts';
export type { RunningSim, StartSimOptions } from './start-sim.ts';

export interface TestDatabase {
  readonly databaseUrl: string;
  drop(): Promise<void>;
}

/** A new, migrated database, about 40 ms. Drop it when the file is done. */
export async function testDatabase(): Promise<TestDatabase> {
  const adminUrl = serviceEnv('BASIS_TEST_DATABASE_URL');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE} STRATEGY file_copy`);
  return {
    databaseUrl: adminUrl.replace(/[^/]*$/, name),
    drop: () => asAdmin(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** The shared Temporal server. Tests keep apart by task queues and workflow ids of their own. */
export function testTemporal(): { readonly address: string; readonly namespace: string } {
  return {
    address: serviceEnv('BASIS_TEST_TEMPORAL_ADDRESS'),
    namespace: process.env['BASIS_TEST_TEMPORAL_NAMESPACE'] ?? 'default',
  };
}

/** Path of the prebuilt workflow bundle. */
export function testBundle(): string {
  return serviceEnv('BASIS_TEST_BUNDLE');
}

function serviceEnv(name: string): string {
  const value = process.env[name];
  if (value !== undefined) return value;
  const file = process.argv[1] ?? 'FILE';
  throw new Error(`${name} is not set: this test needs shared services. Run it with: npm test -- ${file}`);
}

async function asAdmin(adminUrl: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    // Copies of one template exclude each other: files that start together wait their turn.
    if (sql.startsWith('CREATE')) await client.query('SELECT pg_advisory_lock(728145)');
    await client.query(sql);
  } finally {
    await client.end();
  }
}
