/** Heartbeats while a body runs, so that the death of a worker is seen in seconds. */
import { Context } from '@temporalio/activity';

/** @param details what a later attempt should know; each heartbeat replaces the details of the one before */
export async function withHeartbeat<T>(
  intervalMs: number,
  body: () => Promise<T>,
  details?: () => unknown,
): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(details?.()), intervalMs);
  try {
    return await body();
  } finally {
    clearInterval(timer);
  }
}
