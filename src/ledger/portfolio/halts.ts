/** Halts of books, where the transaction that reserves sees them. */
import { sql, type Transaction } from 'kysely';
import type { Ledger } from '../../ports/ledger.ts';
import type { Db } from '../database.ts';
import type { Schema } from '../schema.ts';

/**
 * Waits for reservations of the book that are under way: whoever has been told of a halt sees no later one. A repeated
 * halt keeps its beginning and takes the newer reason. @param reason null: it is over
 */
export async function recordHalt(
  db: Transaction<Schema>,
  book: string,
  reason: string | null,
  nowWallMs: number,
): Promise<void> {
  await lockBook(db, book);
  if (reason === null) {
    await db.deleteFrom('halts').where('book', '=', book).execute();
    return;
  }
  await db
    .insertInto('halts')
    .values({ book, reason, since_wall_ms: nowWallMs })
    .onConflict((conflict) => conflict.column('book').doUpdateSet({ reason }))
    .execute();
}

async function lockBook(db: Transaction<Schema>, book: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`book/${book}`}, 0))`.execute(db);
}

/** PostgreSQL's own mark of the transaction that wrote the row: each word of a person has another one. */
const version = sql<string>`xmin::text`;

export async function standingHalt(db: Db, book: string): ReturnType<Ledger['standingHalt']> {
  const found = await db
    .selectFrom('halts')
    .select(['reason', version.as('version')])
    .where('book', '=', book)
    .executeTakeFirst();
  return found ?? null;
}

export async function endHalt(db: Transaction<Schema>, book: string, seen: string | null): Promise<string | null> {
  await lockBook(db, book);
  if (seen !== null) {
    await db.deleteFrom('halts').where('book', '=', book).where(version, '=', seen).execute();
  }
  return haltOf(db, book);
}

/** Why the book is halted; null: it is not. */
export async function haltOf(db: Db, book: string): Promise<string | null> {
  const row = await db.selectFrom('halts').select('reason').where('book', '=', book).executeTakeFirst();
  return row?.reason ?? null;
}
