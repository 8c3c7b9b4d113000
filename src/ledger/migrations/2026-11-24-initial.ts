/**
 * The first schema. Frozen: a later change is a later migration.
 *
 * Amounts are `numeric` without a scale, so that whatever a venue states is kept digit for digit. Times are epoch
 * milliseconds in `bigint`; the name says which clock: `_wall_ms`, `_market_ms`, or the venue's own in `fills`.
 */
import { sql, type Kysely } from 'kysely';
import { ulid } from 'ulid';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table installation (
    id text primary key,
    created_at timestamptz not null default now()
  )`.execute(db);
  await sql`insert into installation (id) values (${ulid()})`.execute(db);

  await sql`create table positions (
    key text primary key,
    workflow_id text not null unique,
    book text not null,
    pair_id text not null,
    direction text not null,
    perp_account text not null,
    perp_symbol text not null,
    notional_usd numeric not null,
    plan jsonb not null,
    source text not null,
    status text not null,
    exit_reason text,
    abort_reason text,
    opened_at_market_ms bigint,
    closed_at_market_ms bigint,
    created_at_wall_ms bigint not null,
    updated_at_wall_ms bigint not null,
    fenced_at timestamptz,
    basis_usd numeric,
    funding_usd numeric,
    fees_usd numeric,
    slippage_usd numeric,
    borrow_usd numeric,
    quote_currency_usd numeric,
    realised_usd numeric,
    seq bigint generated always as identity,
    check (status in ('reserving','opening','hedged','closing','closed','compensating','aborted','stuck'))
  )`.execute(db);
  await sql`create index positions_status on positions (status)`.execute(db);
  await sql`create index positions_pair on positions (pair_id, direction)`.execute(db);

  await sql`create table reservations (
    key text primary key references positions (key),
    book text not null,
    needs jsonb not null,
    settled_at_wall_ms bigint,
    released boolean not null default false
  )`.execute(db);
  await sql`create index reservations_live on reservations (book) where not released`.execute(db);

  await sql`create table orders (
    client_order_id text primary key,
    position_key text not null references positions (key),
    leg text not null,
    account text not null,
    venue text not null,
    symbol text not null,
    side text not null,
    purpose text not null,
    step integer not null,
    attempt integer not null,
    quantity_base numeric not null check (quantity_base > 0),
    limit_price numeric not null check (limit_price > 0),
    time_in_force text not null,
    reduce_only boolean not null,
    state text not null default 'prepared',
    venue_order_id text,
    claimed_at_wall_ms bigint,
    send_by_wall_ms bigint,
    filled_base numeric not null default 0,
    average_price numeric,
    reason text,
    seq bigint generated always as identity,
    unique (position_key, leg, purpose, step, attempt),
    check (state in ('prepared','sending','open','done','rejected','absent'))
  )`.execute(db);
  await sql`create index orders_position on orders (position_key, seq)`.execute(db);
  await sql`create index orders_unresolved on orders (account) where state in ('prepared','sending','open')`.execute(
    db,
  );

  await sql`create table fills (
    account text not null,
    symbol text not null,
    venue_order_id text not null,
    trade_id text not null,
    client_order_id text not null references orders (client_order_id),
    position_key text not null,
    side text not null,
    price numeric not null,
    quantity_base numeric not null,
    fee numeric not null,
    fee_currency text not null,
    role text not null,
    executed_at_ms bigint not null,
    seq bigint generated always as identity,
    primary key (account, symbol, venue_order_id, trade_id)
  )`.execute(db);
  await sql`create index fills_position on fills (position_key, seq)`.execute(db);

  await sql`create table funding_payments (
    account text not null,
    symbol text not null,
    payment_id text not null,
    amount numeric not null,
    currency text not null,
    settled_at_ms bigint not null,
    primary key (account, symbol, payment_id)
  )`.execute(db);

  await sql`create table watches (
    key text primary key references positions (key),
    shard text not null,
    watch jsonb not null,
    armed boolean not null default true,
    evaluated_at_wall_ms bigint
  )`.execute(db);
  await sql`create index watches_armed on watches (shard) where armed`.execute(db);

  await sql`create table marks (
    key text not null references positions (key),
    at_wall_ms bigint not null,
    at_market_ms bigint not null,
    close_basis_bps numeric not null,
    unrealised_pnl_usd numeric not null,
    funding_usd numeric not null,
    ratio_pct numeric not null,
    primary key (key, at_wall_ms)
  )`.execute(db);

  await sql`create table account_readings (
    account text primary key,
    reading jsonb not null,
    read_at_wall_ms bigint not null
  )`.execute(db);

  await sql`create table baseline (
    account text primary key,
    balances jsonb not null,
    positions jsonb not null,
    declared_at_wall_ms bigint not null,
    declared_at_market_ms bigint not null
  )`.execute(db);

  await sql`create table alerts (
    key text not null,
    severity text not null,
    message text not null,
    position_key text,
    raised_at_wall_ms bigint not null,
    resolved_at_wall_ms bigint,
    count integer not null default 1,
    id bigint generated always as identity primary key
  )`.execute(db);
  await sql`create unique index alerts_open on alerts (key) where resolved_at_wall_ms is null`.execute(db);
}
