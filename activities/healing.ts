/** Putting right what is safe to: fills that the venue knows of and the ledger does not. Sends nothing. */
import { observationOf } from '../src/domain/execution/recorded.ts';
import type { OrderObservation } from '../src/domain/execution/observation.ts';
import { averagePrice } from '../src/domain/execution/received.ts';
import type { ClockAnchor } from '../src/domain/market-clock.ts';
import { liveStatuses } from '../src/domain/position.ts';
import type { Healed } from '../src/domain/reconciliation.ts';
import type { Alerts } from '../src/ports/alerts.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Ledger, OrderRow, PositionRow } from '../src/ports/ledger.ts';
import type { Venue } from '../src/ports/venue.ts';
import { bookForeignFills } from './venue-fills.ts';

export interface HealingPorts {
  readonly venue: Pick<Venue, 'account' | 'lookUp' | 'orderFills' | 'fillsSince' | 'reading'>;
  readonly ledger: Pick<Ledger, 'positions' | 'ordersOf' | 'recordSettlement' | 'bookVenueFills' | 'venueOrdersOfLive'>;
  readonly alerts: Alerts;
  readonly clock: Clock;
}

export interface HealedAccount {
  readonly healed: readonly Healed[];
  /** What the workflows of live positions do not know yet. */
  readonly news: readonly { readonly workflowId: string; readonly observation: OrderObservation }[];
}

/**
 * Fills that no order of ours made, booked on the positions that they shrank; and orders of live positions that were
 * taken for absent or rejected, looked for once more: what was proven should hold, and a person hears if it does not.
 */
export async function healAccount(
  ports: HealingPorts,
  input: { readonly perpetuals: readonly string[]; readonly anchor: ClockAnchor },
): Promise<HealedAccount> {
  const healed: Healed[] = [];
  const news: { workflowId: string; observation: OrderObservation }[] = [];
  for (const symbol of input.perpetuals) {
    for (const order of (await bookForeignFills(ports, { symbol, anchor: input.anchor, positionKey: null })) ?? []) {
      const { side, quantityBase } = order.observation.order;
      const detail = `${ports.venue.account} made a fill of its own: ${side} ${quantityBase} of ${symbol}`;
      healed.push({ kind: 'fill_booked', subject: order.positionKey, detail });
      news.push(order);
    }
  }
  for (const position of await ports.ledger.positions({ statuses: liveStatuses })) {
    for (const order of await ports.ledger.ordersOf(position.key)) {
      const observation = order.account === ports.venue.account ? await reappeared(ports, position, order) : null;
      if (observation === null) continue;
      const detail = `order ${order.clientOrderId} was ${order.state}, and is at the venue`;
      healed.push({ kind: 'fill_booked', subject: position.key, detail });
      news.push({ workflowId: position.workflowId, observation });
    }
  }
  return { healed, news };
}

/** Null for an order that is not there, as was proven. */
async function reappeared(
  { venue, ledger }: HealingPorts,
  { plan }: PositionRow,
  order: OrderRow,
): Promise<OrderObservation | null> {
  const { state, claimedAtMs, sendByMs, clientOrderId, symbol, venueOrderId } = order;
  if ((state !== 'absent' && state !== 'rejected') || claimedAtMs === null || sendByMs === null) return null;
  const found = await venue.lookUp({ clientOrderId, symbol, venueOrderId, claimedAtMs, sendByMs });
  if (found.kind !== 'found' || found.order.status !== 'done') return null;
  const fills = await venue.orderFills({ venueOrderId: found.order.venueOrderId, symbol });
  if (fills.length === 0) return null;
  const { filledBase } = found.order;
  const settlement = { venueOrderId: found.order.venueOrderId, filledBase, averagePrice: averagePrice(fills) };
  await ledger.recordSettlement(clientOrderId, settlement, fills);
  return observationOf(plan, { ...order, state: 'done' }, fills);
}
