/**
 * The outbox of alerts: what each target is still to be told, and how each target fares. Notices (a position opened,
 * closed) are alerts that do not stand: one row, over as it is written. Frozen.
 */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table alerts
    add column is_notice boolean not null default false,
    add column raise_planned boolean not null default false,
    add column end_planned boolean not null default false`.execute(db);
  // What is over by now is history; what stands will be told.
  await sql`update alerts set raise_planned = true, end_planned = true where resolved_at_wall_ms is not null`.execute(
    db,
  );
  await sql`create unique index alerts_notice on alerts (key) where is_notice`.execute(db);
  await sql`create index alerts_unplanned on alerts (id)
    where not raise_planned or (resolved_at_wall_ms is not null and not is_notice and not end_planned)`.execute(db);

  await sql`alter table positions
    add column opening_told boolean not null default false,
    add column end_told boolean not null default false`.execute(db);
  await sql`update positions set opening_told = opened_at_market_ms is not null,
    end_told = status in ('closed', 'aborted')`.execute(db);
  await sql`create index positions_untold on positions (seq) where not end_told`.execute(db);

  await sql`create table alert_targets (
    name text primary key,
    failures integer not null default 0,
    failing_since_wall_ms bigint,
    paused_until_wall_ms bigint,
    last_error text,
    last_sent_at_wall_ms bigint
  )`.execute(db);

  await sql`create table alert_deliveries (
    alert_id bigint not null references alerts (id),
    target text not null,
    phase text not null,
    planned_at_wall_ms bigint not null,
    attempts integer not null default 0,
    sent_at_wall_ms bigint,
    id bigint generated always as identity primary key,
    unique (alert_id, target, phase),
    check (phase in ('raised', 'resolved'))
  )`.execute(db);
  await sql`create index alert_deliveries_pending on alert_deliveries (target, id)
    where sent_at_wall_ms is null`.execute(db);
}
