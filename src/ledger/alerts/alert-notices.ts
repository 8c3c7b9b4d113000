/**
 * Notices: what happened and does not stand. Those of positions are made from the positions' own rows, so that no write
 * of a trade waits for one, and none is forgotten whatever ended the position.
 */
import { sql, type RawBuilder } from 'kysely';
import type { Notice, Outage } from '../../ports/alert-outbox.ts';
import type { PositionRow } from '../../ports/ledger.ts';
import { baselineChangeOfPosition } from '../accounts/baseline-changes.ts';
import type { Db } from '../database.ts';
import { positionOf } from '../rows.ts';

export async function untoldPositions(db: Db, limit: number): Promise<PositionRow[]> {
  const rows = await db
    .selectFrom('positions')
    .selectAll()
    .select(baselineChangeOfPosition)
    .where('end_told', '=', false)
    .where(sql<boolean>`((opened_at_market_ms is not null and not opening_told) or status in ('closed', 'aborted'))`)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(positionOf);
}

/** Once a key. */
export async function recordNotice(
  db: Db,
  {
    key,
    severity,
    message,
    positionKey,
    atMs,
  }: Omit<Notice, 'atMs'> & { readonly atMs: Notice['atMs'] | RawBuilder<number> },
): Promise<void> {
  await sql`
    insert into alerts (key, severity, message, position_key, raised_at_wall_ms, resolved_at_wall_ms, is_notice)
    values (${key}, ${severity}, ${message}, ${positionKey}, ${atMs}, ${atMs}, true)
    on conflict (key) where is_notice do nothing
  `.execute(db);
}

/** In one transaction. Only what was read counts as told: the position may have gone on since. */
export async function recordNotices(db: Db, position: PositionRow, notices: readonly Notice[]): Promise<void> {
  for (const notice of notices) await recordNotice(db, notice);
  const hasOpened = position.openedAtMarketMs !== null;
  const hasEnded = position.status === 'closed' || position.status === 'aborted';
  await sql`
    update positions set opening_told = opening_told or ${hasOpened}, end_told = end_told or ${hasEnded}
    where key = ${position.key}
  `.execute(db);
}

/** In one transaction. Who knows of its beginning is told of its end alone; the others of both. */
export async function recordOutage(db: Db, outage: Outage): Promise<void> {
  const { key, severity, message, positionKey, sinceMs, untilMs, told } = outage;
  await sql`
    with outage as (
      insert into alerts (key, severity, message, position_key, raised_at_wall_ms, resolved_at_wall_ms)
      values (${key}, ${severity}, ${message}, ${positionKey}, ${sinceMs}, ${untilMs})
      returning id
    )
    insert into alert_deliveries (alert_id, target, phase, planned_at_wall_ms, attempts, sent_at_wall_ms)
    select id, target, 'raised', ${sinceMs}, 1, ${untilMs} from outage, unnest(${[...told]}::text[]) as target
  `.execute(db);
}
