/** What the venues charge for liquidations: booked once, and in the P&L of the positions that they struck. */
import { sql, type Transaction } from 'kysely';
import { decimal, toText, zero, type Decimal } from '../domain/decimal.ts';
import { chargedWithinMs, chargeShares, type LiquidationCharge } from '../domain/liquidation-charge.ts';
import { dollarPar, knownUsdPrice } from '../domain/money.ts';
import type { LedgerCharge } from '../ports/ledger.ts';
import type { Db } from './database.ts';
import { amount, fillOf, milliseconds } from './rows.ts';
import type { Schema } from './schema.ts';

/**
 * A position that has not ended takes its part when it is settled; of one that has, the fees are put right here, in the
 * same transaction, so that a repetition changes nothing.
 * @throws Error when a charge that is booked comes again with another amount
 */
export async function recordLiquidationCharges(
  db: Transaction<Schema>,
  account: string,
  charges: readonly LiquidationCharge[],
): Promise<void> {
  for (const charge of charges) {
    const { chargeId, symbol, currency, chargedAtMs } = charge;
    const inserted = await db
      .insertInto('liquidation_charges')
      .values({
        account,
        charge_id: chargeId,
        symbol,
        amount: charge.amount,
        currency,
        charged_at_ms: chargedAtMs,
      })
      .onConflict((conflict) => conflict.columns(['account', 'charge_id']).doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows === 1n) await correctEnded(db, account, charge);
    else await assertSame(db, account, charge);
  }
}

export async function liquidationChargesOf(db: Db, account: string): Promise<LedgerCharge[]> {
  const rows = await db
    .selectFrom('liquidation_charges')
    .selectAll()
    .where('account', '=', account)
    .orderBy('charged_at_ms')
    .execute();
  return rows.map((row) => ({
    account: row.account,
    chargeId: row.charge_id,
    symbol: row.symbol,
    amount: amount(row.amount),
    currency: row.currency,
    chargedAtMs: milliseconds(row.charged_at_ms),
  }));
}

async function assertSame(db: Db, account: string, { chargeId, amount: now }: LiquidationCharge): Promise<void> {
  const booked = (await liquidationChargesOf(db, account)).find((one) => one.chargeId === chargeId);
  if (booked?.amount === amount(now)) return;
  throw new Error(`charge ${chargeId} of ${account} is booked as ${booked?.amount}, the venue says ${now}`);
}

async function correctEnded(db: Transaction<Schema>, account: string, charge: LiquidationCharge): Promise<void> {
  const rows = await db
    .selectFrom('fills')
    .innerJoin('orders', 'orders.client_order_id', 'fills.client_order_id')
    .selectAll('fills')
    .where('fills.account', '=', account)
    .where('orders.purpose', '=', 'venue')
    .where('executed_at_ms', '>=', String(charge.chargedAtMs - chargedWithinMs))
    .where('executed_at_ms', '<=', String(charge.chargedAtMs + chargedWithinMs))
    .execute();
  const worth = knownUsdPrice(dollarPar, charge.currency, 'close') ?? zero;
  for (const [key, share] of chargeShares(charge, rows.map(fillOf))) await correct(db, key, share.times(worth));
}

/** @param gainUsd negative: a fee */
async function correct(db: Transaction<Schema>, key: string, gainUsd: Decimal): Promise<void> {
  const by = toText(decimal(toText(gainUsd)));
  await sql`
    update positions set fees_usd = fees_usd + ${by}::numeric, realised_usd = realised_usd + ${by}::numeric
    where key = ${key} and status in ('closed', 'aborted') and realised_usd is not null
  `.execute(db);
}
