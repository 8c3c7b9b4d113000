/** What the venues charge for liquidations: booked once, and in the P&L of the positions that they struck. */
import { sql, type Transaction } from 'kysely';
import { decimal, one, toText, zero, type Decimal } from '../../domain/decimal.ts';
import { chargeShares, type LiquidationCharge, type VenueMadeFill } from '../../domain/margin/liquidation-charge.ts';
import { dollarPar, knownUsdPrice } from '../../domain/money.ts';
import type { LedgerCharge } from '../../ports/ledger.ts';
import type { Db } from '../database.ts';
import { amount, fillOf, milliseconds } from '../rows.ts';
import type { Schema } from '../schema.ts';

/** @throws Error when a charge that is booked, and not as nothing, comes again with another amount */
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
    if (inserted.numInsertedOrUpdatedRows === 0n) await bookAgain(db, account, charge);
  }
  await settleCharges(db, account);
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

/** What was booked as nothing, when less of the venue's rows was understood, is put right. */
async function bookAgain(
  db: Transaction<Schema>,
  account: string,
  { chargeId, amount: now }: LiquidationCharge,
): Promise<void> {
  const booked = (await liquidationChargesOf(db, account)).find((one) => one.chargeId === chargeId);
  if (booked?.amount === amount(now)) return;
  if (booked === undefined || !decimal(booked.amount).eq(zero)) {
    throw new Error(`charge ${chargeId} of ${account} is booked as ${booked?.amount}, the venue says ${now}`);
  }
  await db
    .updateTable('liquidation_charges')
    .set({ amount: now })
    .where('account', '=', account)
    .where('charge_id', '=', chargeId)
    .execute();
}

/**
 * Puts into the P&L of the account's ended positions what is theirs of its charges: whenever a charge, a fill of the
 * venue's or an end is booked, in the same transaction. The shares add up to the charges whatever comes first, and a
 * repetition changes nothing.
 */
export async function settleCharges(db: Transaction<Schema>, account: string): Promise<void> {
  // Who comes second sees what the first has booked.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`charges/${account}`}, 0))`.execute(db);
  const charges = await liquidationChargesOf(db, account);
  if (charges.length === 0) return;
  const fills = await db
    .selectFrom('fills')
    .innerJoin('orders', 'orders.client_order_id', 'fills.client_order_id')
    .selectAll('fills')
    .where('fills.account', '=', account)
    .where('orders.purpose', '=', 'venue')
    .execute();
  for (const [key, gainUsd] of gains(charges, fills.map(fillOf))) await setCharged(db, key, gainUsd);
}

/** In USD by position key; negative: paid. */
function gains(charges: readonly LiquidationCharge[], fills: readonly VenueMadeFill[]): ReadonlyMap<string, Decimal> {
  const total = new Map<string, Decimal>();
  for (const charge of charges) {
    // In the coin that the perpetual settles in; one without a price counts as a dollar, as in the rest of the P&L.
    const worth = knownUsdPrice(dollarPar, charge.currency, 'close') ?? one;
    for (const [key, share] of chargeShares(charge, fills)) {
      total.set(key, (total.get(key) ?? zero).plus(share.times(worth)));
    }
  }
  return total;
}

async function setCharged(db: Transaction<Schema>, key: string, gainUsd: Decimal): Promise<void> {
  const charged = toText(gainUsd);
  await sql`
    update positions set fees_usd = fees_usd + ${charged}::numeric - charged_usd,
      realised_usd = realised_usd + ${charged}::numeric - charged_usd, charged_usd = ${charged}::numeric
    where key = ${key} and status in ('closed', 'aborted') and charged_usd <> ${charged}::numeric
  `.execute(db);
}
