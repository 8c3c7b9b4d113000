/** Positions: their status, what they came to, and the totals of a run. */
import { sql, type Transaction } from 'kysely';
import { sum, decimal, toText, type DecimalText } from '../domain/decimal.ts';
import type { PositionStatus } from '../domain/position.ts';
import type { LedgerTotals, PositionRow, PositionUpdate } from '../ports/ledger.ts';
import { baselineChangeOfPosition } from './accounts/baseline-changes.ts';
import type { Db } from './database.ts';
import { settleCharges } from './accounts/liquidation-charges.ts';
import { positionOf } from './rows.ts';
import type { Schema } from './schema.ts';
import { lockFunding, settleFundingOf } from './accounts/settled-funding.ts';
import { disarmWatch } from './watches.ts';

/** From which states a status may be entered; repeating it is always allowed. A position that has ended stays ended. */
const enteredFrom: Readonly<Record<PositionStatus, readonly PositionStatus[]>> = {
  reserving: [],
  opening: ['reserving'],
  hedged: ['reserving', 'opening'],
  closing: ['hedged', 'stuck'],
  compensating: ['opening', 'stuck'],
  stuck: ['closing', 'compensating', 'opening', 'hedged'],
  closed: ['closing', 'stuck', 'hedged'],
  aborted: ['reserving', 'opening', 'compensating', 'stuck'],
};

/**
 * An update that comes late, from a status that the position has left, changes nothing.
 * @throws Error when there is no such position.
 */
export async function updatePosition(db: Db, update: PositionUpdate): Promise<void> {
  const { attribution } = update;
  const result = await db
    .updateTable('positions')
    .set({
      status: update.status,
      updated_at_wall_ms: update.nowWallMs,
      ...(update.exitReason === undefined ? {} : { exit_reason: update.exitReason }),
      ...(update.abortReason === undefined ? {} : { abort_reason: update.abortReason }),
      ...(update.openedAtMarketMs === undefined ? {} : { opened_at_market_ms: update.openedAtMarketMs }),
      ...(update.closedAtMarketMs === undefined ? {} : { closed_at_market_ms: update.closedAtMarketMs }),
      ...(attribution === undefined
        ? {}
        : {
            basis_usd: attribution.basisUsd,
            funding_usd: attribution.fundingUsd,
            fees_usd: attribution.feesUsd,
            slippage_usd: attribution.slippageUsd,
            borrow_usd: attribution.borrowUsd,
            quote_currency_usd: attribution.quoteCurrencyUsd,
            realised_usd: attribution.realisedUsd,
            charged_usd: '0',
          }),
    })
    .where('key', '=', update.key)
    .where('status', 'in', [update.status, ...enteredFrom[update.status]])
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n && (await position(db, update.key)) === null) {
    throw new Error(`no position ${update.key} in the ledger`);
  }
}

/**
 * Its end, its P&L with its funding and what it was charged for liquidations, its watch disarmed and its capital given back:
 * all, or nothing.
 */
export async function endPosition(db: Transaction<Schema>, update: PositionUpdate): Promise<void> {
  const found = db.selectFrom('positions').where('key', '=', update.key);
  const account = (await found.select('perp_account').executeTakeFirst())?.perp_account;
  if (account !== undefined) await lockFunding(db, account);
  await updatePosition(db, update);
  // After the row is ended: a late repetition of the arming came before it, or finds nothing to arm.
  await disarmWatch(db, update.key);
  await db.updateTable('reservations').set({ released: true }).where('key', '=', update.key).execute();
  if (account === undefined) return;
  await settleFundingOf(db, await found.select(['key', 'plan', 'closed_at_market_ms']).executeTakeFirstOrThrow());
  await settleCharges(db, account);
}

/** The first acceptance holds. @throws Error when there is no such position. */
export async function acceptResidual(
  db: Db,
  key: string,
  residual: { readonly spotBase: DecimalText; readonly perpBase: DecimalText },
): Promise<void> {
  const result = await sql`
    update positions set accepted_spot_base = coalesce(accepted_spot_base, ${residual.spotBase}),
      accepted_perp_base = coalesce(accepted_perp_base, ${residual.perpBase})
    where key = ${key}
  `.execute(db);
  if (result.numAffectedRows === 0n) throw new Error(`no position ${key} in the ledger`);
}

export async function position(db: Db, key: string): Promise<PositionRow | null> {
  const row = await db
    .selectFrom('positions')
    .selectAll()
    .select(baselineChangeOfPosition)
    .where('key', '=', key)
    .executeTakeFirst();
  return row === undefined ? null : positionOf(row);
}

export async function positions(
  db: Db,
  filter: { statuses?: readonly PositionStatus[]; limit?: number; keyEnding?: string },
): Promise<PositionRow[]> {
  let query = db.selectFrom('positions').selectAll().select(baselineChangeOfPosition).orderBy('seq', 'desc');
  if (filter.statuses !== undefined) query = query.where(sql<boolean>`status = any(${[...filter.statuses]}::text[])`);
  if (filter.keyEnding !== undefined)
    query = query.where(sql<boolean>`right(key, ${filter.keyEnding.length}) = ${filter.keyEnding}`);
  if (filter.limit !== undefined) query = query.limit(filter.limit);
  return (await query.execute()).map(positionOf);
}

interface TotalsRow {
  readonly opened: string;
  readonly closed: string;
  readonly open: string;
  readonly aborted: string;
  readonly realised: string;
  readonly orders: string;
  readonly fills: string;
}

/** `orders` counts those that reached a venue or may have; `opened` those positions that were hedged. */
export async function totals(db: Db): Promise<LedgerTotals> {
  const { rows } = await sql<TotalsRow>`
    select
      count(*) filter (where opened_at_market_ms is not null)::text as opened,
      count(*) filter (where status = 'closed')::text as closed,
      count(*) filter (where status not in ('closed', 'aborted'))::text as open,
      count(*) filter (where status = 'aborted')::text as aborted,
      coalesce(sum(realised_usd), 0)::text as realised,
      (select count(*) from orders where state in ('sending', 'open', 'done'))::text as orders,
      (select count(*) from fills)::text as fills
    from positions
  `.execute(db);
  const row = rows[0];
  if (row === undefined) throw new Error('the totals have no row');
  return {
    opened: Number(row.opened),
    closed: Number(row.closed),
    open: Number(row.open),
    aborted: Number(row.aborted),
    realisedPnlUsd: toText(sum([decimal(row.realised)])),
    orders: Number(row.orders),
    fills: Number(row.fills),
  };
}
