/** Coins sold on a loan: which orders borrow, and the interest that venues charge for it. Frozen. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table orders add column borrows boolean not null default false`.execute(db);
  await sql`create table interest_charges (
    account text not null,
    charge_id text not null,
    currency text not null,
    amount numeric not null,
    charged_at_ms bigint not null,
    primary key (account, charge_id)
  )`.execute(db);
}
