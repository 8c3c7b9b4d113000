/** What a marked position would come to after everything; the marks from before have none. Frozen. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table marks add column net_usd numeric`.execute(db);
}
