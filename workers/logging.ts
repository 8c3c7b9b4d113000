/** The SDK's log lines through pino, so that every process writes one kind of log. */
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import type { Logger } from 'pino';

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

export function createTemporalLogger(log: Logger): DefaultLogger {
  return new DefaultLogger('INFO', ({ level, message, meta }: LogEntry) => {
    // An activity that is only not there yet is tried again quietly.
    log[levels[level]]({ ...meta }, message);
  });
}
