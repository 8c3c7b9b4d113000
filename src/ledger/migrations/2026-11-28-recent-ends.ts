/** An index for the positions that have ended since an account was read: whatever reserves asks for them. Frozen. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index positions_updated on positions (updated_at_wall_ms)`.execute(db);
}
