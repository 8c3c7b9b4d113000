/** Watches, and the notifications that tell their watcher that they changed. */
import { sql } from 'kysely';
import type { Watch } from '../domain/watch.ts';
import type { Db } from './database.ts';
import { milliseconds } from './rows.ts';

/** Notified when a watch is armed or disarmed, with its shard. */
export const watchChannel = 'basis_watches';

/**
 * Only a hedged position is watched: a late repetition must not arm one that is closing. Its row is locked, so that
 * one that begins to close at this moment is disarmed after it was armed, not before.
 */
export async function armWatch(db: Db, watch: Watch, shard: string): Promise<void> {
  await sql`
    with armed as (
      insert into watches (key, shard, watch, armed)
      select key, ${shard}, ${JSON.stringify(watch)}::jsonb, true
      from positions where key = ${watch.key} and status = 'hedged' for share
      on conflict (key) do update
      set shard = excluded.shard, watch = excluded.watch, armed = true, evaluated_at_wall_ms = null
      returning shard
    )
    select pg_notify(${watchChannel}, shard) from armed
  `.execute(db);
}

export async function disarmWatch(db: Db, key: string): Promise<void> {
  await sql`
    with disarmed as (update watches set armed = false where key = ${key} and armed returning shard)
    select pg_notify(${watchChannel}, shard) from disarmed
  `.execute(db);
}

export async function armedWatches(db: Db, shard: string): Promise<Watch[]> {
  const rows = await db
    .selectFrom('watches')
    .select('watch')
    .where('shard', '=', shard)
    .where('armed', '=', true)
    .orderBy('key')
    .execute();
  return rows.map(({ watch }) => watch);
}

/** A watch counts from its arming, which is when its position was last written as hedged. */
export async function unevaluatedWatches(db: Db, sinceMs: number): Promise<Watch[]> {
  const rows = await db
    .selectFrom('watches')
    .innerJoin('positions', 'positions.key', 'watches.key')
    .select('watches.watch')
    .where('watches.armed', '=', true)
    .where(sql<boolean>`coalesce(watches.evaluated_at_wall_ms, positions.updated_at_wall_ms) < ${sinceMs}`)
    .orderBy('watches.key')
    .execute();
  return rows.map(({ watch }) => watch);
}

export async function stampEvaluated(db: Db, keys: readonly string[], evaluatedAtMs: number): Promise<void> {
  if (keys.length === 0) return;
  await db
    .updateTable('watches')
    .set({ evaluated_at_wall_ms: evaluatedAtMs })
    .where('key', 'in', [...keys])
    .where('armed', '=', true)
    .execute();
}

export async function evaluatedAtMs(db: Db, key: string): Promise<number | null> {
  const row = await db
    .selectFrom('watches')
    .select('evaluated_at_wall_ms')
    .where('key', '=', key)
    .where('armed', '=', true)
    .executeTakeFirst();
  return row === undefined ? null : milliseconds(row.evaluated_at_wall_ms);
}
