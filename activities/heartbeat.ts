/** Heartbeats while a body runs, so that the death of a worker is seen in seconds. */
import { Context } from '@temporalio/activity';

export async function withHeartbeat<T>(intervalMs: number, body: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), intervalMs);
  try {
    return await body();
  } finally {
    clearInterval(timer);
  }
}
