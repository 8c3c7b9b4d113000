/** One Temporal worker of this service: the settings that every role shares. */
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { stepPointInterceptors } from './step-points.ts';

export interface TemporalAddress {
  readonly address: string;
  readonly namespace: string;
}

/** Longer than the longest order call, so that a stopping worker lets its orders finish. */
const shutdownGraceMs = 10_000;

export async function createWorker(
  connection: NativeConnection,
  namespace: string,
  options: Partial<WorkerOptions> & { taskQueue: string },
): Promise<Worker> {
  return Worker.create({
    connection,
    namespace,
    shutdownGraceTime: shutdownGraceMs,
    // A killed worker's workflows move to the next one after this long.
    stickyQueueScheduleToStartTimeout: '2s',
    maxCachedWorkflows: 1_000,
    maxConcurrentActivityTaskExecutions: 100,
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    interceptors: stepPointInterceptors(),
    ...options,
  });
}
