/**
 * Funding that is booked after its position has ended, as after an interval that has become shorter: it belongs to what
 * the position came to all the same.
 */
import { sql, type Transaction } from 'kysely';
import { decimal, one, sum, toText, type Decimal } from '../../domain/decimal.ts';
import { declaredPerpetual } from '../../domain/reconciliation/declared.ts';
import type { VenueFundingPayment } from '../../domain/fill.ts';
import { paymentShare, type Holding } from '../../domain/funding/funding-share.ts';
import { dollarPar, knownUsdPrice } from '../../domain/money.ts';
import type { PositionPlan } from '../../domain/position.ts';
import { baselines, bookFundingPayments } from './accounts.ts';
import type { Db } from '../database.ts';
import { fundingOf, milliseconds } from '../rows.ts';
import type { Schema } from '../schema.ts';

/** An end is dated by our clock, a settlement by the venue's. */
const clockSkewMs = 60_000;

interface Perpetual {
  readonly account: string;
  readonly symbol: string;
}

interface Ended {
  readonly key: string;
  readonly plan: PositionPlan;
  readonly closed_at_market_ms: string | null;
}

/** Whoever ends a position, or books funding, does it before: who comes second sees what the first has booked. */
export async function lockFunding(db: Transaction<Schema>, account: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`funding/${account}`}, 0))`.execute(db);
}

/** Books what is new of the payments, and puts right what positions came to that have ended since. */
export async function recordFunding(
  db: Transaction<Schema>,
  account: string,
  payments: readonly VenueFundingPayment[],
): Promise<void> {
  const booked = await bookFundingPayments(db, account, payments);
  if (booked.length === 0) return;
  await lockFunding(db, account);
  for (const symbol of new Set(booked.map((payment) => payment.symbol))) {
    const times = booked.filter((payment) => payment.symbol === symbol).map(({ settledAtMs }) => settledAtMs);
    await settleFunding(
      db,
      { account, symbol },
      times.reduce((first, atMs) => Math.min(first, atMs)),
    );
  }
}

async function settleFunding(db: Transaction<Schema>, { account, symbol }: Perpetual, sinceMs: number) {
  const ended = await db
    .selectFrom('positions')
    .select(['key', 'plan', 'closed_at_market_ms'])
    .where('perp_account', '=', account)
    .where('closed_at_market_ms', '>=', String(sinceMs - clockSkewMs))
    .where('realised_usd', 'is not', null)
    .execute();
  for (const one of ended) if (one.plan.perp.instrument.symbol === symbol) await settleFundingOf(db, one);
}

/**
 * Its part of all that was settled between its first fill and its end, in place of what was known when it was worked out. A
 * repetition changes nothing. @see lockFunding
 */
export async function settleFundingOf(db: Transaction<Schema>, { key, plan, closed_at_market_ms }: Ended) {
  const { account, instrument } = plan.perp;
  const perpetual = { account, symbol: instrument.symbol };
  const payments = closed_at_market_ms === null ? [] : await paymentsOf(db, perpetual, key, closed_at_market_ms);
  if (payments.length === 0) return;
  const besideBase = declaredPerpetual(await baselines(db), account, instrument.symbol);
  const shares: Decimal[] = [];
  for (const payment of payments) {
    const holdings = await holdingsAt(db, perpetual, payment.settledAtMs);
    shares.push(paymentShare(key, decimal(payment.amount), holdings, besideBase));
  }
  // As the rest of the P&L values the coin that the perpetual settles in.
  const worth = knownUsdPrice(dollarPar, instrument.settle ?? instrument.quote, 'close') ?? one;
  const fundingUsd = toText(sum(shares).times(worth));
  await sql`
    update positions set funding_usd = ${fundingUsd}::numeric,
      realised_usd = realised_usd + ${fundingUsd}::numeric - coalesce(funding_usd, 0)
    where key = ${key} and realised_usd is not null and coalesce(funding_usd, 0) <> ${fundingUsd}::numeric
  `.execute(db);
}

async function paymentsOf(db: Db, { account, symbol }: Perpetual, key: string, closedAtMs: string) {
  const { first } = await db
    .selectFrom('fills')
    .select(({ fn }) => fn.min('executed_at_ms').as('first'))
    .where('position_key', '=', key)
    .where('account', '=', account)
    .where('symbol', '=', symbol)
    .executeTakeFirstOrThrow();
  if (first === null) return [];
  const rows = await db
    .selectFrom('funding_payments')
    .selectAll()
    .where('account', '=', account)
    .where('symbol', '=', symbol)
    .where('settled_at_ms', '>', first)
    .where('settled_at_ms', '<=', String(milliseconds(closedAtMs) + clockSkewMs))
    .execute();
  return rows.map(fundingOf);
}

/** As the function of this name in the domain, which has all fills before it. */
async function holdingsAt(db: Db, { account, symbol }: Perpetual, settledAtMs: number): Promise<Holding[]> {
  const { rows } = await sql<{ key: string; quantity: string }>`
    select position_key as key, sum(case side when 'buy' then quantity_base else -quantity_base end)::text as quantity
    from fills where account = ${account} and symbol = ${symbol} and executed_at_ms < ${settledAtMs}
    group by position_key
    having sum(case side when 'buy' then quantity_base else -quantity_base end) <> 0
  `.execute(db);
  return rows
    .sort(({ key: left }, { key: right }) => (left < right ? -1 : 1))
    .map(({ key, quantity }) => ({ key, quantityBase: decimal(quantity) }));
}
