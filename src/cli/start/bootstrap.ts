/** Starts the long-running workflows of a home, or finds them running. */
import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  WorkflowIdConflictPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import type { Config } from '../../config/schema.ts';
import { wallDurationMs, type ClockAnchor } from '../../domain/market-clock.ts';
import {
  accountWatchWorkflowId,
  basisTaskQueue,
  engineWorkflowId,
  firstShard,
  marketWatchWorkflowId,
  performanceScheduleId,
  signalNames,
  stoppingReason,
  workflowTypes,
} from '../../domain/names.ts';
import type { EngineView } from '../../../workflows/messages.ts';
import type { Stops } from '../engine.ts';

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

/** How often the venues are held against the ledger; wall time. */
const reconcileEvery = '5m';

/** Input of a reconciliation of all accounts. */
export function reconcileInput(config: Config, anchor: ClockAnchor) {
  const { book, reconcile } = config;
  return { accounts: accountSymbols(config), anchor, book, flattenOrphans: reconcile.flattenOrphans };
}

/** Made once, and brought up to date with the configuration at every start. */
async function putSchedule(
  client: Client,
  scheduleId: string,
  options: Pick<ScheduleOptions, 'spec' | 'policies'> & {
    readonly action: ScheduleOptions['action'] & { workflowId: string };
  },
): Promise<void> {
  try {
    await client.schedule.create({ scheduleId, ...options });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update((previous) => ({ ...options, state: previous.state }));
  }
}

function scheduleReconciliation(client: Client, config: Config, anchor: ClockAnchor): Promise<void> {
  const scheduleId = `reconcile/${config.book}`;
  return putSchedule(client, scheduleId, {
    spec: { intervals: [{ every: reconcileEvery }] },
    action: {
      type: 'startWorkflow',
      workflowType: workflowTypes.reconcile,
      workflowId: scheduleId,
      taskQueue: basisTaskQueue,
      workflowExecutionTimeout: '5m',
      args: [reconcileInput(config, anchor)],
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' },
  });
}

/** Every market hour, but no more often than a minute of wall time: it only rolls up what the watcher marks. */
function schedulePerformance(client: Client, { book }: Config, anchor: ClockAnchor): Promise<void> {
  const scheduleId = performanceScheduleId(book);
  return putSchedule(client, scheduleId, {
    spec: { intervals: [{ every: Math.max(60_000, wallDurationMs(anchor, 3_600_000)) }] },
    action: {
      type: 'startWorkflow',
      workflowType: workflowTypes.performance,
      workflowId: scheduleId,
      taskQueue: basisTaskQueue,
      workflowExecutionTimeout: '30m',
      args: [{ book, anchor }],
    },
    // What was missed is in the marks, and so in the next one.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' },
  });
}

/** Returns what a person has said, and the engine heard, against opening anything. */
export async function startServices(client: Client, config: Config, anchor: ClockAnchor): Promise<Stops> {
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
    scheduleReconciliation(client, config, anchor),
    ...accountSymbols(config).map(({ account, symbols, perpetuals }) =>
      client.workflow.signalWithStart(workflowTypes.accountWatch, {
        workflowId: accountWatchWorkflowId(account),
        taskQueue: basisTaskQueue,
        staticSummary: `reads ${account}`,
        args: [{ account, symbols, perpetuals, anchor }],
        signal: signalNames.watchedSymbols,
        signalArgs: [{ symbols, perpetuals }],
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
    schedulePerformance(client, config, anchor),
  ]);
  const engine = client.workflow.getHandle(engineWorkflowId(book));
  const { pauseReason, haltReason } = await engine.query<EngineView>('engine');
  if (pauseReason !== stoppingReason) return { pauseReason, haltReason };
  // A worker of older code takes it for a person's word, which ends a halt as well.
  if ((haltReason ?? null) === null) await engine.signal(signalNames.resume, { afterStop: true });
  return { pauseReason: null, haltReason };
}
