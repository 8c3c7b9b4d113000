/**
 * The venues' truth against the ledger: what differs in two passes is drift, a live position without a running workflow
 * is an orphan, a watch that nobody evaluates is evaluated here. Heals what is safe, alerts the rest.
 */
import {
  ApplicationFailure,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  patched,
  proxyActivities,
  sleep,
  startChild,
  TemporalFailure,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import type {
  AccountActivities,
  LedgerActivities,
  MarketActivities,
  ReconcileActivities,
} from '../activities/index.ts';
import type { HealedAccount } from '../activities/reconciliation/healing.ts';
import type { Finding } from '../src/domain/reconciliation/comparison.ts';
import type { ClockAnchor } from '../src/domain/market-clock.ts';
import { basisTaskQueue, marketTaskQueue, positionWorkflowId, venueReadTaskQueue } from '../src/domain/names.ts';
import {
  isMissed,
  seenTwice,
  type Healed,
  type Orphan,
  type ReconciliationReport,
} from '../src/domain/reconciliation/reconciliation.ts';
import { basisPosition } from './basis-position.ts';
import { closePriority, venueFillSignal } from './messages.ts';

export interface ReconcileInput {
  readonly accounts: readonly {
    readonly account: string;
    readonly symbols: readonly string[];
    readonly perpetuals: readonly string[];
  }[];
  readonly anchor: ClockAnchor;
  /** Whose positions may be orphans; all unless given. */
  readonly book?: string;
  /** Whether an orphan is brought to zero at once; else a person is told. */
  readonly flattenOrphans: boolean;
}

/** Between two passes: longer than any venue takes to show what it has accepted. */
const betweenPassesMs = 3_000;
/** Passes at most, where an account's books keep moving. */
const mostPasses = 4;
/** Wall time after which a watch that nobody evaluated is evaluated here. */
const forgottenMs = 60_000;

export async function reconcileVenues(input: ReconcileInput): Promise<ReconciliationReport> {
  const atWallMs = Date.now();
  // Exits first: nothing that an account does not answer may hold them up.
  const early = patched('forgotten-first') ? await evaluateForgotten(atWallMs) : null;
  const healed: Healed[] = [...(await heal(input)), ...(early ?? (await evaluateForgotten(atWallMs)))];
  const findings = await findTwice(input);
  const orphans = await takeCareOfOrphans(
    input,
    await ledger().findOrphans(input.book === undefined ? {} : { book: input.book }),
  );
  healed.push(...(await ledger().releaseReservations({ orphans, anchor: input.anchor })));
  const released = new Set(healed.flatMap(({ kind, subject }) => (kind === 'reservation_released' ? [subject] : [])));
  const left = orphans.filter(({ key }) => !released.has(key));
  const isClean = findings.length === 0 && left.length === 0;
  const report = { atWallMs, isClean, findings, orphans: left, healed };
  await ledger().reportReconciliation(report);
  return report;
}

function ledger() {
  return proxyActivities<LedgerActivities & ReconcileActivities>({
    taskQueue: basisTaskQueue,
    startToCloseTimeout: '20s',
    retry: { initialInterval: '200ms', maximumInterval: '5s' },
  });
}

function venue(account: string, summary: string) {
  return proxyActivities<AccountActivities>({
    taskQueue: venueReadTaskQueue(account),
    // An account that nobody serves, or that is slow, is missed: however many are, the run ends in its five minutes,
    // with one healing and four passes, and looks after all others.
    scheduleToStartTimeout: '10s',
    scheduleToCloseTimeout: '45s',
    startToCloseTimeout: '30s',
    // A venue that is down is another alert's story; the next run compares it.
    retry: { initialInterval: '500ms', maximumInterval: '5s', maximumAttempts: 4 },
    summary,
  });
}

/** Books what only the venues know, and tells the positions that it concerns. */
async function heal({ accounts, anchor }: ReconcileInput): Promise<Healed[]> {
  const results = await Promise.all(
    accounts.map(({ account, perpetuals }) =>
      reached(() => venue(account, `look for what the ledger lacks of ${account}`).healAccount({ perpetuals, anchor })),
    ),
  );
  const found = results.flatMap((result): HealedAccount[] => (result.kind === 'reached' ? [result.value] : []));
  for (const { workflowId, observation } of found.flatMap(({ news }) => news)) {
    // A workflow that is not there is an orphan, and is found below.
    await getExternalWorkflowHandle(workflowId).signal(venueFillSignal, observation).catch(unlessGone);
  }
  return found.flatMap((one) => one.healed);
}

async function evaluateForgotten(atWallMs: number): Promise<Healed[]> {
  const market = proxyActivities<MarketActivities>({
    taskQueue: marketTaskQueue,
    scheduleToCloseTimeout: '20s',
    startToCloseTimeout: '15s',
    retry: { initialInterval: '500ms', maximumAttempts: 3 },
    priority: closePriority,
    summary: 'evaluate watches that nobody evaluates',
  });
  const result = await reached(() => market.evaluateForgotten({ sinceMs: atWallMs - forgottenMs }));
  return result.kind === 'reached' ? result.value : [];
}

/** Differences that two passes in a row saw alike. */
async function findTwice(input: ReconcileInput): Promise<Finding[]> {
  let before = await findOnce(input);
  for (let pass = 2; ; pass += 1) {
    if (before.length === 0) return [];
    await sleep(betweenPassesMs, { summary: 'before the second pass' });
    const now = await findOnce(input);
    const open = [...before, ...now].some(isMissed);
    if (!open || pass === mostPasses) return seenTwice(before, now);
    before = now;
  }
}

async function findOnce({ accounts, anchor }: ReconcileInput): Promise<Finding[]> {
  const since = await ledger().baselineTimes();
  const before = await ledger().markLedger({ accounts: accounts.map(({ account }) => account) });
  const reads = await Promise.all(
    accounts.map(({ account, symbols, perpetuals }) =>
      reached(() =>
        venue(account, `read everything of ${account}`).readVenueTruth({
          symbols,
          perpetuals,
          sinceMarketMs: since[account] ?? 0,
          anchor,
        }),
      ),
    ),
  );
  const truths = reads.flatMap((read) => (read.kind === 'reached' ? [read.value] : []));
  const missing = accounts.flatMap(({ account }, index): Finding[] => {
    const read = reads[index];
    if (read === undefined || read.kind === 'reached') return [];
    return [{ kind: 'not_compared', account, positionKey: null, detail: 'the venue could not be read' }];
  });
  return [...missing, ...(await ledger().findDrift({ truths, before }))];
}

async function takeCareOfOrphans(input: ReconcileInput, orphans: readonly Orphan[]): Promise<Orphan[]> {
  if (!input.flattenOrphans) return [...orphans];
  return Promise.all(
    orphans.map(async (orphan): Promise<Orphan> => {
      const { key, workflow } = orphan;
      const recovered = await ledger().recoverPosition({
        key,
        as: 'flatten',
        anchor: input.anchor,
        exitReason: 'force_close',
        detail: `its workflow is ${workflow}: brought to zero by the reconciliation`,
        nowMs: Date.now(),
      });
      if (recovered.kind === 'refused') return orphan;
      try {
        await startChild(basisPosition, {
          workflowId: positionWorkflowId(key),
          // A live twin is excluded by the server: the same id, and only after one that did not end well.
          workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
          parentClosePolicy: ParentClosePolicy.ABANDON,
          priority: closePriority,
          staticSummary: `take over ${key} and bring it to zero`,
          args: [recovered.input],
        });
      } catch (error) {
        if (!(error instanceof TemporalFailure)) throw error;
        return orphan;
      }
      return { ...orphan, action: 'flattening' };
    }),
  );
}

type Reached<T> = { readonly kind: 'reached'; readonly value: T } | { readonly kind: 'missed' };

async function reached<T>(read: () => Promise<T>): Promise<Reached<T>> {
  try {
    return { kind: 'reached', value: await read() };
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    return { kind: 'missed' };
  }
}

function unlessGone(error: unknown): void {
  if (error instanceof ApplicationFailure || error instanceof TemporalFailure) return;
  if (error instanceof Error && /not found|unable to signal/i.test(error.message)) return;
  throw error;
}
