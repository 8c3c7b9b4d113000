/** What is known of the accounts: the latest reading, the baseline, and funding. */
import { sql } from 'kysely';
import type { VenueFundingPayment } from '../../domain/fill.ts';
import type { Baseline, LedgerFundingPayment, NetFills } from '../../ports/ledger.ts';
import type { AccountReading } from '../../ports/venue.ts';
import { chunksOf } from '../chunks.ts';
import type { Db } from '../database.ts';
import { amount, fundingOf, milliseconds } from '../rows.ts';

/** Only the latest reading is kept: what was free an hour ago decides nothing, and the fills tell how it came about. */
export async function writeReading(db: Db, reading: AccountReading): Promise<void> {
  const text = JSON.stringify(reading);
  await sql`
    insert into account_readings (account, reading, read_at_wall_ms) values (${reading.account}, ${text}::jsonb, ${reading.readAtMs})
    on conflict (account) do update set reading = excluded.reading, read_at_wall_ms = excluded.read_at_wall_ms
    where account_readings.read_at_wall_ms <= excluded.read_at_wall_ms
  `.execute(db);
}

export async function latestReading(db: Db, account: string): Promise<AccountReading | null> {
  const row = await db
    .selectFrom('account_readings')
    .select('reading')
    .where('account', '=', account)
    .executeTakeFirst();
  return row?.reading ?? null;
}

/** The first declaration holds for good. */
export async function declareBaseline(db: Db, baseline: Baseline): Promise<Baseline> {
  await db
    .insertInto('baseline')
    .values({
      account: baseline.account,
      balances: JSON.stringify(baseline.balances),
      positions: JSON.stringify(baseline.positions),
      declared_at_wall_ms: baseline.declaredAtWallMs,
      declared_at_market_ms: baseline.declaredAtMarketMs,
    })
    .onConflict((conflict) => conflict.column('account').doNothing())
    .execute();
  const found = (await baselines(db)).find(({ account }) => account === baseline.account);
  if (found === undefined) throw new Error(`the baseline of ${baseline.account} was written and is not there`);
  return found;
}

export async function baselines(db: Db): Promise<Baseline[]> {
  const rows = await db.selectFrom('baseline').selectAll().orderBy('account').execute();
  return rows.map((row) => ({
    account: row.account,
    balances: row.balances,
    positions: row.positions,
    declaredAtWallMs: milliseconds(row.declared_at_wall_ms),
    declaredAtMarketMs: milliseconds(row.declared_at_market_ms),
  }));
}

/** One statement, so that no order settles between the two sums. */
export async function netFills(db: Db, account: string): Promise<NetFills[]> {
  const { rows } = await sql<{ symbol: string; quantity: string; unresolved: string }>`
    select symbol, sum(quantity)::text as quantity, sum(unresolved)::text as unresolved
    from (
      select symbol, case side when 'buy' then quantity_base else -quantity_base end as quantity, 0 as unresolved
      from fills where account = ${account}
      union all
      select symbol, 0, 1 from orders where account = ${account} and state in ('sending', 'open')
    ) as moved
    group by symbol order by symbol
  `.execute(db);
  return rows.map(({ symbol, quantity, unresolved }) => ({
    symbol,
    quantityBase: amount(quantity),
    unresolvedOrders: Number(unresolved),
  }));
}

/** @returns those that were not booked before */
export async function bookFundingPayments(
  db: Db,
  account: string,
  payments: readonly VenueFundingPayment[],
): Promise<LedgerFundingPayment[]> {
  const booked: LedgerFundingPayment[] = [];
  for (const chunk of chunksOf(payments)) {
    const rows = await db
      .insertInto('funding_payments')
      .values(
        chunk.map((payment) => ({
          account,
          symbol: payment.symbol,
          payment_id: payment.paymentId,
          amount: payment.amount,
          currency: payment.currency,
          settled_at_ms: payment.settledAtMs,
        })),
      )
      .onConflict((conflict) => conflict.columns(['account', 'symbol', 'payment_id']).doNothing())
      .returningAll()
      .execute();
    booked.push(...rows.map(fundingOf));
  }
  return booked;
}

/** @throws Error when one that is booked came with another amount */
export async function checkFundingPayments(
  db: Db,
  account: string,
  payments: readonly VenueFundingPayment[],
): Promise<void> {
  if (payments.length === 0) return;
  // Only these: the account's whole history grows, and this runs every few seconds.
  const rows = await db
    .selectFrom('funding_payments')
    .select(['symbol', 'payment_id', 'amount'])
    .where('account', '=', account)
    .where(sql<boolean>`payment_id = any(${[...new Set(payments.map(({ paymentId }) => paymentId))]}::text[])`)
    .execute();
  const booked = new Map(rows.map((row) => [JSON.stringify([row.symbol, row.payment_id]), amount(row.amount)]));
  for (const payment of payments) {
    const found = booked.get(JSON.stringify([payment.symbol, payment.paymentId]));
    if (found !== amount(payment.amount)) {
      throw new Error(
        `funding payment ${payment.paymentId} of ${account} is booked as ${found}, the venue says ${payment.amount}`,
      );
    }
  }
}

export async function fundingPaymentsOfAccount(db: Db, account: string): Promise<LedgerFundingPayment[]> {
  const rows = await db
    .selectFrom('funding_payments')
    .selectAll()
    .where('account', '=', account)
    .orderBy('settled_at_ms')
    .execute();
  return rows.map(fundingOf);
}
