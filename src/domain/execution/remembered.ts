/**
 * What a continuation has to know of a position's orders. A position that cannot be closed sends several a minute for
 * as long as it takes, and what none of them executed must not outgrow what an input can carry.
 */
import { hasFilled, type OrderObservation, type OrderResolution } from './observation.ts';

/** Of a leg, and of each way to come to nothing: more than any decision counts. */
const remembered = 20;

/** Every order that executed anything, or still may; of those that came to nothing the newest of each leg. */
export function rememberedOrders(observations: readonly OrderObservation[]): OrderObservation[] {
  const newest = new Map<string, number>();
  return observations
    .toReversed()
    .filter(({ order, resolution }) => {
      if (!cameToNothing(resolution)) return true;
      const kind = `${order.leg} ${resolution.kind}`;
      const count = 1 + (newest.get(kind) ?? 0);
      newest.set(kind, count);
      return count <= remembered;
    })
    .toReversed();
}

function cameToNothing(resolution: OrderResolution): boolean {
  return resolution.kind === 'not_executed' || (resolution.kind === 'done' && !hasFilled(resolution));
}
