/** Booking fills that no order of ours made, on the positions that they shrank. */
import { sql, type Transaction } from 'kysely';
import { decimal, sum, toText, type Decimal, type DecimalText } from '../../domain/decimal.ts';
import { declaredPerpetual } from '../../domain/reconciliation/declared.ts';
import type { OrderObservation } from '../../domain/execution/observation.ts';
import { observationOf } from '../../domain/execution/recorded.ts';
import { averagePrice, filledBase, receivedBase } from '../../domain/execution/received.ts';
import type { VenueFill } from '../../domain/fill.ts';
import type { LegName } from '../../domain/order.ts';
import { liveStatuses, type PositionPlan } from '../../domain/position.ts';
import {
  mostShrunk,
  shareVenueFills,
  venueOrderPrefix,
  type FillShare,
  type HeldLeg,
} from '../../domain/reconciliation/venue-fills.ts';
import type { PositionRow, VenueFillBooking, VenueFillScope, VenueOrderOfPosition } from '../../ports/ledger.ts';
import { baselines } from '../accounts/accounts.ts';
import { chunksOf } from '../chunks.ts';
import type { Db } from '../database.ts';
import { settleCharges } from '../accounts/liquidation-charges.ts';
import { fillOf, orderOf, positionOf } from '../rows.ts';
import type { Schema } from '../schema.ts';

/**
 * Of the fills, those that are booked already or belong to an order of ours are left alone.
 * `unresolved`: an order of ours is on its way there, and any of the fills may be its own, or its own are not booked yet,
 * so that nobody knows what its position holds, or something of ours was booked since the venue's position was read, so
 * that it may lack it; ask again.
 */
export async function bookVenueFills(
  db: Transaction<Schema>,
  account: string,
  symbol: string,
  fills: readonly VenueFill[],
  scope: VenueFillScope,
): Promise<VenueFillBooking> {
  const positions = await lockPositions(db, account, symbol);
  const ids = [...new Set(fills.map(({ venueOrderId }) => venueOrderId))];
  const ours = await db
    .selectFrom('orders')
    .select(['venue_order_id', 'state', 'purpose', 'time_in_force'])
    .where('account', '=', account)
    .where('symbol', '=', symbol)
    .where((where) =>
      where.or([where('state', 'in', ['sending', 'open']), sql<boolean>`venue_order_id = any(${ids}::text[])`]),
    )
    .execute();
  if (ours.some(({ state }) => state === 'sending')) return { kind: 'unresolved' };
  const own = new Set(ours.flatMap(({ venue_order_id: id, purpose }) => (purpose === 'venue' ? [] : [id])));
  const booked = new Set(
    (
      await db
        .selectFrom('fills')
        .select(['venue_order_id', 'trade_id'])
        .where('account', '=', account)
        .where('symbol', '=', symbol)
        .where(sql<boolean>`venue_order_id = any(${ids}::text[])`)
        .execute()
    ).map((row) => fillKey(row.venue_order_id, row.trade_id)),
  );
  const foreign = fills.filter(
    ({ venueOrderId, tradeId }) => !own.has(venueOrderId) && !booked.has(fillKey(venueOrderId, tradeId)),
  );
  if (foreign.length === 0) return { kind: 'booked', orders: [], unexplained: [] };
  // Executed at once and not booked yet: its position holds something else than its fills say, so nothing can be shared.
  if (ours.some((order) => order.state === 'open' && isAtOnce(order.time_in_force))) return { kind: 'unresolved' };
  if (scope.kind === 'perpetual' && scope.venueHeldBase === null) {
    return { kind: 'position_needed', bookedFills: await countFills(db, account, symbol) };
  }
  const legs = await Promise.all(inScope(positions, scope).map((position) => heldBy(db, position, account, symbol)));
  // After the legs were read: what a resting order of ours has filled meanwhile is in them, and not in the venue's position.
  if (scope.kind === 'perpetual' && scope.bookedFills !== undefined) {
    if ((await countFills(db, account, symbol)) !== scope.bookedFills) return { kind: 'unresolved' };
  }
  const beside = declaredPerpetual(await baselines(db), account, symbol);
  const { shares, unexplained } = shareVenueFills(foreign, legs, mostOf(scope, legs, beside));
  const orders: VenueOrderOfPosition[] = [];
  for (const [, list] of Map.groupBy(shares, ({ positionKey, fill }) => `${positionKey} ${fill.venueOrderId}`)) {
    const position = positions.find(({ key }) => key === list[0]?.positionKey);
    if (position !== undefined) orders.push(await book(db, position, account, symbol, list));
  }
  await settleCharges(db, account);
  return { kind: 'booked', orders, unexplained };
}

