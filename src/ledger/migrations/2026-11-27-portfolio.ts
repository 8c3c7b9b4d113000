/** What the portfolio's limits are tested against: hourly bases, for correlations, and each book's high-water mark. Frozen. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table basis_history (
    pair_id text not null,
    hour_market_ms bigint not null,
    mid_basis_bps numeric not null,
    primary key (pair_id, hour_market_ms)
  )`.execute(db);

  await sql`create table drawdowns (
    book text primary key,
    peak_equity_usd numeric not null,
    peak_transferred_usd numeric not null,
    drawdown_pct numeric not null,
    observed_at_wall_ms bigint not null
  )`.execute(db);
}
