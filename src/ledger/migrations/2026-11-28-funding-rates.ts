/** What the venues settled: the mean that funding is expected to return to is of these. Frozen. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table funding_rates (
    venue text not null,
    symbol text not null,
    settled_at_market_ms bigint not null,
    rate numeric not null,
    primary key (venue, symbol, settled_at_market_ms)
  )`.execute(db);
}
