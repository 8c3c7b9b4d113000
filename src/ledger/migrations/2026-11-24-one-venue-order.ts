/**
 * One order of ours for each order of the venue, enforced; and indexes for the fills of an account and of an order.
 * Venue order ids repeat across symbols. Frozen.
 */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create unique index orders_of_venue on orders (account, symbol, venue_order_id)
    where venue_order_id is not null`.execute(db);
  await sql`create index fills_of_order on fills (client_order_id)`.execute(db);
  await sql`create index fills_of_account on fills (account, executed_at_ms, seq)`.execute(db);
}
