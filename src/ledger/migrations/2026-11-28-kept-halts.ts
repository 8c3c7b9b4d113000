/** Books that are halted: the transaction that reserves looks here. Frozen. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table halts (
    book text primary key,
    reason text not null,
    since_wall_ms bigint not null
  )`.execute(db);
}
