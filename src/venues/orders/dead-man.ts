/**
 * Timers by which a venue cancels open orders by itself, unless they are wound up again. They cancel everything in
 * their scope, so one is set only while every open order there is known to be ours.
 */
import type { DeadManGuard } from '../../ports/venue.ts';
import { textOrNull } from '../capabilities/raw.ts';
import { read, type VenueCaller } from '../calls/venue-call.ts';
import type { ExactExchange } from '../exact-exchange.ts';

/** As many open orders may be more than one page of them: then nobody knows whose they all are. */
const mostOpenOrders = 40;

/** Whether it is set now; false where the venue has none, or somebody else has an order in its scope. @throws VenueError */
export async function guardByDeadMan(
  exchange: ExactExchange,
  caller: VenueCaller,
  { symbol, ownOrderIds, timeoutMs }: DeadManGuard,
): Promise<boolean> {
  const { deadMan } = caller.dialect;
  if (deadMan === null) return false;
  const wind = (afterMs: number | null) =>
    read(caller, 'dead-man timer', () => deadMan.wind(exchange, exchange.market(symbol).id, afterMs));
  if (timeoutMs === null) {
    await wind(null);
    return false;
  }
  const inScope = deadMan.scope === 'symbol' ? symbol : undefined;
  const open = await read(caller, 'open orders', () => exchange.fetchOpenOrders(inScope));
  const areOurs = open.value.every((order) => ownOrderIds.has(textOrNull(order.clientOrderId) ?? ''));
  const isSafe = areOurs && open.value.length < mostOpenOrders;
  // One that was set before must not strike an order that has come since.
  await wind(isSafe ? timeoutMs : null);
  return isSafe;
}
