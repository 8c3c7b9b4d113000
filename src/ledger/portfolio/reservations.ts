/**
 * Reserving capital: every limit is tested, and the reservation written, in one transaction. It holds a lock on its
 * book, its pair and both accounts, so that two engines, or an engine and a person, can never spend the same dollar.
 */
import { isDeepStrictEqual } from 'node:util';
import { sql, type Transaction } from 'kysely';
import { portfolioRefusals } from '../../domain/portfolio/limits.ts';
import type { ReservationRequest, ReservationResult } from '../../domain/portfolio/reservation.ts';
import { readAdmission, type HeldReservation } from './admission.ts';
import { readPortfolio } from './portfolio.ts';
import { haltRefusals, refusals } from './refusals.ts';
import type { Schema } from '../schema.ts';

/** `isNew` is false when the key held its reservation already. */
export type Reserved = { readonly kind: 'reserved'; readonly isNew: boolean };

/** @throws Error when the key is held by another plan or another workflow. */
export async function reserve(
  db: Transaction<Schema>,
  request: ReservationRequest,
  status: 'reserving' | 'opening',
): Promise<Reserved | Extract<ReservationResult, { kind: 'refused' }>> {
  await lock(db, request);
  const admission = await readAdmission(db, request);
  if (admission.held !== null) {
    // A halt that came after the engine's admission: nothing of it was sent yet.
    const isFirstOpening = status === 'opening' && admission.held.status === 'reserving';
    const halted = isFirstOpening ? haltRefusals(request, admission) : [];
    return halted.length > 0 ? { kind: 'refused', reasons: halted } : repeated(request, admission.held);
  }
  const { portfolio } = request.limits;
  const reasons = [
    ...refusals(request, admission),
    ...(portfolio === undefined
      ? []
      : portfolioRefusals(portfolio, request.plan, request.needs, await readPortfolio(db, request, portfolio))),
  ];
  const { haltReason } = admission;
  if (reasons.length > 0) return { kind: 'refused', reasons, ...(haltReason === null ? {} : { haltReason }) };
  await write(db, request, status);
  return { kind: 'reserved', isNew: true };
}

/** Until the transaction ends. Sorted, so that no two wait for each other. */
async function lock(db: Transaction<Schema>, { plan, needs }: ReservationRequest): Promise<void> {
  const accounts = [plan.spot.account, plan.perp.account, ...needs.map(({ account }) => account)];
  // The portfolio's limits are over all books: accounts know none.
  const names = [
    'portfolio',
    `book/${plan.book}`,
    `pair/${plan.pairId}`,
    ...accounts.map((account) => `account/${account}`),
  ];
  const sorted = [...new Set(names)].sort();
  await sql`select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${sorted}::text[]) as name`.execute(db);
}

function repeated(request: ReservationRequest, held: HeldReservation): Awaited<ReturnType<typeof reserve>> {
  const { plan, workflowId } = request;
  if (held.workflowId !== workflowId) throw new Error(`position ${plan.key} is held by workflow ${held.workflowId}`);
  if (!isDeepStrictEqual(held.plan, JSON.parse(JSON.stringify(plan)))) {
    throw new Error(`position ${plan.key} was reserved with another plan`);
  }
  if (held.released) return { kind: 'refused', reasons: [`${plan.key} gave its reservation back; a key is used once`] };
  return { kind: 'reserved', isNew: false };
}

async function write(
  db: Transaction<Schema>,
  request: ReservationRequest,
  status: 'reserving' | 'opening',
): Promise<void> {
  const { plan, workflowId, source, needs, nowWallMs } = request;
  await db
    .with('position', (query) =>
      query
        .insertInto('positions')
        .values({
          key: plan.key,
          workflow_id: workflowId,
          book: plan.book,
          pair_id: plan.pairId,
          direction: plan.direction,
          perp_account: plan.perp.account,
          perp_symbol: plan.perp.instrument.symbol,
          notional_usd: plan.notionalUsd,
          plan: JSON.stringify(plan),
          source,
          status,
          created_at_wall_ms: nowWallMs,
          updated_at_wall_ms: nowWallMs,
        })
        .returning('key'),
    )
    .insertInto('reservations')
    .values({ key: plan.key, book: plan.book, needs: JSON.stringify(needs) })
    .execute();
}
