/** Activities of a reconciliation on the ledger's side: what counts as drift, who is an orphan, and the report. */
import { Context } from '@temporalio/activity';
import { alertEvent, alertKeys } from '../../src/domain/alert-keys.ts';
import type { Finding } from '../../src/domain/reconciliation/comparison.ts';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import { liveStatuses } from '../../src/domain/position.ts';
import type { Healed, Orphan, ReconciliationReport } from '../../src/domain/reconciliation/reconciliation.ts';
import type { ReservationLimits } from '../../src/domain/portfolio/reservation.ts';
import type { Alert, Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger, PositionRow } from '../../src/ports/ledger.ts';
import { compareTruths } from './comparing.ts';
import { withFailures } from '../failures.ts';
import { finishPosition } from '../execution/finishing.ts';
import { recoverPosition, type Recovered, type RecoveryRequest } from '../execution/recovery.ts';
import type { VenueTruth } from './venue-truth.ts';

/** A position is written before its workflow starts: only after so long is a missing workflow missed. Wall time. */
const startingMs = 60_000;
/** After so long without a workflow and without exposure its capital goes back. Wall time. */
const releaseAfterMs = 300_000;
/** Runs in a row that could not compare an account, after which a person hears of it. */
const unseenRuns = 3;

/** What the ledger holds of each account, to be compared with what it holds a moment later. */
export type LedgerMarks = Readonly<Record<string, string>>;

export interface ReconcilePorts {
  readonly ledger: Ledger;
  readonly alerts: Alerts;
  readonly clock: Clock;
  readonly limits: ReservationLimits;
}

export function createReconcileActivities(ports: ReconcilePorts) {
  const { ledger, alerts, clock, limits } = ports;

  return {
    async markLedger(input: { accounts: readonly string[] }): Promise<LedgerMarks> {
      return withFailures(() => markLedger(ledger, input.accounts));
    },

    /**
     * The findings of accounts whose books stood still while the venue was read; of the others only that they could not
     * be compared. `before` was marked before the venues were read.
     */
    async findDrift(input: { truths: readonly VenueTruth[]; before: LedgerMarks }): Promise<Finding[]> {
      return withFailures(() => findDrift(ledger, input.truths, input.before));
    },

    /** Live positions that no running workflow looks after: of one book, or, asked by older code, of all. */
    async findOrphans(input?: { book?: string }): Promise<Orphan[]> {
      return withFailures(async () => {
        const { client } = Context.current();
        const describe: DescribeRun = (workflowId) => client.workflow.getHandle(workflowId).describe();
        return findOrphans(ledger, describe, clock.nowMs(), input?.book);
      });
    },

    /** Gives back the capital of orphans that never sent anything. */
    async releaseReservations(input: { orphans: readonly Orphan[]; anchor: ClockAnchor }): Promise<Healed[]> {
      return withFailures(async () => {
        const released: Healed[] = [];
        for (const { key } of input.orphans) if (await release(key, input.anchor)) released.push(releasedOf(key));
        return released;
      });
    },

    /** The input of a workflow that takes over an orphan. */
    async recoverPosition(request: Omit<RecoveryRequest, 'limits'>): Promise<Recovered> {
      return withFailures(() => recoverPosition(ledger, { ...request, limits }));
    },

    /** Stores the report, alerts what it found, and ends the alerts of what is no longer found. */
    async reportReconciliation(report: ReconciliationReport): Promise<void> {
      await withFailures(() => reportReconciliation(ledger, alerts, report));
    },
  };

  async function release(key: string, anchor: ClockAnchor): Promise<boolean> {
    const position = await ledger.position(key);
    const nowMs = clock.nowMs();
    if (position === null || nowMs - position.updatedAtWallMs < releaseAfterMs) return false;
    const orders = await ledger.ordersOf(key);
    if (orders.some(({ claimedAtMs }) => claimedAtMs !== null)) return false;
    const abortReason = 'released: it has neither a workflow nor an order';
    const ending = { key, status: 'aborted', exitReason: null, abortReason, anchor, closePrices: null } as const;
    await finishPosition(ports, { ...ending, nowWallMs: nowMs });
    return true;
  }
}

export type ReconcileActivities = ReturnType<typeof createReconcileActivities>;

/** An order on its way makes every figure of its account a figure of a moment ago. */
export async function markLedger(ledger: Ledger, accounts: readonly string[]): Promise<LedgerMarks> {
  const marks = await Promise.all(
    accounts.map(async (account) => {
      const net = await ledger.netFills(account);
      const funding = (await ledger.fundingPaymentsOfAccount(account)).length;
      const charges = (await ledger.liquidationChargesOf(account)).length;
      const interest = (await ledger.interestOfAccount(account)).length;
      const moving = net.some(({ unresolvedOrders }) => unresolvedOrders > 0);
      return [account, moving ? '' : JSON.stringify([net, funding, charges, interest])] as const;
    }),
  );
  return Object.fromEntries(marks);
}

export async function findDrift(
  ledger: Ledger,
  truths: readonly VenueTruth[],
  before: LedgerMarks,
): Promise<Finding[]> {
  const comparison = await compareTruths(ledger, truths);
  const accounts = truths.map(({ reading }) => reading.account);
  const after = await markLedger(ledger, accounts);
  const moved = accounts.filter((account) => before[account] === '' || before[account] !== after[account]);
  return [
    ...comparison.findings.filter(({ account }) => account === null || !moved.includes(account)),
    ...moved.map((account): Finding => {
      const detail = 'the ledger went on while it was read: it is compared in the next run';
      return { kind: 'not_compared', account, positionKey: null, detail };
    }),
  ];
}

