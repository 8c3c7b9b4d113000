/** Deliveries of alerts: made once for each target and phase, pending until taken. */
import { sql } from 'kysely';
import type { Delivery, DeliveryPhase, TargetFailure, TargetState, TargetTerms } from '../../ports/alert-outbox.ts';
import type { Severity } from '../../ports/alerts.ts';
import type { Db } from '../database.ts';
import { milliseconds } from '../rows.ts';

/** A pass of planning; what is left waits for the next. */
const planLimit = 1_000;
const ranks: readonly Severity[] = ['info', 'warning', 'critical'];

/** In one transaction. The unique key of a delivery makes a repetition nothing. */
export async function plan(db: Db, targets: readonly TargetTerms[], nowMs: number): Promise<void> {
  const told = targets.flatMap(({ name, minSeverity }) =>
    ranks.slice(ranks.indexOf(minSeverity)).map((severity) => ({ name, severity })),
  );
  await sql`
    with fresh as (
      select id, severity from alerts where not raise_planned order by id limit ${planLimit} for update
    ), planned as (
      insert into alert_deliveries (alert_id, target, phase, planned_at_wall_ms)
      select fresh.id, told.name, 'raised', ${nowMs}
      from fresh join jsonb_to_recordset(${JSON.stringify(told)}::jsonb) as told (name text, severity text)
        using (severity)
      order by fresh.id
      on conflict do nothing
    )
    update alerts set raise_planned = true from fresh where alerts.id = fresh.id
  `.execute(db);
  await sql`
    with over as (
      select id from alerts
      where raise_planned and resolved_at_wall_ms is not null and not is_notice and not end_planned
      order by resolved_at_wall_ms, id limit ${planLimit} for update
    ), planned as (
      insert into alert_deliveries (alert_id, target, phase, planned_at_wall_ms)
      select told.alert_id, told.target, 'resolved', ${nowMs}
      from over join alert_deliveries as told on told.alert_id = over.id and told.phase = 'raised'
      order by told.id
      on conflict do nothing
    )
    update alerts set end_planned = true from over where alerts.id = over.id
  `.execute(db);
}

interface PendingRow {
  readonly id: string;
  readonly alert_id: string;
  readonly phase: DeliveryPhase;
  readonly attempts: number;
  readonly key: string;
  readonly severity: Severity;
  readonly message: string;
  readonly position_key: string | null;
  readonly raised_at_wall_ms: string;
  readonly resolved_at_wall_ms: string | null;
  readonly count: number;
}

export async function pending(db: Db, target: string, limit: number): Promise<Delivery[]> {
  const { rows } = await sql<PendingRow>`
    select delivery.id, alert_id, attempts, key, severity, message, position_key, raised_at_wall_ms,
      resolved_at_wall_ms, count, case when is_notice then 'happened' else phase end as phase
    from alert_deliveries as delivery join alerts on alerts.id = delivery.alert_id
    where target = ${target} and sent_at_wall_ms is null
    order by delivery.id limit ${limit}
  `.execute(db);
  return rows.map((row) => ({
    id: row.id,
    alertId: row.alert_id,
    phase: row.phase,
    key: row.key,
    severity: row.severity,
    message: row.message,
    positionKey: row.position_key,
    raisedAtMs: milliseconds(row.raised_at_wall_ms),
    resolvedAtMs: milliseconds(row.resolved_at_wall_ms),
    count: row.count,
    attempts: row.attempts,
  }));
}

export async function attempted(db: Db, ids: readonly string[]): Promise<void> {
  await sql`update alert_deliveries set attempts = attempts + 1 where id = any(${[...ids]}::bigint[])`.execute(db);
}

/** In one transaction. */
export async function sent(db: Db, target: string, ids: readonly string[], nowMs: number): Promise<void> {
  await sql`
    update alert_deliveries set sent_at_wall_ms = ${nowMs} where id = any(${[...ids]}::bigint[])
  `.execute(db);
  await sql`
    insert into alert_targets (name, last_sent_at_wall_ms) values (${target}, ${nowMs})
    on conflict (name) do update set failures = 0, failing_since_wall_ms = null, paused_until_wall_ms = null,
      last_error = null, last_sent_at_wall_ms = excluded.last_sent_at_wall_ms
  `.execute(db);
}

export async function failed(db: Db, target: string, { error, nowMs, pausedUntilMs }: TargetFailure): Promise<void> {
  await sql`
    insert into alert_targets (name, failures, failing_since_wall_ms, paused_until_wall_ms, last_error)
    values (${target}, 1, ${nowMs}, ${pausedUntilMs}, ${error})
    on conflict (name) do update set failures = alert_targets.failures + 1, last_error = excluded.last_error,
      failing_since_wall_ms = coalesce(alert_targets.failing_since_wall_ms, excluded.failing_since_wall_ms),
      paused_until_wall_ms = excluded.paused_until_wall_ms
  `.execute(db);
}

export async function state(db: Db, target: string): Promise<TargetState> {
  const [found] = (await states(db, [target])).filter(({ name }) => name === target);
  if (found === undefined) throw new Error(`no state of the alert target ${target}`);
  return found;
}

interface StateRow {
  readonly name: string;
  readonly failures: number;
  readonly failing_since_wall_ms: string | null;
  readonly paused_until_wall_ms: string | null;
  readonly last_error: string | null;
  readonly last_sent_at_wall_ms: string | null;
  readonly pending: number;
}

/** Of those named, in their order, and then of the others that something is pending for. */
export async function states(db: Db, targets: readonly string[]): Promise<TargetState[]> {
  const { rows } = await sql<StateRow>`
    with waiting as (
      select target, count(*)::integer as pending from alert_deliveries where sent_at_wall_ms is null group by target
    ), named as (
      select name, place from unnest(${[...targets]}::text[]) with ordinality as given (name, place)
      union all
      select target, null from waiting where target <> all(${[...targets]}::text[])
    )
    select named.name, coalesce(failures, 0) as failures, failing_since_wall_ms, paused_until_wall_ms, last_error,
      last_sent_at_wall_ms, coalesce(pending, 0) as pending
    from named left join alert_targets using (name) left join waiting on waiting.target = named.name
    order by place nulls last, named.name
  `.execute(db);
  return rows.map((row) => ({
    name: row.name,
    failures: row.failures,
    failingSinceMs: milliseconds(row.failing_since_wall_ms),
    pausedUntilMs: milliseconds(row.paused_until_wall_ms),
    lastError: row.last_error,
    lastSentAtMs: milliseconds(row.last_sent_at_wall_ms),
    pending: row.pending,
  }));
}
