/** What has changed an account's inventory for good since its baseline was declared, a row a position. Frozen. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table baseline_changes (
    position_key text primary key references positions (key),
    account text not null,
    currency text not null,
    quantity_base numeric not null,
    price numeric not null,
    reason text not null,
    declared_at_wall_ms bigint not null,
    declared_at_market_ms bigint not null
  )`.execute(db);
}
