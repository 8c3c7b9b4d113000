/** One activity that asks what Temporal's clock says. */
import { proxyActivities } from '@temporalio/workflow';

export async function readClock(taskQueue: string): Promise<number> {
  const { temporalNow } = proxyActivities<{ temporalNow(): Promise<number> }>({
    taskQueue,
    startToCloseTimeout: '20s',
  });
  return temporalNow();
}