async function countFills(db: Db, account: string, symbol: string): Promise<number> {
  const { fills } = await db
    .selectFrom('fills')
    .select((select) => select.fn.countAll().as('fills'))
    .where('account', '=', account)
    .where('symbol', '=', symbol)
    .executeTakeFirstOrThrow();
  return Number(fills);
}

/** Whether nothing of it can rest. */
function isAtOnce(timeInForce: string): boolean {
  return timeInForce === 'ioc' || timeInForce === 'market';
}

/** Orders that the venue made on positions which are still live, as their workflows observe them. */
export async function venueOrdersOfLive(db: Db, account: string): Promise<VenueOrderOfPosition[]> {
  const rows = await db
    .selectFrom('orders')
    .innerJoin('positions', 'positions.key', 'orders.position_key')
    .select('orders.client_order_id')
    .selectAll('positions')
    .where('orders.account', '=', account)
    .where('orders.purpose', '=', 'venue')
    .where(sql<boolean>`positions.status = any(${[...liveStatuses]}::text[])`)
    .orderBy('orders.seq')
    .execute();
  return Promise.all(rows.map((row) => observed(db, positionOf(row), row.client_order_id)));
}

/**
 * All orders that the venue made on a position, if they filled more base units than its workflow has heard of; else none.
 * The position's row stays locked: a booking comes before what is written next, or after it.
 */
export async function unheardVenueOrders(
  db: Transaction<Schema>,
  positionKey: string,
  heardBase: DecimalText,
): Promise<OrderObservation[]> {
  const row = await db
    .selectFrom('positions')
    .selectAll()
    .where('key', '=', positionKey)
    .forShare()
    .executeTakeFirstOrThrow();
  const made = await db
    .selectFrom('orders')
    .select(['client_order_id', 'filled_base'])
    .where('position_key', '=', positionKey)
    .where('purpose', '=', 'venue')
    .orderBy('seq')
    .execute();
  if (sum(made.map((order) => decimal(order.filled_base))).lte(decimal(heardBase))) return [];
  const position = positionOf(row);
  const orders = await Promise.all(made.map((order) => observed(db, position, order.client_order_id)));
  return orders.map(({ observation }) => observation);
}

/** In the order in which they are taken to shrink. */
function inScope(positions: readonly PositionRow[], scope: VenueFillScope): PositionRow[] {
  const first = scope.kind === 'spot' ? scope.positionKey : scope.first;
  const chosen = positions.filter(({ key }) => key === first);
  return scope.kind === 'spot' ? chosen : [...chosen, ...positions.filter(({ key }) => key !== first)];
}

function mostOf(scope: VenueFillScope, legs: readonly HeldLeg[], beside: Decimal) {
  if (scope.kind === 'spot' || scope.venueHeldBase === null) return null;
  return mostShrunk(legs, decimal(scope.venueHeldBase), beside);
}

function fillKey(venueOrderId: string, tradeId: string): string {
  return JSON.stringify([venueOrderId, tradeId]);
}

/** Oldest first; locked, so that two observers never share one fill twice. */
async function lockPositions(db: Transaction<Schema>, account: string, symbol: string): Promise<PositionRow[]> {
  const rows = await db
    .selectFrom('positions')
    .selectAll()
    .where(sql<boolean>`status = any(${[...liveStatuses]}::text[])`)
    .where((where) =>
      where.or([
        where.and([where('perp_account', '=', account), where('perp_symbol', '=', symbol)]),
        sql<boolean>`(plan->'spot'->>'account' = ${account} and plan->'spot'->'instrument'->>'symbol' = ${symbol})`,
      ]),
    )
    .orderBy('seq')
    .forUpdate()
    .execute();
  return rows.map(positionOf);
}

