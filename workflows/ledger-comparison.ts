/** Compares what the venues say with the ledger, and changes nothing but booking funding that it finds. */
import { proxyActivities } from '@temporalio/workflow';
import type { AccountActivities, LedgerActivities } from '../activities/index.ts';
import type { Comparison } from '../src/domain/reconciliation/comparison.ts';
import type { ClockAnchor } from '../src/domain/market-clock.ts';
import { basisTaskQueue, venueReadTaskQueue } from '../src/domain/names.ts';

export interface ComparisonInput {
  readonly accounts: readonly {
    readonly account: string;
    readonly symbols: readonly string[];
    readonly perpetuals: readonly string[];
  }[];
  /** All fills since the declarations are compared unless given. */
  readonly anchor?: ClockAnchor;
}

export async function ledgerComparison(input: ComparisonInput): Promise<Comparison> {
  const ledger = proxyActivities<LedgerActivities>({ taskQueue: basisTaskQueue, startToCloseTimeout: '20s' });
  const since = await ledger.baselineTimes();
  const truths = await Promise.all(
    input.accounts.map(async ({ account, symbols, perpetuals }) => {
      const venue = proxyActivities<AccountActivities>({
        taskQueue: venueReadTaskQueue(account),
        startToCloseTimeout: '30s',
        retry: { maximumInterval: '5s' },
        summary: `read everything of ${account}`,
      });
      const { anchor } = input;
      const recent = anchor === undefined ? {} : { anchor };
      return venue.readVenueTruth({ symbols, perpetuals, sinceMarketMs: since[account] ?? 0, ...recent });
    }),
  );
  return ledger.compareWithVenues({ truths });
}
