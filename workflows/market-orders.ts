/** Orders without a limit: sized on fresh order books just before they are written. */
import { ActivityFailure, patched } from '@temporalio/workflow';
import type { Move } from '../src/domain/execution/decide.ts';
import { project } from '../src/domain/execution/observation.ts';
import { unhedgedPart } from '../src/domain/execution/pacing.ts';
import type { SizedMove } from '../src/strategy/market-size.ts';
import { marketActivities } from './activity-proxies.ts';
import type { OrderDesk } from './order-desk.ts';
import { priceWait } from './price-wait.ts';

/**
 * Waits for order books, and alerts: without them nothing bounds what a market order costs. What has no hedge on the
 * leg whose order book is missing does not wait for it.
 * @param isRetry of a position that is stuck
 * @throws ActivityFailure when the wait takes too long
 */
export async function sizeToDepth(
  desk: OrderDesk,
  moves: readonly Move[],
  isRetry: boolean,
): Promise<readonly SizedMove[]> {
  const { plan } = desk;
  const wait = priceWait(plan.key, 'its market orders wait', isRetry);
  for (;;) {
    try {
      return await marketActivities('close', 'size the orders on fresh order books').sizeToDepth({ plan, moves });
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      const unhedged = await sizeUnhedged(desk, moves);
      if (unhedged !== null) return unhedged;
      await wait(error);
    }
  }
}

/** Of two legs of which one has more than the other hedges: that, where its own order book can be read. */
async function sizeUnhedged({ plan, observations }: OrderDesk, moves: readonly Move[]): Promise<SizedMove[] | null> {
  if (moves.length < 2) return null;
  const projection = project(plan.direction, observations);
  for (const whole of moves) {
    const move = unhedgedPart(plan, projection, observations, whole);
    // Older code waited for both order books.
    if (move === null || !patched('sized-leg-by-leg')) continue;
    try {
      const reading = marketActivities('close', `size the order on the order book of its ${move.leg} leg alone`);
      return await reading.sizeToDepth({ plan, moves: [move] });
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
    }
  }
  return null;
}
