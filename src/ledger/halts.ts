/** Halts of books, where the transaction that reserves sees them. */
import { sql, type Transaction } from 'kysely';
import type { Db } from './database.ts';
import type { Schema } from './schema.ts';

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
  await sql`select pg_advisory_xact_lock(hashtextextended(${`book/${book}`}, 0))`.execute(db);
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

/** Why the book is halted; null: it is not. */
export async function haltOf(db: Db, book: string): Promise<string | null> {
  const row = await db.selectFrom('halts').select('reason').where('book', '=', book).executeTakeFirst();
  return row?.reason ?? null;
}
