/** Watches, and the notifications that tell a watcher that they changed. */
import { sql } from 'kysely';
import { Client } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Mark, Watch } from '../domain/watch.ts';
import type { Db } from './database.ts';
import { markOf, milliseconds } from './rows.ts';

const channel = 'basis_watches';
const reconnectMs = 500;
const longestReconnectMs = 5_000;

/** Only a hedged position is watched: a late repetition must not arm one that is closing. */
export async function armWatch(db: Db, watch: Watch, shard: string): Promise<void> {
  await sql`
    insert into watches (key, shard, watch, armed)
    select key, ${shard}, ${JSON.stringify(watch)}::jsonb, true from positions where key = ${watch.key} and status = 'hedged'
    on conflict (key) do update set shard = excluded.shard, watch = excluded.watch, armed = true, evaluated_at_wall_ms = null
  `.execute(db);
  await notify(db);
}

export async function disarmWatch(db: Db, key: string): Promise<void> {
  const result = await db
    .updateTable('watches')
    .set({ armed: false })
    .where('key', '=', key)
    .where('armed', '=', true)
    .executeTakeFirst();
  if (result.numUpdatedRows > 0n) await notify(db);
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

export async function writeMarks(db: Db, marks: readonly Mark[]): Promise<void> {
  if (marks.length === 0) return;
  await db
    .insertInto('marks')
    .values(
      marks.map((mark) => ({
        key: mark.key,
        at_wall_ms: mark.atWallMs,
        at_market_ms: mark.atMarketMs,
        close_basis_bps: mark.closeBasisBps,
        unrealised_pnl_usd: mark.unrealisedPnlUsd,
        funding_usd: mark.fundingUsd,
        ratio_pct: mark.ratioPct,
      })),
    )
    .onConflict((conflict) => conflict.columns(['key', 'at_wall_ms']).doNothing())
    .execute();
}

export async function latestMarks(db: Db, keys: readonly string[]): Promise<Mark[]> {
  if (keys.length === 0) return [];
  const rows = await db
    .selectFrom('marks')
    .selectAll()
    .distinctOn('key')
    .where('key', 'in', [...keys])
    .orderBy('key')
    .orderBy('at_wall_ms', 'desc')
    .execute();
  return rows.map(markOf);
}

async function notify(db: Db): Promise<void> {
  await sql`select pg_notify(${channel}, '')`.execute(db);
}

/** Its own connection; after a loss it connects again, and calls back because something may have been missed. */
export async function listenForWatches(databaseUrl: string, onChange: () => void, signal: AbortSignal): Promise<void> {
  let pauseMs = reconnectMs;
  while (!signal.aborted) {
    const client = new Client({ connectionString: databaseUrl, keepAlive: true });
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => resolve());
      client.on('end', () => resolve());
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      await client.connect();
      client.on('notification', onChange);
      await client.query(`listen ${channel}`);
      pauseMs = reconnectMs;
      onChange();
      await lost;
    } catch {
      pauseMs = Math.min(longestReconnectMs, pauseMs * 2);
    }
    await client.end().catch(() => undefined);
    if (!signal.aborted) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
