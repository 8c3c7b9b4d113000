/** The SDK's log lines through pino, so that every process writes one kind of log. */
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import type { Logger } from 'pino';

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
/** Kept of the SDK's own fields: what tells a person where it happened. */
const shownFields = ['activityType', 'workflowType', 'workflowId', 'attempt', 'taskQueue'];
/** A worker that serves one kind of task warns that it serves no other. */
const expected = /^No (workflows|activities|Nexus services) registered/;

/** What the SDK calls informative (states of its workers) is detail here; its warnings stay warnings. */
export function createTemporalLogger(log: Logger): DefaultLogger {
  return new DefaultLogger('INFO', ({ level, message, meta }: LogEntry) => {
    if (expected.test(message)) return;
    const fields = Object.fromEntries(Object.entries(meta ?? {}).filter(([name]) => shownFields.includes(name)));
    const error = (meta as { error?: unknown } | undefined)?.error;
    const cause = error instanceof Error ? `: ${error.message}` : '';
    log[levels[level]](fields, `${message}${cause}`);
  });
}
