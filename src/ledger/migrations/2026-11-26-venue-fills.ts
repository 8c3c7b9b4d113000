/**
 * Fills that the venue made by itself: one may shrink several positions, so a fill may be booked in pieces, and the
 * order that made it stands once for each position. What a person accepted as no position's any more. Frozen.
 */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table fills add column piece integer not null default 0`.execute(db);
  await sql`alter table fills drop constraint fills_pkey`.execute(db);
  await sql`alter table fills add primary key (account, symbol, venue_order_id, trade_id, piece)`.execute(db);
  await sql`drop index orders_of_venue`.execute(db);
  await sql`create unique index orders_of_venue on orders (account, symbol, venue_order_id)
    where venue_order_id is not null and purpose <> 'venue'`.execute(db);
  await sql`alter table positions add column accepted_spot_base numeric, add column accepted_perp_base numeric`.execute(
    db,
  );
  await sql`create table reconciliations (
    id bigint generated always as identity primary key,
    at_wall_ms bigint not null,
    report jsonb not null
  )`.execute(db);
}
