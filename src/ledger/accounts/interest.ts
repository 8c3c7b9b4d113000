/** Interest that venues have charged for what accounts owe. */
import { sql } from 'kysely';
import type { InterestCharge } from '../../domain/margin/borrow.ts';
import { chunksOf } from '../chunks.ts';
import type { Db } from '../database.ts';
import { amount, milliseconds } from '../rows.ts';

/** New charges are booked even then. @throws Error when a charge that is booked comes again with another amount. */
export async function recordInterest(db: Db, account: string, charges: readonly InterestCharge[]): Promise<void> {
  for (const chunk of chunksOf(charges)) {
    await db
      .insertInto('interest_charges')
      .values(
        chunk.map(({ chargeId, currency, amount: charged, chargedAtMs }) => ({
          account,
          charge_id: chargeId,
          currency,
          amount: charged,
          charged_at_ms: chargedAtMs,
        })),
      )
      .onConflict((conflict) => conflict.columns(['account', 'charge_id']).doNothing())
      .execute();
  }
  if (charges.length === 0) return;
  const rows = await db
    .selectFrom('interest_charges')
    .select(['charge_id', 'amount', 'currency'])
    .where('account', '=', account)
    .where(sql<boolean>`charge_id = any(${[...new Set(charges.map(({ chargeId }) => chargeId))]}::text[])`)
    .execute();
  const found = new Map(rows.map((row) => [row.charge_id, `${amount(row.amount)} ${row.currency}`]));
  for (const { chargeId, currency, amount: charged } of charges) {
    const booked = found.get(chargeId) ?? 'nothing';
    if (booked === `${amount(charged)} ${currency}`) continue;
    throw new Error(
      `interest ${chargeId} of ${account} is booked as ${booked}, the venue says ${amount(charged)} ${currency}`,
    );
  }
}

/** Oldest first. */
export async function interestOfAccount(db: Db, account: string): Promise<InterestCharge[]> {
  const rows = await db
    .selectFrom('interest_charges')
    .selectAll()
    .where('account', '=', account)
    .orderBy('charged_at_ms')
    .orderBy('charge_id')
    .execute();
  return rows.map((row) => ({
    chargeId: row.charge_id,
    currency: row.currency,
    amount: amount(row.amount),
    chargedAtMs: milliseconds(row.charged_at_ms),
  }));
}
