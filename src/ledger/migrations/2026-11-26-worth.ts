/** What each book is worth over time, and what that comes to by day. Frozen. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table equity (
    book text not null,
    mark text not null,
    at_wall_ms bigint not null,
    at_market_ms bigint not null,
    equity_usd numeric not null,
    transfers jsonb not null,
    parts jsonb not null,
    unpriced jsonb not null,
    primary key (book, mark)
  )`.execute(db);
  await sql`create index equity_of_book on equity (book, at_market_ms)`.execute(db);

  await sql`create table performance (
    book text not null,
    day_market_ms bigint not null,
    equity_usd numeric not null,
    realised_usd numeric not null,
    figures jsonb not null,
    recorded_at_wall_ms bigint not null,
    primary key (book, day_market_ms)
  )`.execute(db);

  await sql`create index positions_closed on positions (book, closed_at_market_ms)`.execute(db);
}
