/** Orders and their fills. Each transition is guarded in SQL, so that a repetition or a latecomer changes nothing. */
import { sql } from 'kysely';
import { decimal, toText } from '../domain/decimal.ts';
import { filledBase } from '../domain/execution/received.ts';
import type { VenueFill } from '../domain/fill.ts';
import type { Order, OrderIntent, SubmitOutcome } from '../domain/order.ts';
import type { OrderRow } from '../ports/ledger.ts';
import { clientOrderId } from './client-order-id.ts';
import type { Db } from './database.ts';
import { amount, fillOf, orderOf } from './rows.ts';

/** Writes intents as `prepared`; rows that exist are left as they are. Returns them in the order of the intents. */
export async function prepareOrders(
  db: Db,
  installationId: string,
  positionKey: string,
  workflowId: string,
  intents: readonly OrderIntent[],
): Promise<Order[]> {
  if (intents.length === 0) return [];
  const orders = intents.map((intent): Order => {
    const { leg, purpose, step, attempt } = intent;
    const id = clientOrderId({ installationId, workflowId, leg, purpose, step, attempt });
    return { ...intent, clientOrderId: id, positionKey };
  });
  await db
    .insertInto('orders')
    .values(
      orders.map((order) => ({
        client_order_id: order.clientOrderId,
        position_key: positionKey,
        leg: order.leg,
        account: order.account,
        venue: order.venue,
        symbol: order.symbol,
        side: order.side,
        purpose: order.purpose,
        step: order.step,
        attempt: order.attempt,
        quantity_base: order.quantityBase,
        limit_price: order.limitPrice,
        time_in_force: order.timeInForce,
        reduce_only: order.reduceOnly,
      })),
    )
    .onConflict((conflict) => conflict.column('client_order_id').doNothing())
    .execute();
  const rows = await db
    .selectFrom('orders')
    .selectAll()
    .where(
      'client_order_id',
      'in',
      orders.map((order) => order.clientOrderId),
    )
    .execute();
  // What was written first holds: a repetition with other prices must not send a second version of the order.
  return orders.map((order) => {
    const row = rows.find((one) => one.client_order_id === order.clientOrderId);
    if (row === undefined) throw new Error(`order ${order.clientOrderId} was written and is not there`);
    return asOrder(orderOf(row));
  });
}

/** `prepared` → `sending`, once, and never on a fenced position. */
export async function claimOrder(
  db: Db,
  id: string,
  claim: { claimedAtMs: number; sendByMs: number },
): Promise<boolean> {
  const result = await sql`
    update orders set state = 'sending', claimed_at_wall_ms = ${claim.claimedAtMs}, send_by_wall_ms = ${claim.sendByMs}
    where client_order_id = ${id} and state = 'prepared'
      and not exists (select 1 from positions p where p.key = orders.position_key and p.fenced_at is not null)
  `.execute(db);
  return result.numAffectedRows === 1n;
}

export async function recordOutcome(db: Db, id: string, outcome: SubmitOutcome): Promise<void> {
  const rows = db.updateTable('orders').where('client_order_id', '=', id);
  switch (outcome.kind) {
    case 'accepted':
      await rows
        .set({ state: 'open', venue_order_id: outcome.venueOrderId, reason: null })
        .where('state', 'in', ['prepared', 'sending'])
        .execute();
      return;
    case 'rejected':
      await rows
        .set({ state: 'rejected', reason: `${outcome.reason} (${outcome.code})` })
        .where('state', 'in', ['prepared', 'sending'])
        .execute();
      return;
    case 'not_sent':
      await rows
        .set({ state: 'absent', reason: outcome.reason })
        .where('state', 'in', ['prepared', 'sending'])
        .execute();
      return;
    case 'unknown':
      await rows.set({ reason: outcome.reason }).where('state', '=', 'sending').execute();
  }
}

export async function markAbsent(
  db: Db,
  id: string,
  reason: string,
  from: readonly ('prepared' | 'sending')[],
): Promise<boolean> {
  const result = await db
    .updateTable('orders')
    .set({ state: 'absent', reason })
    .where('client_order_id', '=', id)
    .where('state', 'in', [...from])
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * → `done` with its fills. Returns the state that the row had: `absent` and `rejected` mean that what was proven
 * about the order was wrong, which the caller alerts; the venue's truth is booked all the same.
 */
export async function recordSettlement(
  db: Db,
  id: string,
  settlement: { venueOrderId: string; filledBase: string; averagePrice: string | null },
  fills: readonly VenueFill[],
): Promise<OrderRow> {
  const found = await db
    .selectFrom('orders')
    .selectAll()
    .where('client_order_id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (found === undefined) throw new Error(`no order ${id} to settle`);
  const before = orderOf(found);
  const filled = decimal(settlement.filledBase);
  if (filled.lt(decimal(before.filledBase))) {
    throw new Error(`order ${id}: its cumulative fill shrank from ${before.filledBase} to ${settlement.filledBase}`);
  }
  if (!filledBase(fills).eq(filled))
    throw new Error(`order ${id}: its fills sum to ${toText(filledBase(fills))}, not ${settlement.filledBase}`);
  await insertFills(db, before, fills);
  await db
    .updateTable('orders')
    .set({
      state: 'done',
      venue_order_id: settlement.venueOrderId,
      filled_base: settlement.filledBase,
      average_price: settlement.averagePrice,
    })
    .where('client_order_id', '=', id)
    .execute();
  return before;
}

async function insertFills(db: Db, order: OrderRow, fills: readonly VenueFill[]): Promise<void> {
  if (fills.length === 0) return;
  await db
    .insertInto('fills')
    .values(
      fills.map((fill) => ({
        account: order.account,
        symbol: fill.symbol,
        venue_order_id: fill.venueOrderId,
        trade_id: fill.tradeId,
        client_order_id: order.clientOrderId,
        position_key: order.positionKey,
        side: fill.side,
        price: fill.price,
        quantity_base: fill.quantityBase,
        fee: fill.fee,
        fee_currency: fill.feeCurrency,
        role: fill.role,
        executed_at_ms: fill.executedAtMs,
      })),
    )
    .onConflict((conflict) => conflict.columns(['account', 'symbol', 'venue_order_id', 'trade_id']).doNothing())
    .execute();
  const rows = await db.selectFrom('fills').selectAll().where('client_order_id', '=', order.clientOrderId).execute();
  for (const fill of fills) {
    const booked = rows
      .map(fillOf)
      .find(
        (row) => row.venueOrderId === fill.venueOrderId && row.tradeId === fill.tradeId && row.symbol === fill.symbol,
      );
    if (booked === undefined)
      throw new Error(`fill ${fill.tradeId} of ${fill.venueOrderId} belongs to another order already`);
    const same =
      booked.side === fill.side &&
      booked.price === amount(fill.price) &&
      booked.quantityBase === amount(fill.quantityBase) &&
      booked.fee === amount(fill.fee) &&
      booked.feeCurrency === fill.feeCurrency;
    if (!same) throw new Error(`fill ${fill.tradeId} of order ${order.clientOrderId} differs from what was booked`);
  }
}

function asOrder(row: OrderRow): Order {
  const {
    state: _state,
    venueOrderId: _id,
    claimedAtMs: _claimed,
    sendByMs: _by,
    filledBase: _filled,
    averagePrice: _price,
    reason: _reason,
    ...order
  } = row;
  return order;
}
