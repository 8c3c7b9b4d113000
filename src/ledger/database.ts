/** The pool, and how its failures are told: unavailable (try again), or a mistake (do not). */
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import { Pool } from 'pg';
import { LedgerUnavailable } from '../ports/ledger.ts';
import type { Schema } from './schema.ts';

export type Db = Kysely<Schema> | Transaction<Schema>;

export interface Database {
  /** Runs queries; a conflict between transactions is tried again here, a lost connection is `LedgerUnavailable`. */
  run<T>(body: (db: Kysely<Schema>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const conflictTries = 5;
/** Serialization failure, deadlock. */
const conflicts = new Set(['40001', '40P01']);

export function createDatabase(databaseUrl: string, poolSize: number, warn: (message: string) => void): Database {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  // Without a listener, the loss of an idle connection would end the process.
  pool.on('error', (error) => warn(`an idle ledger connection was lost: ${error.message}`));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return {
    async run(body) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await body(db);
        } catch (error) {
          if (attempt < conflictTries && conflicts.has(codeOf(error))) continue;
          if (isUnavailable(error))
            throw new LedgerUnavailable(`the ledger cannot be reached: ${messageOf(error)}`, { cause: error });
          throw error;
        }
      }
    },
    close: () => db.destroy(),
  };
}

/** Connection classes of PostgreSQL (08, 57P), too many connections, and what the socket says. */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(08|57P|53300)/.test(code)) return true;
  if (['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH'].includes(code)) return true;
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
    messageOf(error),
  );
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
