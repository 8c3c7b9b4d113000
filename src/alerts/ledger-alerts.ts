/** Alerts to the log and to the ledger's table, from where the outbox takes them to people. */
import type { Logger } from 'pino';
import type { Alert, Alerts } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import { LedgerUnavailable, type Ledger } from '../ports/ledger.ts';

const levels = { info: 'info', warning: 'warn', critical: 'error' } as const;
/** What the ledger could not take is tried again this often, while this process lives. */
const defaultRetryMs = 2_000;
/** Beyond this the newest are in the log alone: nobody reads a thousand. */
const longestBacklog = 1_000;

export interface AlertPorts {
  readonly ledger: Pick<Ledger, 'raiseAlert' | 'resolveAlert'>;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly clock: Clock;
  readonly retryMs?: number;
}

interface Writing {
  readonly key: string;
  readonly name: 'stored' | 'resolved';
  readonly write: () => Promise<void>;
}

/**
 * Never throws: whoever alerts has something more important to do than to fail at alerting. While the ledger is away,
 * what is to be written waits here, in its order: an alert is often raised once only.
 */
export function createAlerts({ ledger, log, clock, retryMs = defaultRetryMs }: AlertPorts): Alerts {
  const backlog: Writing[] = [];

  async function write(writing: Writing): Promise<void> {
    // Past what waits, a resolution could overtake the alert that it resolves.
    if (backlog.length > 0) return keep(writing, 'the ledger is still away');
    try {
      await writing.write();
    } catch (error) {
      if (error instanceof LedgerUnavailable) keep(writing, error.message);
      else tell(writing, String(error), '');
    }
  }

  function keep(writing: Writing, error: string): void {
    const isKept = backlog.length < longestBacklog;
    tell(writing, error, isKept ? '; it is tried again' : ', and too many wait already');
    if (isKept && backlog.push(writing) === 1) tryLater();
  }

  function tell({ key, name }: Writing, error: string, then: string): void {
    log.error({ alert: key, error }, `the alert could not be ${name}${then}`);
  }

  function tryLater(): void {
    setTimeout(() => void writeBacklog(), retryMs).unref();
  }

  async function writeBacklog(): Promise<void> {
    for (let [first] = backlog; first !== undefined; [first] = backlog) {
      try {
        await first.write();
      } catch (error) {
        if (error instanceof LedgerUnavailable) return tryLater();
        tell(first, String(error), '');
      }
      backlog.shift();
    }
  }

  return {
    async raise(alert: Alert) {
      log[levels[alert.severity]]({ alert: alert.key, positionKey: alert.positionKey }, alert.message);
      const nowMs = clock.nowMs();
      await write({ key: alert.key, name: 'stored', write: () => ledger.raiseAlert(alert, nowMs) });
    },
    async resolve(key: string) {
      const nowMs = clock.nowMs();
      await write({ key, name: 'resolved', write: () => ledger.resolveAlert(key, nowMs) });
    },
  };
}
