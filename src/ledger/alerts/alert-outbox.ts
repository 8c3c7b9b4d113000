/** The outbox of alerts behind its port. Who holds it does everything on the connection that has the lock. */
import { sql, type Kysely } from 'kysely';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AlertOutbox, HeldOutbox } from '../../ports/alert-outbox.ts';
import * as deliveries from './alert-deliveries.ts';
import * as notices from './alert-notices.ts';
import { createDatabase, ledgerFailure } from '../database.ts';
import { legsOfLive } from '../accounts/leg-holdings.ts';
import type { Schema } from '../schema.ts';

/** A session's lock, of this database: PostgreSQL gives it back when the connection ends, however that happens. */
const outboxLock = 4_120_268_113;
/** The server's own limit of a statement is 10 s: a connection that says nothing for longer is dead. */
const defaultSilenceMs = 15_000;
const closeMs = 1_000;

export function createAlertOutbox(
  databaseUrl: string,
  warn: (message: string) => void,
  silenceMs = defaultSilenceMs,
): AlertOutbox {
  const open = () => createDatabase(databaseUrl, 1, warn, silenceMs);
  let database = open();
  return {
    async hold(body) {
      // A pool of its own for each time: what a lost connection leaves behind goes with it.
      const own = open();
      try {
        return await own.onOneConnection(async (db) => {
          const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_lock(${outboxLock}) as held`.execute(db);
          return rows[0]?.held === true ? body(heldOutbox(db)) : 'busy';
        });
      } finally {
        await Promise.race([own.close().catch(() => undefined), sleep(closeMs, undefined, { ref: false })]);
      }
    },
    async probe() {
      try {
        await database.run(async (db) => void (await sql`select 1`.execute(db)));
      } catch (error) {
        // A connection that has fallen silent would keep every later question waiting.
        void database.close().catch(() => undefined);
        database = open();
        throw error;
      }
    },
    recordOutage: (outage) => database.transact((db) => notices.recordOutage(db, outage)),
    legsOfLive: () => database.run(legsOfLive),
    states: (targets) => database.run((db) => deliveries.states(db, targets)),
    close: () => database.close(),
  };
}

/**
 * Without the lock the connection is gone, and every write with it: a process that was stopped for a while, and whose
 * place another one has taken, can mark nothing and begin no further send.
 */
function heldOutbox(db: Kysely<Schema>): HeldOutbox {
  const told = async <T>(body: () => Promise<T>): Promise<T> => {
    try {
      return await body();
    } catch (error) {
      throw ledgerFailure(error);
    }
  };
  return {
    untoldPositions: (limit) => told(() => notices.untoldPositions(db, limit)),
    recordNotices: (position, written) =>
      told(() => db.transaction().execute((transaction) => notices.recordNotices(transaction, position, written))),
    plan: (targets, nowMs) =>
      told(() => db.transaction().execute((transaction) => deliveries.plan(transaction, targets, nowMs))),
    pending: (target, limit) => told(() => deliveries.pending(db, target, limit)),
    attempted: (ids) => told(() => deliveries.attempted(db, ids)),
    sent: (target, ids, nowMs) =>
      told(() => db.transaction().execute((transaction) => deliveries.sent(transaction, target, ids, nowMs))),
    failed: (target, failure) => told(() => deliveries.failed(db, target, failure)),
    state: (target) => told(() => deliveries.state(db, target)),
  };
}
