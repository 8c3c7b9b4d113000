/** Orders until they are sent. Each transition is guarded in SQL, so that a repetition or a latecomer changes nothing. */
import { sql } from 'kysely';
import type { Order, OrderIntent } from '../../domain/order.ts';
import type { Claimant, OrderRow } from '../../ports/ledger.ts';
import type { ClientOrderIdForm } from '../../ports/venue.ts';
import { clientOrderId } from './client-order-id.ts';
import type { Db } from '../database.ts';
import { orderOf } from '../rows.ts';

export interface OrderIdTerms {
  readonly installationId: string;
  readonly idFormOf: (venue: string) => ClientOrderIdForm;
}

/** Writes intents as `prepared`; rows that exist are left as they are. Returns them in the order of the intents. */
export async function prepareOrders(
  db: Db,
  { installationId, idFormOf }: OrderIdTerms,
  positionKey: string,
  workflowId: string,
  intents: readonly OrderIntent[],
): Promise<Order[]> {
  if (intents.length === 0) return [];
  const orders = intents.map((intent): Order => {
    const { leg, purpose, step, attempt } = intent;
    const identity = { installationId, workflowId, leg, purpose, step, attempt };
    const id = clientOrderId(identity, idFormOf(intent.venue));
    return { ...intent, clientOrderId: id, positionKey };
  });
  const written = await db
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
        borrows: order.borrows ?? false,
      })),
    )
    // On any unique index: of attempts at once, one may meet the other in that of leg, purpose, step and attempt first.
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .execute();
  const there = orders
    .map((order) => order.clientOrderId)
    .filter((id) => !written.some((row) => row.client_order_id === id));
  const rows = there.length === 0 ? written : [...written, ...(await rowsOf(db, there))];
  // What was written first holds: a repetition with other prices must not send a second version of the order.
  return orders.map((order) => {
    const row = rows.find((one) => one.client_order_id === order.clientOrderId);
    if (row === undefined) throw new Error(placeTaken(order));
    return asOrder(orderOf(row));
  });
}

function placeTaken({ clientOrderId: id, positionKey, leg, purpose, step, attempt }: Order): string {
  return `order ${id} cannot be written: another order is ${purpose} ${step}, attempt ${attempt}, of the ${leg} leg of ${positionKey}`;
}

async function rowsOf(db: Db, clientOrderIds: readonly string[]) {
  return db
    .selectFrom('orders')
    .selectAll()
    .where('client_order_id', 'in', [...clientOrderIds])
    .execute();
}

/**
 * `prepared` → `sending`, once. A workflow never claims on a fenced position, and a person only there. The position's row
 * is locked against a fence that is being set: either the fence sees the order in `sending`, or the claim sees the fence.
 */
export async function claimOrder(
  db: Db,
  id: string,
  claim: { claimedAtMs: number; sendByMs: number },
  claimant: Claimant = 'workflow',
): Promise<boolean> {
  const result = await sql`
    with allowed as (
      select key from positions
      where key = (select position_key from orders where client_order_id = ${id})
        and (fenced_at is null) = ${claimant === 'workflow'}
      for share
    )
    update orders set state = 'sending', claimed_at_wall_ms = ${claim.claimedAtMs}, send_by_wall_ms = ${claim.sendByMs}
    from allowed
    where client_order_id = ${id} and position_key = allowed.key and state = 'prepared'
  `.execute(db);
  return result.numAffectedRows === 1n;
}

/** Whether the row is `absent` now. A repetition keeps the first reason. */
export async function markAbsent(
  db: Db,
  id: string,
  reason: string,
  from: readonly ('prepared' | 'sending')[],
): Promise<boolean> {
  const result = await sql`
    update orders set state = 'absent', reason = case when state = 'absent' then reason else ${reason} end
    where client_order_id = ${id} and state = any(${['absent', ...from]}::text[])
  `.execute(db);
  return result.numAffectedRows === 1n;
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
