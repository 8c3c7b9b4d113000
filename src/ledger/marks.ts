/** Marks: the curve of a position, written in batches. */
import { sql, type Selectable } from 'kysely';
import type { Mark } from '../domain/watch.ts';
import type { Db } from './database.ts';
import { markOf } from './rows.ts';
import type { Schema } from './schema.ts';

/** One statement and one parameter, however many positions are open. */
export async function writeMarks(db: Db, marks: readonly Mark[]): Promise<void> {
  if (marks.length === 0) return;
  await sql`
    insert into marks
      (key, at_wall_ms, at_market_ms, close_basis_bps, unrealised_pnl_usd, funding_usd, net_usd, ratio_pct)
    select "key", "atWallMs", "atMarketMs", "closeBasisBps", "unrealisedPnlUsd", "fundingUsd", "netUsd", "ratioPct"
    from jsonb_to_recordset(${JSON.stringify(marks)}::jsonb) as mark (
      "key" text, "atWallMs" bigint, "atMarketMs" bigint, "closeBasisBps" numeric, "unrealisedPnlUsd" numeric,
      "fundingUsd" numeric, "netUsd" numeric, "ratioPct" numeric
    )
    on conflict (key, at_wall_ms) do nothing
  `.execute(db);
}

/** One look at the index a key: a week of a position is 20,000 marks. */
export async function latestMarks(db: Db, keys: readonly string[]): Promise<Mark[]> {
  const { rows } = await sql<Selectable<Schema['marks']>>`
    select latest.*
    from unnest(${[...new Set(keys)]}::text[]) as wanted (key)
    cross join lateral (select * from marks where marks.key = wanted.key order by at_wall_ms desc limit 1) as latest
    order by latest.key
  `.execute(db);
  return rows.map(markOf);
}
