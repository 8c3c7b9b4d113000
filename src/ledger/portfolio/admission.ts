/** Everything that the limits of a reservation are tested against, in one statement and so of one moment. */
import { sql, type Transaction } from 'kysely';
import type { SpotHolding } from '../../domain/portfolio/bound-coins.ts';
import type { DecimalText } from '../../domain/decimal.ts';
import type { PositionPlan, PositionStatus } from '../../domain/position.ts';
import type { ReservationRequest } from '../../domain/portfolio/reservation.ts';
import type { AccountReading } from '../../ports/venue.ts';
import type { Schema } from '../schema.ts';
import { spotHoldingsAt } from '../accounts/spot-holdings.ts';
import type { Direction } from '../../domain/direction.ts';
import type { CapitalNeed } from '../../domain/portfolio/capital-need.ts';

export interface HeldReservation {
  readonly workflowId: string;
  readonly plan: PositionPlan;
  readonly status: PositionStatus;
  readonly released: boolean;
}

/** A reservation that was not given back, of any book: accounts know no books. */
export interface LiveReservation {
  readonly key: string;
  readonly pairId: string;
  /** Exchange of the spot leg and of the perpetual one. */
  readonly spotVenue: string;
  readonly perpVenue: string;
  readonly direction: Direction;
  readonly spotAccount: string;
  readonly spotCoin: string;
  /** Whether its short spot leg is borrowed. */
  readonly borrows: boolean;
  readonly perpAccount: string;
  readonly perpSymbol: string;
  readonly notionalUsd: DecimalText;
  readonly needs: readonly CapitalNeed[];
  readonly settledAtWallMs: number | null;
}

export interface Admission {
  /** What the key itself holds already. */
  readonly held: HeldReservation | null;
  readonly live: readonly LiveReservation[];
  readonly readings: readonly AccountReading[];
  /** At the accounts of the needs. */
  readonly holdings: readonly SpotHolding[];
  /** Why the book is halted; null: it is not. */
  readonly haltReason: string | null;
  /** What the perpetual's account holds of it that is no position's, declared before any or given up by one: signed base units. */
  readonly unownedPerpBase: DecimalText;
  /** The last end of the same pair and direction that had traded: a close, or an opening that was taken back. */
  readonly lastEnd: {
    readonly key: string;
    readonly status: 'closed' | 'aborted';
    readonly endedAtMarketMs: number;
  } | null;
}

export async function readAdmission(db: Transaction<Schema>, { plan, needs }: ReservationRequest): Promise<Admission> {
  const { key, book, pairId, direction } = plan;
  const accounts = needs.map(({ account }) => account);
  // Amounts go through JSON as text: a JSON number would come back as a float.
  const { rows } = await sql<Admission>`
    select
      (
        select jsonb_build_object('workflowId', workflow_id, 'plan', plan, 'status', status, 'released', released)
        from positions join reservations using (key) where key = ${key}
      ) as "held",
      (
        select coalesce(jsonb_agg(jsonb_build_object(
          'key', key, 'pairId', pair_id, 'direction', direction, 'perpAccount', perp_account,
          'perpSymbol', perp_symbol, 'spotVenue', plan #>> '{spot,instrument,venue}',
          'perpVenue', plan #>> '{perp,instrument,venue}', 'spotAccount', plan #>> '{spot,account}',
          'spotCoin', plan #>> '{spot,instrument,base}', 'borrows', plan -> 'borrow' is not null, 'notionalUsd', notional_usd::text, 'needs', needs,
          'settledAtWallMs', settled_at_wall_ms
        ) order by key), '[]')
        from reservations join positions using (key) where not released and key <> ${key}
      ) as "live",
      (
        select coalesce(jsonb_agg(reading), '[]') from account_readings where account = any(${accounts}::text[])
      ) as "readings",
      ${spotHoldingsAt(accounts)} as "holdings",
      (select reason from halts where book = ${book}) as "haltReason",
      (
        select coalesce(sum(quantity), 0)::text from (
          select (position ->> 'quantityBase')::numeric as quantity
          from baseline, jsonb_array_elements(positions) as position
          where account = ${plan.perp.account} and position ->> 'symbol' = ${plan.perp.instrument.symbol}
          union all
          select accepted_perp_base from positions
          where accepted_perp_base is not null and plan #>> '{perp,account}' = ${plan.perp.account}
            and plan #>> '{perp,instrument,symbol}' = ${plan.perp.instrument.symbol}
        ) as unowned
      ) as "unownedPerpBase",
      (
        select jsonb_build_object('key', key, 'status', status, 'endedAtMarketMs', closed_at_market_ms)
        from positions
        where pair_id = ${pairId} and direction = ${direction} and closed_at_market_ms is not null
          and (status = 'closed' or (
            status = 'aborted' and exists (select 1 from fills where fills.position_key = positions.key)
          ))
        order by closed_at_market_ms desc limit 1
      ) as "lastEnd"
  `.execute(db);
  const [admission] = rows;
  if (admission === undefined) throw new Error('the admission figures have no row');
  return admission;
}
