/** Equity: what an account's records come to, and what a book was worth at each mark. */
import { sql, type Selectable } from 'kysely';
import { closeMark, type EquityMark, type EquityPoint } from '../../domain/equity/mark.ts';
import type { AccountFlows } from '../../domain/equity/holdings.ts';
import type { DailyPerformance, TradedPosition } from '../../ports/ledger.ts';
import type { Watch } from '../../domain/watch.ts';
import { baselineChangeOfPosition } from '../accounts/baseline-changes.ts';
import type { Db } from '../database.ts';
import { amount, equityOf, milliseconds, positionOf } from '../rows.ts';
import type { Schema } from '../schema.ts';

/** Sums in the database: an account's fills only grow, and this is asked every few seconds. */
export async function accountFlows(
  db: Db,
  account: string,
  sinceMarketMs: number,
  toMarketMs: number | null,
): Promise<AccountFlows> {
  const to = toMarketMs ?? Number.MAX_SAFE_INTEGER;
  const { rows } = await sql<AccountFlows>`
    with fill as (
      select *, position(':' in symbol) > 0 as perpetual,
        position(':' in symbol) = 0 and fee_currency = split_part(symbol, '/', 1) as from_base
      from fills where account = ${account} and executed_at_ms <= ${to}
    ), traded as (
      select symbol,
        sum(case side when 'buy' then quantity_base else -quantity_base end
          - case when from_base then fee else 0 end) as quantity_base,
        sum(case side when 'buy' then -quantity_base else quantity_base end * price) as quote_amount
      from fill group by symbol
    ), paid as (
      select currency, sum(amount) as amount from (
        select fee_currency as currency, -fee as amount from fill where not from_base
        union all
        select currency, amount from funding_payments
        where account = ${account} and settled_at_ms > ${sinceMarketMs} and settled_at_ms <= ${to}
        union all
        select currency, amount from liquidation_charges
        where account = ${account} and charged_at_ms > ${sinceMarketMs} and charged_at_ms <= ${to}
        union all
        select currency, -amount from interest_charges
        where account = ${account} and charged_at_ms > ${sinceMarketMs} and charged_at_ms <= ${to}
      ) as one group by currency
    )
    select
      (select coalesce(jsonb_agg(jsonb_build_object(
        'symbol', symbol, 'quantityBase', quantity_base::text, 'quoteAmount', quote_amount::text
      ) order by symbol), '[]') from traded) as "traded",
      (select coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'amount', amount::text)
        order by currency), '[]') from paid) as "paid",
      (select count(*)::int from fill where perpetual) as "perpetualFills"
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error(`the flows of ${account} have no row`);
  return {
    traded: row.traded.map(({ symbol, quantityBase, quoteAmount }) => ({
      symbol,
      quantityBase: amount(quantityBase),
      quoteAmount: amount(quoteAmount),
    })),
    paid: row.paid.map((money) => ({ currency: money.currency, amount: amount(money.amount) })),
    perpetualFills: row.perpetualFills,
  };
}

/** Whether a reading of the account can be told from what happened around it. */
export async function isAccountQuiet(db: Db, account: string, fromMs: number, toMs: number): Promise<boolean> {
  const { rows } = await sql<{ quiet: boolean }>`
    select not exists (select 1 from orders where account = ${account} and state in ('prepared', 'sending', 'open'))
      and not exists (select 1 from fills where account = ${account} and executed_at_ms between ${fromMs} and ${toMs})
      and not exists (select 1 from funding_payments
        where account = ${account} and settled_at_ms between ${fromMs} and ${toMs})
      and not exists (select 1 from liquidation_charges
        where account = ${account} and charged_at_ms between ${fromMs} and ${toMs})
      and not exists (select 1 from interest_charges
        where account = ${account} and charged_at_ms between ${fromMs} and ${toMs}) as quiet
  `.execute(db);
  return rows[0]?.quiet === true;
}

/** The first writing of a mark holds. */
export async function writeEquity(db: Db, mark: EquityMark): Promise<void> {
  await db
    .insertInto('equity')
    .values({
      book: mark.book,
      mark: mark.mark,
      at_wall_ms: mark.atWallMs,
      at_market_ms: mark.atMarketMs,
      equity_usd: mark.equityUsd,
      transfers: JSON.stringify(mark.transfers),
      parts: JSON.stringify(mark.parts),
      unpriced: JSON.stringify(mark.unpriced),
    })
    .onConflict((conflict) => conflict.columns(['book', 'mark']).doNothing())
    .execute();
}

export async function latestEquity(db: Db, book: string): Promise<EquityMark | null> {
  const row = await db
    .selectFrom('equity')
    .selectAll()
    .where('book', '=', book)
    .orderBy('at_market_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : equityOf(row);
}

/** From the last mark at or before `sinceMarketMs`, or from the first there is; oldest first. */
export async function equityPoints(db: Db, book: string, sinceMarketMs: number | null): Promise<EquityPoint[]> {
  const since = sinceMarketMs ?? 0;
  const { rows } = await sql<Pick<Selectable<Schema['equity']>, 'at_market_ms' | 'equity_usd' | 'transfers'>>`
    select at_market_ms, equity_usd, transfers from equity
    where book = ${book} and at_market_ms >= coalesce(
      (select max(at_market_ms) from equity where book = ${book} and at_market_ms <= ${since}), 0)
    order by at_market_ms, at_wall_ms, mark
  `.execute(db);
  return rows.map((row) => ({
    atMarketMs: milliseconds(row.at_market_ms),
    equityUsd: amount(row.equity_usd),
    transfers: row.transfers,
  }));
}

/** Positions of the book that closed since, and have no mark of their close yet. */
export async function unmarkedCloses(db: Db, book: string, sinceMarketMs: number): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    select key from positions
    where book = ${book} and status = 'closed' and closed_at_market_ms >= ${sinceMarketMs}
      and not exists (select 1 from equity where equity.book = ${book} and equity.mark = ${closeMark('')} || key)
    order by key
  `.execute(db);
  return rows.map(({ key }) => key);
}

