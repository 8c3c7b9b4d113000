/** Fencing a position: from then on its workflow can send nothing, and a person works on it alone. */
import { sql, type Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** Locks the position's row, which every claim locks too: no order is claimed while the fence is being set. */
export async function fencePosition(
  db: Transaction<Schema>,
  key: string,
): Promise<{ kind: 'fenced' } | { kind: 'refused'; reason: string }> {
  const position = await db.selectFrom('positions').selectAll().where('key', '=', key).forUpdate().executeTakeFirst();
  if (position === undefined) return { kind: 'refused', reason: `no position ${key} in the ledger` };
  if (position.status === 'closed' || position.status === 'aborted') {
    return { kind: 'refused', reason: `position ${key} is ${position.status}` };
  }
  if (position.fenced_at !== null) return { kind: 'fenced' };
  const sending = await db
    .selectFrom('orders')
    .select('client_order_id')
    .where('position_key', '=', key)
    .where('state', '=', 'sending')
    .execute();
  if (sending.length > 0) {
    const ids = sending.map((order) => order.client_order_id).join(', ');
    return { kind: 'refused', reason: `an order of ${key} is being sent (${ids}): try again when it is resolved` };
  }
  await sql`update positions set fenced_at = now() where key = ${key}`.execute(db);
  return { kind: 'fenced' };
}
