/** A workflow's history as lines: event, activity or signal, and the short texts in it. */
import type { History } from '../../bench/history.ts';

type HistoryEvent = NonNullable<History['events']>[number];

const longestText = 300;

export function historyEvents(history: History): { atMs: number; text: string }[] {
  const events = history.events ?? [];
  const names = new Map<string, string>();
  for (const event of events) {
    const asked = event.activityTaskScheduledEventAttributes;
    if (asked) names.set(String(event.eventId), asked.activityType?.name ?? '');
  }
  return events.flatMap((event) => {
    const what = describe(event, names);
    return what === null ? [] : [{ atMs: atMs(event), text: `history ${String(event.eventId)}: ${what}` }];
  });
}

function describe(event: HistoryEvent, names: ReadonlyMap<string, string>): string | null {
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled) return `${scheduled.activityType?.name} scheduled ${payload(scheduled.input)}`;
  const completed = event.activityTaskCompletedEventAttributes;
  if (completed) return `${names.get(String(completed.scheduledEventId))} completed ${payload(completed.result)}`;
  const failed = event.activityTaskFailedEventAttributes;
  if (failed) return `${names.get(String(failed.scheduledEventId))} failed: ${failed.failure?.message}`;
  const timedOut = event.activityTaskTimedOutEventAttributes;
  if (timedOut) return `${names.get(String(timedOut.scheduledEventId))} timed out: ${timedOut.failure?.message}`;
  const signal = event.workflowExecutionSignaledEventAttributes;
  if (signal) return `signal ${signal.signalName} ${payload(signal.input)}`;
  const taskFailed = event.workflowTaskFailedEventAttributes;
  if (taskFailed) return `workflow task failed: ${taskFailed.failure?.message}`;
  if (event.workflowTaskTimedOutEventAttributes) return 'workflow task timed out';
  const ended = event.workflowExecutionCompletedEventAttributes;
  if (ended) return `workflow completed ${payload(ended.result)}`;
  const broken = event.workflowExecutionFailedEventAttributes;
  if (broken) return `workflow failed: ${broken.failure?.message}`;
  if (event.workflowExecutionCancelRequestedEventAttributes) return 'cancel requested';
  return null;
}

function atMs({ eventTime }: HistoryEvent): number {
  return Number(String(eventTime?.seconds ?? 0)) * 1_000 + (eventTime?.nanos ?? 0) / 1e6;
}

function payload(
  input: { readonly payloads?: readonly { readonly data?: Uint8Array | null }[] | null } | null | undefined,
): string {
  const texts = (input?.payloads ?? []).map(({ data }) => (data ? Buffer.from(data).toString('utf8') : ''));
  const text = texts.join(', ');
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}
