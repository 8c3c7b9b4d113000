/**
 * What an order has come to, so far or for good: its fills from the venue's trade list and the row's state, together or
 * not at all.
 */
import type { Selectable, Transaction } from 'kysely';
import { decimal, toText, type DecimalText } from '../../domain/decimal.ts';
import { filledBase } from '../../domain/execution/received.ts';
import type { VenueFill } from '../../domain/fill.ts';
import type { LedgerFill } from '../../ports/ledger.ts';
import { alertContradiction, assertSameVenueOrder, lockOrder } from './order-outcomes.ts';
import { chunksOf } from '../chunks.ts';
import { amount, fillOf } from '../rows.ts';
import type { Schema } from '../schema.ts';

export interface Settlement {
  readonly venueOrderId: string;
  /** Cumulative. */
  readonly filledBase: DecimalText;
  readonly averagePrice: DecimalText | null;
}

/**
 * The order is done. Whatever the row said before, the venue's truth is booked; where it said that there is no such
 * order, or that none was sent, that is alerted.
 * @throws Error when the fill shrinks, the fills do not add up to it, or a fill differs from what is booked.
 */
export async function recordSettlement(
  db: Transaction<Schema>,
  id: string,
  settlement: Settlement,
  fills: readonly VenueFill[],
): Promise<void> {
  await book(db, await lockOrder(db, id), settlement, fills, 'done');
}

/**
 * The order rests, and has filled so much. A look that comes after the order's end, or after a newer look, books nothing.
 * @throws Error as `recordSettlement` does.
 */
export async function recordProgress(
  db: Transaction<Schema>,
  id: string,
  settlement: Settlement,
  fills: readonly VenueFill[],
): Promise<void> {
  const order = await lockOrder(db, id);
  if (order.state === 'done' && decimal(settlement.filledBase).lte(decimal(order.filled_base))) return;
  if (order.state === 'done') {
    throw new Error(`order ${id} was done with ${amount(order.filled_base)}, and now has ${settlement.filledBase}`);
  }
  // Of two watches at once, one may have looked before the other and come after it.
  if (order.state === 'open' && decimal(settlement.filledBase).lt(decimal(order.filled_base))) return;
  await book(db, order, settlement, fills, 'open');
}

async function book(
  db: Transaction<Schema>,
  order: Selectable<Schema['orders']>,
  settlement: Settlement,
  fills: readonly VenueFill[],
  state: 'open' | 'done',
): Promise<void> {
  const id = order.client_order_id;
  assertSameVenueOrder(order, settlement.venueOrderId);
  const filled = decimal(settlement.filledBase);
  if (filled.lt(decimal(order.filled_base))) {
    throw new Error(
      `order ${id}: its cumulative fill shrank from ${amount(order.filled_base)} to ${settlement.filledBase}`,
    );
  }
  await insertFills(db, order, settlement.venueOrderId, fills);
  const booked = (await db.selectFrom('fills').selectAll().where('client_order_id', '=', id).execute()).map(fillOf);
  for (const fill of fills) assertBooked(booked, fill);
  if (!filledBase(booked).eq(filled)) {
    throw new Error(`order ${id}: its fills sum to ${toText(filledBase(booked))}, not ${settlement.filledBase}`);
  }
  await db
    .updateTable('orders')
    .set({
      state,
      venue_order_id: settlement.venueOrderId,
      filled_base: settlement.filledBase,
      average_price: settlement.averagePrice,
      reason: null,
    })
    .where('client_order_id', '=', id)
    .execute();
  if (order.state === 'prepared' || order.state === 'absent' || order.state === 'rejected') {
    await alertContradiction(db, order, `it is ${settlement.venueOrderId} with ${settlement.filledBase} filled`);
  }
}

async function insertFills(
  db: Transaction<Schema>,
  order: Selectable<Schema['orders']>,
  venueOrderId: string,
  fills: readonly VenueFill[],
): Promise<void> {
  for (const fill of fills) {
    const own = fill.venueOrderId === venueOrderId && fill.symbol === order.symbol && fill.side === order.side;
    if (!own) throw new Error(`fill ${fill.tradeId} of ${fill.venueOrderId} is none of order ${order.client_order_id}`);
  }
  for (const chunk of chunksOf(fills)) {
    await db
      .insertInto('fills')
      .values(
        chunk.map((fill) => ({
          account: order.account,
          symbol: fill.symbol,
          venue_order_id: fill.venueOrderId,
          trade_id: fill.tradeId,
          client_order_id: order.client_order_id,
          position_key: order.position_key,
          side: fill.side,
          price: fill.price,
          quantity_base: fill.quantityBase,
          fee: fill.fee,
          fee_currency: fill.feeCurrency,
          role: fill.role,
          executed_at_ms: fill.executedAtMs,
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['account', 'symbol', 'venue_order_id', 'trade_id', 'piece']).doNothing(),
      )
      .execute();
  }
}

function assertBooked(booked: readonly LedgerFill[], fill: VenueFill): void {
  const row = booked.find(({ tradeId }) => tradeId === fill.tradeId);
  if (row === undefined)
    throw new Error(`fill ${fill.tradeId} of ${fill.venueOrderId} belongs to another order already`);
  const differs =
    row.price !== amount(fill.price) ||
    row.quantityBase !== amount(fill.quantityBase) ||
    row.fee !== amount(fill.fee) ||
    row.feeCurrency !== fill.feeCurrency ||
    row.role !== fill.role ||
    row.executedAtMs !== fill.executedAtMs;
  if (differs) throw new Error(`fill ${fill.tradeId} of ${fill.venueOrderId} differs from what is booked`);
}
