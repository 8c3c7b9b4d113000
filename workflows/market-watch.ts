/** Keeps one watcher of the markets alive: a long activity that heartbeats after each pass over the armed watches. */
import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { MarketActivities } from '../activities/index.ts';
import type { ClockAnchor } from '../src/domain/market-clock.ts';
import { marketTaskQueue } from '../src/domain/names.ts';

export interface MarketWatchInput {
  readonly shard: string;
  readonly book: string;
  readonly anchor: ClockAnchor;
}

const { watchMarkets } = proxyActivities<MarketActivities>({
  taskQueue: marketTaskQueue,
  startToCloseTimeout: '7h',
  heartbeatTimeout: '5s',
  // A fixed second: the default would double up to 100 s, and the count of attempts never resets.
  retry: { initialInterval: '1s', backoffCoefficient: 1 },
  summary: 'evaluate every quote against the armed watches',
});

export async function marketWatch(input: MarketWatchInput): Promise<never> {
  for (;;) {
    await watchMarkets(input);
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof marketWatch>(input);
  }
}
