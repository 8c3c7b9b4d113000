/** What exchanges charge for liquidations beside their fills, and what their insurance funds give back of it. Frozen. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table liquidation_charges (
    account text not null,
    charge_id text not null,
    symbol text,
    amount numeric not null,
    currency text not null,
    charged_at_ms bigint not null,
    primary key (account, charge_id)
  )`.execute(db);
}
