/** Keeps one watcher of an account alive: balances, positions, margin and funding, read every 10 s. */
import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { AccountActivities } from '../activities/index.ts';
import type { ClockAnchor } from '../src/domain/market-clock.ts';
import { venueReadTaskQueue } from '../src/domain/names.ts';

export interface AccountWatchInput {
  readonly account: string;
  readonly symbols: readonly string[];
  /** Those of the symbols that pay funding. */
  readonly perpetuals: readonly string[];
  readonly anchor: ClockAnchor;
}

export async function accountWatch(input: AccountWatchInput): Promise<never> {
  const { watchAccount } = proxyActivities<AccountActivities>({
    taskQueue: venueReadTaskQueue(input.account),
    startToCloseTimeout: '7h',
    heartbeatTimeout: '30s',
    retry: { initialInterval: '1s', backoffCoefficient: 1 },
    summary: `read the account ${input.account}`,
  });
  for (;;) {
    await watchAccount({ symbols: input.symbols, perpetuals: input.perpetuals, anchor: input.anchor });
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof accountWatch>(input);
  }
}
