/** The pool, and how its failures are told: unavailable (try again), or a mistake (do not). */
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import { Pool } from 'pg';
import { LedgerUnavailable } from '../ports/ledger.ts';
import type { Schema } from './schema.ts';

export type Db = Kysely<Schema> | Transaction<Schema>;

export interface Database {
  /** Runs queries; a conflict between transactions is tried again here, a lost connection is `LedgerUnavailable`. */
  readonly run: <T>(body: (db: Kysely<Schema>) => Promise<T>) => Promise<T>;
  /** The same, all or nothing. The body may run several times. */
  readonly transact: <T>(body: (db: Transaction<Schema>) => Promise<T>) => Promise<T>;
  /** Everything on one connection, for a lock of its session; lost, the body's queries fail. It runs once. */
  readonly onOneConnection: <T>(body: (db: Kysely<Schema>) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

const conflictTries = 20;
const connectTimeoutMs = 5_000;
/** Whoever waits for a statement has a deadline of seconds. */
const statementTimeoutMs = 10_000;
/**
 * A process that stands still in the middle of a transaction, with its machine or its network, keeps its locks no longer:
 * everybody else who reserves, claims or books would wait for it.
 */
const idleInTransactionMs = 10_000;
/** Serialization failure, deadlock. */
const conflicts = new Set(['40001', '40P01']);

/** @param silenceMs longest wait for an answer; without it a dead connection is found out by the system alone */
export function createDatabase(
  databaseUrl: string,
  poolSize: number,
  warn: (message: string) => void,
  silenceMs?: number,
): Database {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    application_name: 'basiskeeper',
    keepAlive: true,
    ...(silenceMs === undefined ? {} : { query_timeout: silenceMs }),
  });
  // A lost connection is an event of the pool while it is idle, and of its client while a transaction holds it. Without
  // a listener either would end the process; whoever used it gets the error as a rejection all the same.
  const lost = (error: Error): void => warn(`a ledger connection was lost: ${error.message}`);
  pool.on('error', lost);
  pool.on('connect', (client) => client.on('error', lost));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return {
    run: (body) => told(() => body(db)),
    // Whatever the database's default is: a statement has to see what was committed while the one before waited for a lock.
    transact: (body) => told(() => db.transaction().setIsolationLevel('read committed').execute(body)),
    async onOneConnection(body) {
      try {
        return await db.connection().execute(body);
      } catch (error) {
        throw ledgerFailure(error);
      }
    },
    close: () => db.destroy(),
  };
}

async function told<T>(body: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await body();
    } catch (error) {
      if (attempt < conflictTries && conflicts.has(codeOf(error))) continue;
      throw ledgerFailure(error);
    }
  }
}

/** The error itself, or `LedgerUnavailable` in its place. */
export function ledgerFailure(error: unknown): unknown {
  if (!isUnavailable(error)) return error;
  return new LedgerUnavailable(`the ledger cannot be reached: ${messageOf(error)}`, { cause: error });
}

/**
 * Connection classes of PostgreSQL (08, 57P), out of connections, memory or disk (53), a time limit (57014, 55P03, 25P03),
 * read-only after a failover (25006), and what the socket says.
 */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(08|57P|53|57014|55P03|25P03|25006)/.test(code)) return true;
  if (
    [
      'ECONNREFUSED',
      'ECONNRESET',
      'EPIPE',
      'ETIMEDOUT',
      'ENOTFOUND',
      'EAI_AGAIN',
      'EHOSTUNREACH',
      'ENETUNREACH',
    ].includes(code)
  )
    return true;
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|connection has been discarded|Query read timeout/.test(
    messageOf(error),
  );
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** An AggregateError of several refused addresses has no message of its own. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || codeOf(error) : String(error);
}
