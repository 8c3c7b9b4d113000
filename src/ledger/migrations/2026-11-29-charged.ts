/**
 * What a position's fees contain of charges for liquidations, so that they can be shared out again. Of those that ended
 * before and were struck close to a charge nobody knows: null, and left as they are. Frozen.
 */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table positions add column charged_usd numeric`.execute(db);
  await sql`update positions set charged_usd = 0
    where status in ('closed', 'aborted') and realised_usd is not null and not exists (
      select 1 from fills join orders using (client_order_id)
        join liquidation_charges charge on charge.account = fills.account
      where fills.position_key = positions.key and orders.purpose = 'venue'
        and abs(charge.charged_at_ms - fills.executed_at_ms) <= 60000
    )`.execute(db);
}
