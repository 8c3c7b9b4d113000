/** Orders that ended a moment ago: the exchange's status endpoint knows no older ones. Wall time; not journalled. */
import type { Exchange } from '../../exchange/exchange.ts';
import type { SimOrder } from '../../exchange/state.ts';

/** For so long an order that ended can still be asked for. */
const keptMs = 5000;

export interface RecentOrders {
  /** Whether an order is open, or ended within the last five seconds. */
  isKnown(order: SimOrder, wallMs: number): boolean;
}

export function createRecentOrders(exchange: Exchange): RecentOrders {
  const endedAtMs = new Map<string, number>();
  exchange.onTransaction(({ events }) => {
    const wallMs = exchange.clock.wallMs();
    for (const [id, atMs] of endedAtMs) {
      if (wallMs - atMs <= keptMs) break;
      endedAtMs.delete(id);
    }
    for (const event of events) if (event.kind === 'order_done') endedAtMs.set(event.orderId, wallMs);
  });
  return {
    isKnown(order, wallMs) {
      if (order.status === 'open') return true;
      const atMs = endedAtMs.get(order.id);
      return atMs !== undefined && wallMs - atMs <= keptMs;
    },
  };
}
