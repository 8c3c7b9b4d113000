/** Orders without a limit: sized on fresh order books just before they are written. */
import { ActivityFailure } from '@temporalio/workflow';
import type { Move } from '../src/domain/execution/decide.ts';
import type { SizedMove } from '../src/strategy/market-size.ts';
import { marketActivities } from './activity-proxies.ts';
import type { OrderDesk } from './order-loop.ts';
import { priceWait } from './price-wait.ts';

/**
 * Waits for order books, and alerts: without them nothing bounds what a market order costs.
 * @param isRetry of a position that is stuck
 * @throws ActivityFailure when the wait takes too long
 */
export async function sizeToDepth(
  { plan }: OrderDesk,
  moves: readonly Move[],
  isRetry: boolean,
): Promise<readonly SizedMove[]> {
  const wait = priceWait(plan.key, 'its market orders wait', isRetry);
  for (;;) {
    try {
      return await marketActivities('close', 'size the orders on fresh order books').sizeToDepth({ plan, moves });
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      await wait(error);
    }
  }
}