/** How a workflow's latest run stands. @throws Error named `WorkflowNotFoundError` */
export type DescribeRun = (workflowId: string) => Promise<{ readonly status: { readonly name: string } }>;

export async function findOrphans(
  ledger: Pick<Ledger, 'positions' | 'position'>,
  describe: DescribeRun,
  nowMs: number,
  book?: string,
): Promise<Orphan[]> {
  const all = await ledger.positions({ statuses: liveStatuses });
  // Another book's workflows may be in another Temporal.
  const live = all.filter(({ plan }) => book === undefined || plan.book === book);
  const orphans = await Promise.all(
    live.map(async (position) => {
      const orphan = await orphanOf(position, describe, nowMs);
      if (orphan === null) return [];
      // Its workflow may have ended it, and itself, since the list was read.
      const now = await ledger.position(orphan.key);
      return now === null || !liveStatuses.includes(now.status) ? [] : [orphan];
    }),
  );
  return orphans.flat();
}

async function orphanOf(
  { key, workflowId, status, updatedAtWallMs }: PositionRow,
  describe: DescribeRun,
  nowMs: number,
): Promise<Orphan | null> {
  try {
    const { status: run } = await describe(workflowId);
    if (run.name === 'RUNNING' || run.name === 'CONTINUED_AS_NEW') return null;
    return { key, status, workflow: run.name.toLowerCase().replaceAll('_', ' '), action: 'reported' };
  } catch (error) {
    // The client's class is not ours to import; its name says which error it is.
    if (!(error instanceof Error) || error.name !== 'WorkflowNotFoundError') throw error;
    return nowMs - updatedAtWallMs < startingMs ? null : { key, status, workflow: 'not found', action: 'reported' };
  }
}

function releasedOf(key: string): Healed {
  return { kind: 'reservation_released', subject: key, detail: 'it had neither a workflow nor an order' };
}

export async function reportReconciliation(
  ledger: Ledger,
  alerts: Alerts,
  report: ReconciliationReport,
  hasLookedForOrphans = true,
): Promise<void> {
  const before = await ledger.latestReconciliations(unseenRuns - 1);
  await ledger.recordReconciliation(report);
  const messages = new Map<string, Omit<Alert, 'key'>>();
  const moved: string[] = [];
  for (const finding of report.findings) {
    const { kind, account, positionKey, detail, of } = finding;
    const subject = account ?? positionKey ?? '';
    // What stands of one perpetual or coin must not hide what happens to another.
    const key = alertKeys.reconcile(kind, of === undefined ? subject : `${subject}/${of}`);
    if (hasMoved(finding, before, report)) moved.push(key);
    if (kind !== 'not_compared') {
      messages.set(key, { severity: 'critical', message: `${subject}: ${detail}`, positionKey });
    } else if (isUnseen(finding, before)) {
      const message = `${subject} was not compared in the last ${unseenRuns} reconciliations: ${detail}`;
      messages.set(key, { severity: 'warning', message, positionKey });
    }
  }
  for (const { key, status, workflow, action } of report.orphans) {
    const todo = action === 'flattening' ? 'it is brought to zero' : `basis adopt or basis flatten takes it over`;
    const message = `${key} is ${status} and its workflow is ${workflow}: ${todo}`;
    messages.set(alertKeys.reconcile('orphan', key), { severity: 'critical', message, positionKey: key });
  }
  // More has happened to what stands already: it is told anew.
  for (const key of moved) await alerts.resolve(key);
  for (const [key, alert] of messages) await alerts.raise({ key, ...alert });
  const missed = report.findings.flatMap(({ kind, account }) => (kind === 'not_compared' ? [account] : []));
  for (const { key } of await ledger.openAlerts()) {
    if (alertEvent(key) !== 'reconcile' || messages.has(key)) continue;
    // What nobody has looked at may be there still.
    if (!hasLookedForOrphans && key.startsWith(alertKeys.reconcile('orphan', ''))) continue;
    // A position's two legs are compared only where both of its accounts are.
    if (missed.length > 0 && key.startsWith(alertKeys.reconcile('one_legged', ''))) continue;
    const [, , account] = key.split('/');
    if (!missed.some((one) => one === account)) await alerts.resolve(key);
  }
}

/** Whether a quantity differs by another amount than when it was found last. A repetition finds its own report, and passes it by. */
function hasMoved(
  { kind, account, of, beyondBase }: Finding,
  before: readonly ReconciliationReport[],
  { atWallMs }: ReconciliationReport,
): boolean {
  const last = before
    .filter((report) => report.atWallMs !== atWallMs)
    .flatMap(({ findings }) => findings)
    .find((finding) => finding.kind === kind && finding.account === account && finding.of === of);
  return last?.beyondBase !== undefined && last.beyondBase !== beyondBase;
}

/** Once is nothing: the ledger went on meanwhile, or its venue was away for a minute. */
function isUnseen({ account }: Finding, before: readonly ReconciliationReport[]): boolean {
  const missed = before.filter(({ findings }) =>
    findings.some((finding) => finding.kind === 'not_compared' && finding.account === account),
  );
  return missed.length >= unseenRuns - 1;
}
