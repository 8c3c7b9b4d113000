/**
 * Reserving capital: every limit is tested, and the reservation written, in one transaction under one lock a book, so
 * that two engines, or an engine and a person, can never spend the same dollar.
 */
import { sql } from 'kysely';
import { decimal, sum, toText, type Decimal } from '../domain/decimal.ts';
import type { PositionPlan } from '../domain/position.ts';
import type { CapitalNeed, ReservationRequest, ReservationResult } from '../domain/reservation.ts';
import type { AccountReading } from '../ports/venue.ts';
import type { Db } from './database.ts';

interface LiveReservation {
  readonly key: string;
  readonly plan: PositionPlan;
  readonly needs: readonly CapitalNeed[];
  readonly settled_at_wall_ms: string | null;
}

/** Must run inside a transaction. `isNew` is false when the key held a reservation already. */
export async function reserve(db: Db, request: ReservationRequest): Promise<ReservationResult & { isNew: boolean }> {
  const { plan } = request;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`book/${plan.book}`}, 0))`.execute(db);
  const existing = await db.selectFrom('positions').select(['plan']).where('key', '=', plan.key).executeTakeFirst();
  if (existing !== undefined) {
    if (!samePlan(existing.plan, plan)) throw new Error(`position ${plan.key} was reserved with another plan`);
    return { kind: 'reserved', isNew: false };
  }
  const reasons = await refusals(db, request);
  if (reasons.length > 0) return { kind: 'refused', reasons, isNew: false };
  await db
    .insertInto('positions')
    .values({
      key: plan.key,
      workflow_id: request.workflowId,
      book: plan.book,
      pair_id: plan.pairId,
      direction: plan.direction,
      perp_account: plan.perp.account,
      perp_symbol: plan.perp.instrument.symbol,
      notional_usd: plan.notionalUsd,
      plan: JSON.stringify(plan),
      source: request.source,
      status: 'reserving',
      created_at_wall_ms: request.nowWallMs,
      updated_at_wall_ms: request.nowWallMs,
    })
    .execute();
  await db
    .insertInto('reservations')
    .values({ key: plan.key, book: plan.book, needs: JSON.stringify(request.needs) })
    .execute();
  return { kind: 'reserved', isNew: true };
}

async function refusals(db: Db, request: ReservationRequest): Promise<string[]> {
  const { plan, limits, needs } = request;
  const live = (
    await sql<LiveReservation>`
      select r.key, p.plan, r.needs, r.settled_at_wall_ms::text as settled_at_wall_ms
      from reservations r join positions p using (key) where not r.released and r.book = ${plan.book}
    `.execute(db)
  ).rows;
  const reasons = [...capReasons(request, live), ...directionReasons(plan, live)];
  if (limits.reentryCooldownMs > 0) reasons.push(...(await cooldownReasons(db, request)));
  for (const need of needs) reasons.push(...(await needReasons(db, request, need, live)));
  return reasons;
}

function capReasons({ plan, limits }: ReservationRequest, live: readonly LiveReservation[]): string[] {
  const reasons: string[] = [];
  const wanted = decimal(plan.notionalUsd);
  if (wanted.gt(decimal(limits.maxPositionUsd))) {
    reasons.push(`maxPositionUsd: ${plan.notionalUsd} USD is over ${limits.maxPositionUsd}`);
  }
  const ofPair = live.filter((one) => one.plan.pairId === plan.pairId);
  const held = sum(ofPair.map((one) => decimal(one.plan.notionalUsd)));
  if (held.plus(wanted).gt(decimal(limits.maxPairUsd))) {
    reasons.push(
      `maxPairUsd: ${plan.pairId} holds ${toText(held)} USD, and ${plan.notionalUsd} more is over ${limits.maxPairUsd}`,
    );
  }
  const [other] = ofPair;
  if (limits.onePositionPerPair && other !== undefined)
    reasons.push(`one position a pair: ${other.key} is open on ${plan.pairId}`);
  return reasons;
}

/** Opposite positions in one perpetual of one account would net, and could not be closed reduce-only. */
function directionReasons(plan: PositionPlan, live: readonly LiveReservation[]): string[] {
  const opposite = live.find(
    (one) =>
      one.plan.perp.account === plan.perp.account &&
      one.plan.perp.instrument.symbol === plan.perp.instrument.symbol &&
      one.plan.direction !== plan.direction,
  );
  if (opposite === undefined) return [];
  return [
    `one direction per account and perpetual: ${opposite.key} holds ${opposite.plan.direction} in ${plan.perp.instrument.symbol} at ${plan.perp.account}`,
  ];
}

async function cooldownReasons(db: Db, { plan, limits, nowMarketMs }: ReservationRequest): Promise<string[]> {
  const last = await db
    .selectFrom('positions')
    .select(['key', 'closed_at_market_ms'])
    .where('pair_id', '=', plan.pairId)
    .where('direction', '=', plan.direction)
    .where('status', '=', 'closed')
    .where('closed_at_market_ms', '>', String(nowMarketMs - limits.reentryCooldownMs))
    .orderBy('closed_at_market_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last === undefined) return [];
  const minutes = Math.ceil((Number(last.closed_at_market_ms) + limits.reentryCooldownMs - nowMarketMs) / 60_000);
  return [`re-entry cooldown: ${last.key} closed on this pair and side, wait ${minutes} min of market time`];
}

/** What is free is the latest reading, less what reservations have taken since it was made. */
async function needReasons(
  db: Db,
  request: ReservationRequest,
  need: CapitalNeed,
  live: readonly LiveReservation[],
): Promise<string[]> {
  const row = await db
    .selectFrom('account_readings')
    .select('reading')
    .where('account', '=', need.account)
    .executeTakeFirst();
  if (row === undefined) return [`${need.account}: no account reading yet, so what is free is unknown`];
  const { reading } = row;
  const ageMs = request.nowWallMs - reading.readAtMs;
  if (ageMs > request.limits.maxReadingAgeMs) {
    return [`${need.account}: the account reading is ${ageMs} ms old, over ${request.limits.maxReadingAgeMs} ms`];
  }
  const taken = sum(
    live
      .filter((one) => one.settled_at_wall_ms === null || Number(one.settled_at_wall_ms) >= reading.readAtMs)
      .flatMap((one) =>
        one.needs.filter(({ account, currency }) => account === need.account && currency === need.currency),
      )
      .map((one) => decimal(one.amount)),
  );
  const free = freeOf(reading, need.currency).minus(taken);
  if (free.gte(decimal(need.amount))) return [];
  return [`${need.account}: ${need.amount} ${need.currency} needed, ${toText(free)} free`];
}

function freeOf(reading: AccountReading, currency: string): Decimal {
  const balance = reading.balances.find((one) => one.currency === currency)?.free ?? '0';
  return decimal(reading.freeMargin ?? balance);
}

/** jsonb keeps no key order, so plans are compared with sorted keys. */
function samePlan(one: PositionPlan, other: PositionPlan): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
