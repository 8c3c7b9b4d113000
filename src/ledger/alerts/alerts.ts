/** Alerts: one open row a key, which counts how often it was raised. */
import { sql } from 'kysely';
import type { Alert } from '../../ports/alerts.ts';
import type { AlertRow, RaisedAlert } from '../../ports/ledger.ts';
import type { Db } from '../database.ts';
import { alertOf } from '../rows.ts';
import { recordNotice } from './alert-notices.ts';

/** The database's own clock, for what is alerted where no caller states the time. */
const databaseNowMs = sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`;

/**
 * One of another severity than before is planned again, for targets that heard nothing of it as it was.
 * @param nowMs wall time; null takes the database's
 */
export async function raiseAlert(db: Db, alert: Alert, nowMs: number | null): Promise<void> {
  // The one character that PostgreSQL does not keep, wherever an exchange has it from.
  const message = alert.message.replaceAll('\0', '');
  if (alert.isNotice === true) return recordNotice(db, { ...alert, message, atMs: nowMs ?? databaseNowMs });
  await sql`
    insert into alerts (key, severity, message, position_key, raised_at_wall_ms)
    values (${alert.key}, ${alert.severity}, ${message}, ${alert.positionKey}, ${nowMs ?? databaseNowMs})
    on conflict (key) where resolved_at_wall_ms is null
    do update set count = alerts.count + 1, message = excluded.message, severity = excluded.severity,
      raise_planned = alerts.raise_planned and alerts.severity = excluded.severity
  `.execute(db);
}

export async function resolveAlert(db: Db, key: string, nowMs: number): Promise<void> {
  await db
    .updateTable('alerts')
    .set({ resolved_at_wall_ms: nowMs })
    .where('key', '=', key)
    .where('resolved_at_wall_ms', 'is', null)
    .execute();
}

export async function openAlerts(db: Db): Promise<AlertRow[]> {
  const rows = await db
    .selectFrom('alerts')
    .selectAll()
    .where('resolved_at_wall_ms', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map(alertOf);
}

/** Raised since that wall time, and what stands from before; oldest first. */
export async function alertsSince(db: Db, sinceWallMs: number): Promise<RaisedAlert[]> {
  const rows = await db
    .selectFrom('alerts')
    .selectAll()
    .where(sql<boolean>`raised_at_wall_ms >= ${sinceWallMs} or resolved_at_wall_ms is null`)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ ...alertOf(row), id: row.id, isNotice: row.is_notice }));
}
