/** Activities as this service calls them: queue, deadlines, retries and priority of each kind in one place. */
import { ActivityCancellationType, proxyActivities, type ActivityInterfaceFor } from '@temporalio/workflow';
import type { AccountActivities, LedgerActivities, MarketActivities, OrderActivities } from '../activities/index.ts';
import { basisTaskQueue, marketTaskQueue, venueReadTaskQueue, venueTaskQueue } from '../src/domain/names.ts';
import { closePriority, openPriority } from './messages.ts';

export type Urgency = 'open' | 'close';

const priorities = { open: openPriority, close: closePriority } as const;

/** The ledger: tried again for as long as it takes, since what it is told must not be lost. */
export function ledgerActivities(urgency: Urgency, summary: string): ActivityInterfaceFor<LedgerActivities> {
  return proxyActivities<LedgerActivities>({
    taskQueue: basisTaskQueue,
    startToCloseTimeout: '10s',
    retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    priority: priorities[urgency],
    summary,
  });
}

/** Orders: sent at most once, and given up before the queue is reached rather than sent late. */
export function orderActivities(
  account: string,
  urgency: Urgency,
  summary: string,
): ActivityInterfaceFor<OrderActivities> {
  return proxyActivities<OrderActivities>({
    taskQueue: venueTaskQueue(account),
    scheduleToStartTimeout: urgency === 'open' ? '3s' : '10s',
    startToCloseTimeout: '8s',
    heartbeatTimeout: '3s',
    retry: { maximumAttempts: 1 },
    priority: priorities[urgency],
    summary,
  });
}

/** Reads of an account: tried again until they answer. */
export function accountActivities(
  account: string,
  urgency: Urgency,
  summary: string,
): ActivityInterfaceFor<AccountActivities> {
  return proxyActivities<AccountActivities>({
    taskQueue: venueReadTaskQueue(account),
    startToCloseTimeout: '20s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' },
    priority: priorities[urgency],
    summary,
  });
}

/** Watching an order that rests: for as long as it does, and taken over within seconds from a worker that dies. */
export function restingActivities(
  account: string,
  summary: string,
  leftMs: number,
): ActivityInterfaceFor<AccountActivities> {
  return proxyActivities<AccountActivities>({
    taskQueue: venueReadTaskQueue(account),
    startToCloseTimeout: Math.max(0, leftMs) + watchGraceMs,
    heartbeatTimeout: '6s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '2s' },
    priority: priorities.close,
    summary,
  });
}

/** Following the order books of a quote. */
export function quoteActivities(summary: string, leftMs: number): ActivityInterfaceFor<MarketActivities> {
  return proxyActivities<MarketActivities>({
    taskQueue: marketTaskQueue,
    scheduleToCloseTimeout: Math.max(0, leftMs) + watchGraceMs,
    heartbeatTimeout: '10s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '2s' },
    priority: priorities.close,
    summary,
  });
}

/** Past their own end, which whoever waits for them sees first. */
const watchGraceMs = 15_000;

/** Public market data, with an end: a close goes on without it. */
export function marketActivities(urgency: Urgency, summary: string): ActivityInterfaceFor<MarketActivities> {
  return proxyActivities<MarketActivities>({
    taskQueue: marketTaskQueue,
    scheduleToCloseTimeout: '10s',
    startToCloseTimeout: '5s',
    retry: { initialInterval: '200ms', maximumAttempts: 3 },
    priority: priorities[urgency],
    summary,
  });
}
