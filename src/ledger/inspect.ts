/** What state a ledger's database is in; nothing is changed, not even kysely's own tables are made. */
import { sql, type Kysely } from 'kysely';
import { createDatabase } from './database.ts';
import { migrationProvider } from './migrate.ts';
import type { Schema } from './schema.ts';

export interface LedgerState {
  /** Such as `18.1`. */
  readonly serverVersion: string;
  readonly applied: readonly string[];
  /** Of this version of the service, and not yet applied. */
  readonly pending: readonly string[];
  /** Applied by a newer version of the service. */
  readonly unknown: readonly string[];
}

/** @throws LedgerUnavailable when the database cannot be reached; Error in the server's words when it refuses. */
export async function inspectLedger(databaseUrl: string): Promise<LedgerState> {
  const database = createDatabase(databaseUrl, 1, () => undefined);
  try {
    return await database.run(async (db) => {
      const known = Object.keys(await migrationProvider.getMigrations());
      const version = await sql<{ server_version: string }>`SHOW server_version`.execute(db);
      const applied = await appliedMigrations(db);
      return {
        serverVersion: version.rows[0]?.server_version.split(' ')[0] ?? 'unknown',
        applied,
        pending: known.filter((name) => !applied.includes(name)),
        unknown: applied.filter((name) => !known.includes(name)),
      };
    });
  } finally {
    await database.close();
  }
}

async function appliedMigrations(db: Kysely<Schema>): Promise<string[]> {
  const table = await sql<{ found: string | null }>`SELECT to_regclass('kysely_migration')::text AS found`.execute(db);
  if ((table.rows[0]?.found ?? null) === null) return [];
  const rows = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(db);
  return rows.rows.map(({ name }) => name);
}
