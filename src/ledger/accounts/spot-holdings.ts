/** What the spot legs of positions hold, as far as the latest reading of their account can show it. */
import { sql, type RawBuilder } from 'kysely';
import type { SpotHolding } from '../../domain/portfolio/bound-coins.ts';
import { liveStatuses } from '../../domain/position.ts';
import type { Db } from '../database.ts';

/** Wall time after an order may be sent the last: by then the venue has filled it or let it expire. */
const overAfterMs = 10_000;

/** A range, open at one end: the planner takes it to be narrow, and so the index instead of every position ever made. */
const endOfTimeMs = Number.MAX_SAFE_INTEGER;

/**
 * A JSON column of `SpotHolding`s at some accounts. Nobody knows when a fill came between the claim of its order and its
 * booking, and of what is in doubt more is taken to be held, never less: an opening order counts as soon as it was claimed
 * before the reading, with all of it while it is unresolved; one that takes back, once it was over before the reading. A
 * position that has ended since the reading counts too: the reading shows its coins.
 */
export function spotHoldingsAt(accounts: readonly string[]): RawBuilder<readonly SpotHolding[]> {
  // Amounts go through JSON as text: a JSON number would come back as a float.
  return sql<readonly SpotHolding[]>`(
    select coalesce(jsonb_agg(jsonb_build_object(
      'direction', direction, 'spot', plan -> 'spot', 'spotReferencePrice', plan -> 'spotReferencePrice',
      'maxCloseSlippageBps', plan -> 'maxCloseSlippageBps', 'borrows', plan -> 'borrow' is not null,
      'spotBase', (held.base - coalesce(sold.quantity_base, 0))::text
    ) order by key), '[]')
    from positions
    join account_readings as seen on seen.account = plan #>> '{spot,account}'
    cross join lateral (
      select sum(case
        when state in ('sending', 'open') and side = opens then case side when 'buy' then quantity_base else -quantity_base end
        else (
          select coalesce(sum(
            case fills.side when 'buy' then fills.quantity_base else -fills.quantity_base end
              - case when fee_currency = plan #>> '{spot,instrument,base}' then fee else 0 end
          ), 0) from fills where fills.client_order_id = orders.client_order_id
        ) end) as base
      from orders, (select case direction when 'long_spot_short_perp' then 'buy' else 'sell' end as opens) as opening
      where position_key = positions.key and leg = 'spot' and (
        claimed_at_wall_ms is null
          or case when side = opens then claimed_at_wall_ms <= seen.read_at_wall_ms
            else send_by_wall_ms + ${overAfterMs} <= seen.read_at_wall_ms end
      )
    ) as held
    left join baseline_changes as sold on sold.position_key = positions.key
    where seen.account = any(${[...accounts]}::text[]) and held.base is not null and (
      status = any(${[...liveStatuses]}::text[])
        or updated_at_wall_ms between (
          select min(read_at_wall_ms) from account_readings where account = any(${[...accounts]}::text[])
        ) and ${endOfTimeMs}::bigint
    ) and (status not in ('closed', 'aborted') or updated_at_wall_ms >= seen.read_at_wall_ms)
  )`;
}

export async function spotHoldings(db: Db, accounts: readonly string[]): Promise<readonly SpotHolding[]> {
  const { rows } = await sql<{
    holdings: readonly SpotHolding[];
  }>`select ${spotHoldingsAt(accounts)} as holdings`.execute(db);
  return rows[0]?.holdings ?? [];
}