/** Positions of the book that have not ended, or ended since; oldest first. */
export async function tradedPositions(db: Db, book: string, sinceMarketMs: number | null): Promise<TradedPosition[]> {
  const { rows } = await sql<Selectable<Schema['positions']> & { watch: Watch | null }>`
    select positions.*, watches.watch, ${baselineChangeOfPosition.expression} as baseline_change
    from positions left join watches using (key)
    where book = ${book}
      and (status not in ('closed', 'aborted') or closed_at_market_ms >= ${sinceMarketMs ?? 0})
    order by seq
  `.execute(db);
  return rows.map((row) => ({ position: positionOf(row), watch: row.watch }));
}

/** The last recording of a day holds. */
export async function recordPerformance(db: Db, daily: DailyPerformance): Promise<void> {
  const row = {
    equity_usd: daily.equityUsd,
    realised_usd: daily.realisedUsd,
    figures: JSON.stringify(daily.figures),
    recorded_at_wall_ms: daily.recordedAtWallMs,
  };
  await db
    .insertInto('performance')
    .values({ book: daily.book, day_market_ms: daily.dayMarketMs, ...row })
    .onConflict((conflict) => conflict.columns(['book', 'day_market_ms']).doUpdateSet(row))
    .execute();
}

export async function dailyPerformance(db: Db, book: string): Promise<DailyPerformance[]> {
  const rows = await db
    .selectFrom('performance')
    .selectAll()
    .where('book', '=', book)
    .orderBy('day_market_ms')
    .execute();
  return rows.map((row) => ({
    book: row.book,
    dayMarketMs: milliseconds(row.day_market_ms),
    equityUsd: amount(row.equity_usd),
    realisedUsd: amount(row.realised_usd),
    figures: row.figures,
    recordedAtWallMs: milliseconds(row.recorded_at_wall_ms),
  }));
}
