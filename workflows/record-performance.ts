/** Rolls the marks of a book up: what it has come to by the end of the day. The watcher writes the marks. */
import { proxyActivities } from '@temporalio/workflow';
import type { LedgerActivities } from '../activities/index.ts';
import type { ClockAnchor } from '../src/domain/market-clock.ts';
import { basisTaskQueue } from '../src/domain/names.ts';

export interface PerformanceRequest {
  readonly book: string;
  readonly anchor: ClockAnchor;
}

export async function recordPerformance(request: PerformanceRequest): Promise<void> {
  const ledger = proxyActivities<LedgerActivities>({
    taskQueue: basisTaskQueue,
    startToCloseTimeout: '1m',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
    summary: `roll up the marks of ${request.book}`,
  });
  await ledger.recordPerformance(request);
}
