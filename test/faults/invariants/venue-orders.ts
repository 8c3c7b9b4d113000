/** What the venues' own orders say about ours: each is one, known, harmless to other positions, and over in the end. */
import { venues } from '../arena/configuration.ts';
import type { VenueOrderView } from '../arena/control.ts';
import type { Truth } from './truth.ts';
import { violation, type Violation } from './violation.ts';

const reducing = new Set(['trim', 'unwind', 'reduce', 'close']);

/** 2, at the venues: one order an id, none that the ledger does not know, and what reduces a perpetual is reduce-only. */
export function uniqueOrders({ venues: states, ledger }: Truth): Violation[] {
  const known = new Map(ledger.orders.map((order) => [`${order.account} ${order.client_order_id}`, order]));
  return venues.flatMap((venue) => {
    const ours = states[venue].orders.filter((order) => order.clientOrderId !== '' && isOurs(order));
    const byId = Map.groupBy(ours, ({ account, clientOrderId }) => `${account} ${clientOrderId}`);
    return [...byId].flatMap(([id, list]) => {
      const order = known.get(id);
      if (order === undefined) return [violation(2, null, `${venue} has order ${id}, which the ledger does not know`)];
      const key = order.position_key;
      const found = list.length > 1 ? [violation(2, key, `${venue} has ${list.length} orders ${id}`)] : [];
      const isUnsafe =
        order.leg === 'perp' && reducing.has(order.purpose) && !list.every(({ reduceOnly }) => reduceOnly);
      if (isUnsafe) found.push(violation(2, key, `${order.purpose} order ${id} is not reduce-only`));
      return found;
    });
  });
}

/** 1: once everything has ended, nothing of ours is left at a venue. */
export function stillOpen({ venues: states, ledger }: Truth): Violation[] {
  const keys = new Map(ledger.orders.map((order) => [`${order.account} ${order.client_order_id}`, order.position_key]));
  return venues.flatMap((venue) =>
    states[venue].orders
      .filter((order) => isOurs(order) && order.status === 'open')
      .map(({ account, clientOrderId }) => {
        const id = `${account} ${clientOrderId}`;
        return violation(1, keys.get(id) ?? null, `${venue} still has order ${id} open`);
      }),
  );
}

/** Somebody's order, and none that the venue made itself. */
export function isOurs({ origin }: VenueOrderView): boolean {
  return origin === 'user';
}
