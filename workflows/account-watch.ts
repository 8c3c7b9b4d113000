/** Keeps one watcher of an account alive: balances, positions, margin and funding, read every 10 s. */
import {
  ActivityCancellationType,
  CancellationScope,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { AccountActivities } from '../activities/index.ts';
import type { ClockAnchor } from '../src/domain/market-clock.ts';
import { venueReadTaskQueue } from '../src/domain/names.ts';
import { isWatchedSymbols } from './message-shapes.ts';
import { watchedSymbolsSignal, type WatchedSymbols } from './messages.ts';

export interface AccountWatchInput extends WatchedSymbols {
  readonly account: string;
  readonly anchor: ClockAnchor;
}

export async function accountWatch(input: AccountWatchInput): Promise<never> {
  const { account, anchor } = input;
  const { watchAccount } = proxyActivities<AccountActivities>({
    taskQueue: venueReadTaskQueue(account),
    startToCloseTimeout: '7h',
    heartbeatTimeout: '30s',
    retry: { initialInterval: '1s', backoffCoefficient: 1 },
    // The next watcher begins where this one has ended: two would declare and book the same things.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: `read the account ${account}`,
  });
  let watched: WatchedSymbols = input;
  let reading: CancellationScope | null = null;
  setHandler(watchedSymbolsSignal, (next) => {
    if (!isWatchedSymbols(next)) return;
    const { symbols, perpetuals } = next;
    if (isSame(symbols, watched.symbols) && isSame(perpetuals, watched.perpetuals)) return;
    watched = { symbols, perpetuals };
    reading?.cancel();
  });
  for (;;) {
    const { symbols, perpetuals } = watched;
    const scope = new CancellationScope();
    reading = scope;
    try {
      await scope.run(() => watchAccount({ symbols, perpetuals, anchor }));
    } catch (error) {
      if (!isCancellation(error) || !scope.consideredCancelled || CancellationScope.current().consideredCancelled)
        throw error;
    }
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof accountWatch>({ ...watched, account, anchor });
  }
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((symbol) => right.includes(symbol));
}
