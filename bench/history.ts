/** When the steps of one position happened, from its workflow history. Times are the server's wall clock, in ms. */
import type { WorkflowHandle } from '@temporalio/client';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];

export interface Span {
  readonly scheduledAtMs: number;
  readonly startedAtMs: number;
  readonly completedAtMs: number;
}

export interface ActivitySpan extends Span {
  /** Such as `submitOrder`. */
  readonly name: string;
  /** Its first argument. */
  readonly input: unknown;
}

export interface ReceivedSignal {
  readonly name: string;
  readonly input: unknown;
  readonly atMs: number;
}

export interface Timeline {
  readonly startedAtMs: number;
  /** Completed ones, in the order in which they were scheduled. */
  readonly workflowTasks: readonly Span[];
  readonly activities: readonly ActivitySpan[];
  readonly signals: readonly ReceivedSignal[];
}

/** @throws Error for a history without its first event */
export function timelineOf(history: History): Timeline {
  const events = history.events ?? [];
  const byId = new Map(events.map((event) => [idOf(event.eventId), event]));
  const first = events[0];
  if (first === undefined) throw new Error('an empty history');
  const timeOf = (id: unknown): number | null => {
    const event = byId.get(idOf(id));
    return event === undefined ? null : atMs(event);
  };
  const span = (scheduledId: unknown, startedId: unknown, completedAtMs: number): Span | null => {
    const [scheduledAtMs, startedAtMs] = [timeOf(scheduledId), timeOf(startedId)];
    return scheduledAtMs === null || startedAtMs === null ? null : { scheduledAtMs, startedAtMs, completedAtMs };
  };
  const workflowTasks = events.flatMap((event) => {
    const done = event.workflowTaskCompletedEventAttributes;
    return (done && span(done.scheduledEventId, done.startedEventId, atMs(event))) ?? [];
  });
  const activities = events.flatMap((event): ActivitySpan[] => {
    const done = event.activityTaskCompletedEventAttributes;
    const times = done && span(done.scheduledEventId, done.startedEventId, atMs(event));
    const asked = byId.get(idOf(done?.scheduledEventId))?.activityTaskScheduledEventAttributes;
    if (!times || !asked) return [];
    return [{ ...times, name: asked.activityType?.name ?? '', input: argument(asked.input) }];
  });
  const signals = events.flatMap((event): ReceivedSignal[] => {
    const signal = event.workflowExecutionSignaledEventAttributes;
    return signal ? [{ name: signal.signalName ?? '', input: argument(signal.input), atMs: atMs(event) }] : [];
  });
  activities.sort((a, b) => a.scheduledAtMs - b.scheduledAtMs);
  return { startedAtMs: atMs(first), workflowTasks, activities, signals };
}

function idOf(id: unknown): string {
  return String(id);
}

function atMs({ eventTime }: HistoryEvent): number {
  return Number(String(eventTime?.seconds ?? 0)) * 1_000 + (eventTime?.nanos ?? 0) / 1e6;
}

function argument(
  input: { readonly payloads?: readonly { readonly data?: Uint8Array | null }[] | null } | null | undefined,
): unknown {
  const data = input?.payloads?.[0]?.data;
  return data ? (JSON.parse(Buffer.from(data).toString('utf8')) as unknown) : null;
}
