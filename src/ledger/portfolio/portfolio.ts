/** What the portfolio's limits are tested against, and what is kept for them: hourly bases and high-water marks. */
import { sql, type Transaction } from 'kysely';
import { boundCoins, type SpotHolding } from '../../domain/portfolio/bound-coins.ts';
import { decimal, type Decimal, type DecimalText } from '../../domain/decimal.ts';
import { correlationWindowMs, type BasisPoint } from '../../domain/portfolio/correlation.ts';
import { nextDrawdown, type Drawdown, type EquitySeen } from '../../domain/portfolio/drawdown.ts';
import type { PortfolioLimits, PortfolioState } from '../../domain/portfolio/limits.ts';
import { coinPrices, portfolioValue } from '../../domain/portfolio/value.ts';
import type { PositionPlan } from '../../domain/position.ts';
import type { ReservationRequest } from '../../domain/portfolio/reservation.ts';
import type { ObservedDrawdown } from '../../ports/ledger.ts';
import type { AccountReading } from '../../ports/venue.ts';
import type { Db } from '../database.ts';
import { amount, milliseconds } from '../rows.ts';
import type { Schema } from '../schema.ts';
import { spotHoldingsAt } from '../accounts/spot-holdings.ts';
import type { CapitalNeed } from '../../domain/portfolio/capital-need.ts';

/** Wall time: an account that was not read for longer leaves the equity unknown, and nothing is opened. */
const maxValueAgeMs = 300_000;

interface LiveRow {
  readonly plan: PositionPlan;
  readonly needs: readonly CapitalNeed[];
  readonly settledAtWallMs: number | null;
}

/** Within the transaction that holds the portfolio's lock: no other reservation comes in between. */
export async function readPortfolio(
  db: Transaction<Schema>,
  { plan, nowWallMs, nowMarketMs }: ReservationRequest,
  limits: PortfolioLimits,
): Promise<PortfolioState> {
  const accounts = limits.accounts.map(({ account }) => account);
  const { rows } = await sql<{
    live: readonly LiveRow[];
    readings: readonly AccountReading[];
    holdings: readonly SpotHolding[];
    drawdown: string | null;
  }>`
    select
      (
        select coalesce(jsonb_agg(jsonb_build_object(
          'plan', plan, 'needs', needs, 'settledAtWallMs', settled_at_wall_ms
        ) order by key), '[]')
        from reservations join positions using (key) where not released and key <> ${plan.key}
      ) as "live",
      (
        select coalesce(jsonb_agg(reading), '[]') from account_readings where account = any(${accounts}::text[])
      ) as "readings",
      ${spotHoldingsAt(accounts)} as "holdings",
      (select drawdown_pct from drawdowns where book = ${plan.book}) as "drawdown"
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the portfolio has no row');
  const { live, readings, holdings, drawdown } = row;
  const plans = [plan, ...live.map((reserved) => reserved.plan)];
  const readAtMs = new Map(readings.map((reading) => [reading.account, reading.readAtMs]));
  return {
    value: portfolioValue(
      limits.accounts,
      readings,
      coinPrices(readings, (coin) => priceOf(coin, plans)),
      nowWallMs,
      maxValueAgeMs,
      boundCoins(holdings),
    ),
    live: live.map((reserved) => ({ plan: reserved.plan, pendingNeeds: pendingNeeds(reserved, readAtMs) })),
    history: await basisHistory(db, [...new Set(plans.map(({ pairId }) => pairId))], nowMarketMs - correlationWindowMs),
    drawdownPct: amount(drawdown),
  };
}

/** Those that the account's reading does not show yet. */
function pendingNeeds({ needs, settledAtWallMs }: LiveRow, readAtMs: ReadonlyMap<string, number>): CapitalNeed[] {
  return needs.filter(({ account }) => {
    const read = readAtMs.get(account);
    return settledAtWallMs === null || read === undefined || settledAtWallMs >= read;
  });
}

/** An asset at the price that a plan was made on. */
function priceOf(coin: string, plans: readonly PositionPlan[]): Decimal | null {
  const plan = plans.find(({ asset }) => asset === coin);
  return plan === undefined ? null : decimal(plan.spotReferencePrice);
}

/** The first value of an hour holds. */
export async function recordBases(db: Db, points: readonly BasisPoint[]): Promise<void> {
  if (points.length === 0) return;
  await db
    .insertInto('basis_history')
    .values(
      points.map(({ pairId, hourMs, midBasisBps }) => ({
        pair_id: pairId,
        hour_market_ms: hourMs,
        mid_basis_bps: midBasisBps,
      })),
    )
    .onConflict((conflict) => conflict.columns(['pair_id', 'hour_market_ms']).doNothing())
    .execute();
}

/** Since a market time, by pair and hour. */
export async function basisHistory(db: Db, pairIds: readonly string[], sinceMarketMs: number): Promise<BasisPoint[]> {
  if (pairIds.length === 0) return [];
  const rows = await db
    .selectFrom('basis_history')
    .selectAll()
    .where('pair_id', 'in', [...pairIds])
    .where('hour_market_ms', '>=', String(sinceMarketMs))
    .orderBy('pair_id')
    .orderBy('hour_market_ms')
    .execute();
  return rows.map((row) => ({
    pairId: row.pair_id,
    hourMs: milliseconds(row.hour_market_ms),
    midBasisBps: amount(row.mid_basis_bps),
  }));
}

/** Takes the equity into account; the row is locked, so that two watchers do not lose a peak, the first one neither. */
export async function observeEquity(
  db: Transaction<Schema>,
  book: string,
  seen: EquitySeen,
  nowWallMs: number,
): Promise<DecimalText> {
  const lockRow = () => db.selectFrom('drawdowns').selectAll().where('book', '=', book).forUpdate().executeTakeFirst();
  let row = await lockRow();
  if (row === undefined) {
    const first = nextDrawdown(null, seen);
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('drawdowns')
      .values({ book, ...valuesOf(first, nowWallMs) })
      .onConflict((conflict) => conflict.column('book').doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows === 1n) return first.drawdownPct;
    // Another watcher's was first.
    row = await lockRow();
  }
  const peak =
    row === undefined
      ? null
      : { equityUsd: amount(row.peak_equity_usd), transferredUsd: amount(row.peak_transferred_usd) };
  const next = nextDrawdown(peak, seen);
  await db.updateTable('drawdowns').set(valuesOf(next, nowWallMs)).where('book', '=', book).execute();
  return next.drawdownPct;
}

function valuesOf({ peak, drawdownPct }: Drawdown, nowWallMs: number) {
  return {
    peak_equity_usd: peak.equityUsd,
    peak_transferred_usd: peak.transferredUsd,
    drawdown_pct: drawdownPct,
    observed_at_wall_ms: nowWallMs,
  };
}

export async function drawdownOf(db: Db, book: string): Promise<ObservedDrawdown | null> {
  const row = await db.selectFrom('drawdowns').selectAll().where('book', '=', book).executeTakeFirst();
  if (row === undefined) return null;
  return { drawdownPct: amount(row.drawdown_pct), observedAtWallMs: milliseconds(row.observed_at_wall_ms) };
}

/** A person's word: what is there now is the new high-water mark. */
export async function resetDrawdown(db: Db, book: string): Promise<void> {
  await db.deleteFrom('drawdowns').where('book', '=', book).execute();
}
