/** How long a workflow's tasks waited for a worker: on a busy machine a position can be no faster than that. */
import type { History } from '../../../bench/history.ts';
import type { Outage } from './outages.ts';

type HistoryEvent = NonNullable<History['events']>[number];

/** A wait under this is the ordinary way of a task; wall time. */
const ordinaryMs = 300;

/** Of workflow tasks, the timed out included. Times are the server's, which is this machine. */
export function waitsOf(history: History): Outage[] {
  const waits: Outage[] = [];
  let scheduledAtMs: number | null = null;
  for (const event of history.events ?? []) {
    if (event.workflowTaskScheduledEventAttributes) scheduledAtMs ??= atMs(event);
    // A task that is given up before or after its start is scheduled again: its wait goes on.
    if (!event.workflowTaskCompletedEventAttributes || scheduledAtMs === null) continue;
    const toMs = atMs(event);
    if (toMs - scheduledAtMs > ordinaryMs) waits.push({ name: 'no worker', fromMs: scheduledAtMs, toMs });
    scheduledAtMs = null;
  }
  return waits;
}

function atMs({ eventTime }: HistoryEvent): number {
  return Number(String(eventTime?.seconds ?? 0)) * 1_000 + (eventTime?.nanos ?? 0) / 1e6;
}
