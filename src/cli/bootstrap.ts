/** Starts the long-running workflows of a home, or finds them running. */
import { WorkflowIdConflictPolicy, type Client } from '@temporalio/client';
import type { Config } from '../config/schema.ts';
import type { ClockAnchor } from '../domain/market-clock.ts';
import {
  accountWatchWorkflowId,
  basisTaskQueue,
  engineWorkflowId,
  firstShard,
  marketWatchWorkflowId,
  signalNames,
  stoppingReason,
  workflowTypes,
} from '../domain/names.ts';

/** What an account trades, from the configured pairs. */
export interface AccountSymbols {
  readonly account: string;
  readonly symbols: readonly string[];
  readonly perpetuals: readonly string[];
}

export function accountSymbols(config: Config): AccountSymbols[] {
  return Object.keys(config.accounts).map((account) => {
    const spots = config.pairs.filter(({ spot }) => spot.account === account).map(({ spot }) => spot.symbol);
    const perpetuals = [
      ...new Set(config.pairs.filter(({ perp }) => perp.account === account).map(({ perp }) => perp.symbol)),
    ];
    return { account, symbols: [...new Set([...spots, ...perpetuals])], perpetuals };
  });
}

export async function startServices(client: Client, config: Config, anchor: ClockAnchor): Promise<void> {
  const start = (type: string, workflowId: string, staticSummary: string, input: unknown): Promise<unknown> =>
    client.workflow.start(type, {
      workflowId,
      taskQueue: basisTaskQueue,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      staticSummary,
      args: [input],
    });
  const { book } = config;
  await Promise.all([
    ...accountSymbols(config).map((symbols) =>
      start(workflowTypes.accountWatch, accountWatchWorkflowId(symbols.account), `reads ${symbols.account}`, {
        ...symbols,
        anchor,
      }),
    ),
    start(workflowTypes.engine, engineWorkflowId(book), `admits positions of the book ${book}`, {
      book,
      anchor,
      paused: false,
      pauseReason: null,
    }),
    start(workflowTypes.marketWatch, marketWatchWorkflowId(firstShard), 'watches the markets', {
      shard: firstShard,
      book,
      anchor,
    }),
  ]);
  const { pauseReason } = await client.workflow
    .getHandle(engineWorkflowId(book))
    .query<{ pauseReason: string | null }>('engine');
  if (pauseReason === stoppingReason)
    await client.workflow.getHandle(engineWorkflowId(book)).signal(signalNames.resume);
}
