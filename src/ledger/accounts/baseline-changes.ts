/** What has changed an account's inventory for good: declared once a position, and read with the position's row. */
import { sql } from 'kysely';
import type { BaselineChange } from '../../ports/ledger.ts';
import type { Db } from '../database.ts';

/**
 * The first declaration of a position holds. Of one that has ended, or on which a person works without Temporal, nothing
 * is declared: the row is locked against a fence that is being set.
 */
export async function declareBaselineChange(db: Db, change: BaselineChange & { positionKey: string }): Promise<void> {
  const { positionKey, account, currency, quantityBase, price, reason } = change;
  await sql`
    insert into baseline_changes
      (position_key, account, currency, quantity_base, price, reason, declared_at_wall_ms, declared_at_market_ms)
    select key, ${account}, ${currency}, ${quantityBase}::numeric, ${price}::numeric, ${reason},
      ${change.declaredAtWallMs}::bigint, ${change.declaredAtMarketMs}::bigint
    from positions where key = ${positionKey} and fenced_at is null and status not in ('closed', 'aborted')
    for share
    on conflict (position_key) do nothing
  `.execute(db);
}

/** A column of a query on `positions`. Amounts go through JSON as text: a JSON number would come back as a float. */
export const baselineChangeOfPosition = sql<BaselineChange | null>`(
  select jsonb_build_object(
    'account', account, 'currency', currency, 'quantityBase', quantity_base::text, 'price', price::text,
    'reason', reason, 'declaredAtWallMs', declared_at_wall_ms, 'declaredAtMarketMs', declared_at_market_ms
  ) from baseline_changes where position_key = positions.key
)`.as('baseline_change');
