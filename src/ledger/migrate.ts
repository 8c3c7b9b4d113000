/** Brings a database to the newest schema. Safe when several processes do so at once: kysely takes a lock. */
import { Kysely, PostgresDialect } from 'kysely';
import { Migrator, type MigrationProvider } from 'kysely/migration';
import { Pool } from 'pg';
import { isUnavailable, ledgerFailure } from './database.ts';
import * as initial from './migrations/2026-11-24-initial.ts';
import * as oneVenueOrder from './migrations/2026-11-24-one-venue-order.ts';
import * as venueFills from './migrations/2026-11-26-venue-fills.ts';
import * as worth from './migrations/2026-11-26-worth.ts';
import * as alertDeliveries from './migrations/2026-11-27-alert-deliveries.ts';
import * as portfolio from './migrations/2026-11-27-portfolio.ts';
import * as fundingRates from './migrations/2026-11-28-funding-rates.ts';
import * as inventoryChanges from './migrations/2026-11-28-inventory-changes.ts';
import * as keptHalts from './migrations/2026-11-28-kept-halts.ts';
import * as liquidationCharges from './migrations/2026-11-28-liquidation-charges.ts';
import * as loans from './migrations/2026-11-28-loans.ts';
import * as netOfMarks from './migrations/2026-11-28-net-of-marks.ts';
import * as recentEnds from './migrations/2026-11-28-recent-ends.ts';
import * as charged from './migrations/2026-11-29-charged.ts';

/**
 * By name, which is the order in which they are applied, and frozen: what has landed is never edited, and a new one's name
 * sorts after the last one's, whatever day it is; kysely refuses to go on otherwise.
 */
export const migrationProvider: MigrationProvider = {
  getMigrations: async () => ({
    '2026-11-24-initial': initial,
    '2026-11-24-one-venue-order': oneVenueOrder,
    '2026-11-26-venue-fills': venueFills,
    '2026-11-26-worth': worth,
    '2026-11-27-alert-deliveries': alertDeliveries,
    '2026-11-27-portfolio': portfolio,
    '2026-11-28-funding-rates': fundingRates,
    '2026-11-28-inventory-changes': inventoryChanges,
    '2026-11-28-kept-halts': keptHalts,
    '2026-11-28-liquidation-charges': liquidationCharges,
    '2026-11-28-loans': loans,
    '2026-11-28-net-of-marks': netOfMarks,
    '2026-11-28-recent-ends': recentEnds,
    '2026-11-29-charged': charged,
  }),
};

/** Time for one connection to be made. */
const connectTimeoutMs = 10_000;

/**
 * All of them in one transaction. Aborted, it breaks off: nothing is changed then.
 * @throws LedgerUnavailable when the database cannot be reached; Error naming the migration that failed.
 */
export async function migrate(databaseUrl: string, signal?: AbortSignal): Promise<{ applied: string[] }> {
  signal?.throwIfAborted();
  const pool = new Pool({ connectionString: databaseUrl, max: 2, connectionTimeoutMillis: connectTimeoutMs });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    // With a query under way this cuts the connection instead of waiting for the answer.
    const leave = (): void => void client.end().catch(() => undefined);
    if (signal?.aborted === true) leave();
    signal?.addEventListener('abort', leave, { once: true });
    client.once('end', () => signal?.removeEventListener('abort', leave));
  });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const { error, results = [] } = await new Migrator({ db, provider: migrationProvider }).migrateToLatest();
    if (isUnavailable(error)) throw ledgerFailure(error);
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
