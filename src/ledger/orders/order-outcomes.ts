/**
 * What a send came to. The usual outcome is one guarded statement; one that finds the row elsewhere is news that comes
 * late, or news that contradicts what the row says. The venue's word wins then, and somebody is told.
 */
import type { Selectable, Transaction } from 'kysely';
import { refusalReason } from '../../domain/execution/refused.ts';
import { alertKeys } from '../../domain/alert-keys.ts';
import type { OrderState, SubmitOutcome } from '../../domain/order.ts';
import { raiseAlert } from '../alerts/alerts.ts';
import type { Database, Db } from '../database.ts';
import type { Schema } from '../schema.ts';

type OrderRecord = Selectable<Schema['orders']>;

/** @throws Error when there is no such order, or the venue knows it under another order id already. */
export async function recordOutcome({ run, transact }: Database, id: string, outcome: SubmitOutcome): Promise<void> {
  if (await run((db) => recordExpected(db, id, outcome))) return;
  await transact((db) => recordLate(db, id, outcome));
}

async function recordExpected(db: Db, id: string, outcome: SubmitOutcome): Promise<boolean> {
  const { from, ...change } = expectedChange(outcome);
  const result = await db
    .updateTable('orders')
    .set(change)
    .where('client_order_id', '=', id)
    .where('state', 'in', [...from])
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

interface OrderChange {
  readonly from: readonly OrderState[];
  readonly state?: OrderState;
  readonly venue_order_id?: string;
  readonly reason: string | null;
}

function expectedChange(outcome: SubmitOutcome): OrderChange {
  if (outcome.kind === 'accepted') {
    return { from: ['sending'], state: 'open', venue_order_id: outcome.venueOrderId, reason: null };
  }
  const from: readonly OrderState[] = ['prepared', 'sending'];
  if (outcome.kind === 'unknown') return { from, reason: outcome.reason };
  const state = outcome.kind === 'rejected' ? 'rejected' : 'absent';
  return { from, state, reason: refusalReason(outcome) };
}

async function recordLate(db: Transaction<Schema>, id: string, outcome: SubmitOutcome): Promise<void> {
  const row = await lockOrder(db, id);
  const isAtVenue = row.state === 'open' || row.state === 'done';
  switch (outcome.kind) {
    case 'unknown':
      return;
    case 'rejected':
    case 'not_sent':
      if (isAtVenue) await alertContradiction(db, row, `the send said ${outcome.kind}: ${outcome.reason}`);
      return;
    case 'accepted':
      if (isAtVenue) return assertSameVenueOrder(row, outcome.venueOrderId);
      await db
        .updateTable('orders')
        .set({ state: 'open', venue_order_id: outcome.venueOrderId, reason: null })
        .where('client_order_id', '=', id)
        .execute();
      await alertContradiction(db, row, `the venue accepted it as ${outcome.venueOrderId}`);
  }
}

/** @throws Error when there is no such order. */
export async function lockOrder(db: Transaction<Schema>, id: string): Promise<OrderRecord> {
  const row = await db
    .selectFrom('orders')
    .selectAll()
    .where('client_order_id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw new Error(`no order ${id} in the ledger`);
  return row;
}

/** One order of ours is one order of the venue. */
export function assertSameVenueOrder(row: OrderRecord, venueOrderId: string): void {
  if (row.venue_order_id === null || row.venue_order_id === venueOrderId) return;
  throw new Error(
    `order ${row.client_order_id} is ${row.venue_order_id} at ${row.account}, and now ${venueOrderId} too`,
  );
}

/** What was proven, or answered, about an order was wrong: its truth is kept, and is a person's business. */
export async function alertContradiction(db: Transaction<Schema>, row: OrderRecord, news: string): Promise<void> {
  const message = `order ${row.client_order_id} at ${row.account} was ${row.state}, but ${news}`;
  const key = alertKeys.contradicted(row.client_order_id);
  await raiseAlert(db, { key, severity: 'critical', message, positionKey: row.position_key }, null);
}
