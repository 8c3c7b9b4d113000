/** One Temporal worker of this service: the settings that every role shares. */
import { NativeConnection, Runtime, Worker, type RuntimeOptions, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createTemporalLogger } from './logging.ts';
import { metricsOptions } from './metrics.ts';
import { stepPointInterceptors } from './step-points.ts';

export interface TemporalAddress {
  readonly address: string;
  readonly namespace: string;
}

/** Longer than the longest order call, so that a stopping worker lets its orders finish. */
const shutdownGraceMs = 10_000;

/**
 * The SDK's part of this process, before anything else of it is used. Figures are a help: without their port the worker
 * works all the same. @param tags of every figure
 * @throws ConfigError where the address of the figures cannot be one
 */
export function installRuntime(log: Logger, env: NodeJS.ProcessEnv, tags: Readonly<Record<string, string>>): void {
  const usual: RuntimeOptions = { logger: createTemporalLogger(log), shutdownSignals: ['SIGINT', 'SIGTERM'] };
  const metrics = metricsOptions(env, tags);
  try {
    Runtime.install({ ...usual, ...metrics });
  } catch (error) {
    if (metrics.telemetryOptions === undefined) throw error;
    log.warn({ error: error instanceof Error ? error.message : String(error) }, 'no metrics');
    Runtime.install(usual);
  }
}

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
