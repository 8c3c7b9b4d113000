/** Brings a database to the newest schema. Safe when several processes do so at once: kysely takes a lock. */
import { Kysely, PostgresDialect } from 'kysely';
import { Migrator, type MigrationProvider } from 'kysely/migration';
import { Pool } from 'pg';
import * as initial from './migrations/2026-11-24-initial.ts';

/** In order, and frozen: what has landed is never edited. */
const provider: MigrationProvider = {
  getMigrations: async () => ({ '2026-11-24-initial': initial }),
};

/** @throws Error naming the migration that failed, or that the database cannot be reached. */
export async function migrate(databaseUrl: string): Promise<{ applied: string[] }> {
  const pool = new Pool({ connectionString: databaseUrl, max: 2 });
  pool.on('error', () => undefined);
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const { error, results = [] } = await new Migrator({ db, provider }).migrateToLatest();
    if (error !== undefined) {
      const failed = results.find(({ status }) => status === 'Error')?.migrationName ?? 'the migrations';
      throw new Error(`${failed} failed: ${error instanceof Error ? error.message : JSON.stringify(error)}`, {
        cause: error,
      });
    }
    return { applied: results.map(({ migrationName }) => migrationName) };
  } finally {
    await db.destroy();
  }
}
