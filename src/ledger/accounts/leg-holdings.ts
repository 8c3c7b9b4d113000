/** What the fills of each position that has not ended come to, by leg. */
import { sql } from 'kysely';
import type { PositionPlan } from '../../domain/position.ts';
import type { LegHoldings } from '../../ports/alert-outbox.ts';
import type { Db } from '../database.ts';
import { amount } from '../rows.ts';

/**
 * Fees in the coin itself are taken off the spot leg, as `receivedBase` of the domain does, and what was sold from
 * inventory for good. Positions without a fill are left out.
 */
export async function legsOfLive(db: Db): Promise<LegHoldings[]> {
  const { rows } = await sql<{ plan: PositionPlan; spot: string; perp: string }>`
    select plan, (held.spot - coalesce(sold.quantity_base, 0))::text as spot, held.perp::text as perp
    from positions join (
      select orders.position_key,
        coalesce(sum(change) filter (where leg = 'spot'), 0) as spot,
        coalesce(sum(change) filter (where leg = 'perp'), 0) as perp
      from positions join orders on orders.position_key = positions.key
      join fills using (client_order_id)
      cross join lateral (
        select case fills.side when 'buy' then fills.quantity_base else -fills.quantity_base end
          - case when leg = 'spot' and fee_currency = plan ->> 'asset' then fee else 0 end as change
      ) as changes
      where status not in ('closed', 'aborted')
      group by orders.position_key
    ) as held on held.position_key = positions.key
    left join baseline_changes as sold on sold.position_key = positions.key
    order by seq
  `.execute(db);
  return rows.map(({ plan, spot, perp }) => ({ plan, spotBase: amount(spot), perpBase: amount(perp) }));
}