async function heldBy(db: Db, { key, plan }: PositionRow, account: string, symbol: string): Promise<HeldLeg> {
  const { instrument } = legAt(plan, account, symbol)[1];
  const fills = await fillsAt(db, key, account, symbol);
  return {
    positionKey: key,
    heldBase: receivedBase(fills, instrument.base),
    heldAt: (atMs: number) =>
      receivedBase(
        fills.filter(({ executedAtMs }) => executedAtMs <= atMs),
        instrument.base,
      ),
  };
}

function legAt(plan: PositionPlan, account: string, symbol: string): [LegName, PositionPlan['spot']] {
  const isPerp = plan.perp.account === account && plan.perp.instrument.symbol === symbol;
  return isPerp ? ['perp', plan.perp] : ['spot', plan.spot];
}

async function fillsAt(db: Db, positionKey: string, account: string, symbol: string) {
  const rows = await db
    .selectFrom('fills')
    .selectAll()
    .where('position_key', '=', positionKey)
    .where('account', '=', account)
    .where('symbol', '=', symbol)
    .execute();
  return rows.map(fillOf);
}

/** One order of the venue on one position: its row, done, and its shares of the fills. Grown since: the row follows. */
async function book(
  db: Transaction<Schema>,
  position: PositionRow,
  account: string,
  symbol: string,
  shares: readonly FillShare[],
): Promise<VenueOrderOfPosition> {
  const [first] = shares;
  if (first === undefined) throw new Error('an order of the venue without fills');
  const { venueOrderId, side } = first.fill;
  const [leg, { instrument }] = legAt(position.plan, account, symbol);
  const clientOrderId = `${venueOrderPrefix}${symbol}/${venueOrderId}/${position.key}`;
  const fills = shares.map(({ fill }) => fill);
  const quantity = toText(filledBase(fills));
  const price = averagePrice(fills) ?? first.fill.price;
  const { steps } = await db
    .selectFrom('orders')
    .select((select) => select.fn.max('step').as('steps'))
    .where('position_key', '=', position.key)
    .executeTakeFirstOrThrow();
  await db
    .insertInto('orders')
    .values({
      client_order_id: clientOrderId,
      position_key: position.key,
      leg,
      account,
      venue: instrument.venue,
      symbol,
      side,
      purpose: 'venue',
      step: 1 + (steps ?? 0),
      attempt: 1,
      quantity_base: quantity,
      limit_price: price,
      time_in_force: 'ioc',
      reduce_only: leg === 'perp',
      state: 'done',
      venue_order_id: venueOrderId,
    })
    .onConflict((conflict) => conflict.column('client_order_id').doNothing())
    .execute();
  // Decided on a leg that is no longer what it was: its workflow decides again.
  await db
    .updateTable('orders')
    .set({ state: 'absent', reason: 'the venue took some of its leg meanwhile' })
    .where('position_key', '=', position.key)
    .where('leg', '=', leg)
    .where('state', '=', 'prepared')
    .execute();
  for (const chunk of chunksOf(shares)) {
    await db
      .insertInto('fills')
      .values(
        chunk.map(({ fill, piece }) => ({
          account,
          symbol,
          venue_order_id: fill.venueOrderId,
          trade_id: fill.tradeId,
          piece,
          client_order_id: clientOrderId,
          position_key: position.key,
          side: fill.side,
          price: fill.price,
          quantity_base: fill.quantityBase,
          fee: fill.fee,
          fee_currency: fill.feeCurrency,
          role: fill.role,
          executed_at_ms: fill.executedAtMs,
        })),
      )
      .execute();
  }
  const all = (await db.selectFrom('fills').selectAll().where('client_order_id', '=', clientOrderId).execute()).map(
    fillOf,
  );
  const filled = toText(filledBase(all));
  await db
    .updateTable('orders')
    .set({ filled_base: filled, quantity_base: filled, average_price: averagePrice(all) })
    .where('client_order_id', '=', clientOrderId)
    .execute();
  return observed(db, position, clientOrderId);
}

async function observed(db: Db, position: PositionRow, clientOrderId: string): Promise<VenueOrderOfPosition> {
  const row = orderOf(
    await db.selectFrom('orders').selectAll().where('client_order_id', '=', clientOrderId).executeTakeFirstOrThrow(),
  );
  const fills = (await db.selectFrom('fills').selectAll().where('client_order_id', '=', clientOrderId).execute()).map(
    fillOf,
  );
  const observation = observationOf(position.plan, row, fills);
  return { positionKey: position.key, workflowId: position.workflowId, status: position.status, observation };
}
