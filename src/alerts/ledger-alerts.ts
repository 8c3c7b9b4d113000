/** Alerts to the log and to the ledger's table, from where the outbox takes them to people. */
import type { Logger } from 'pino';
import type { Alert, Alerts } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';

const levels = { info: 'info', warning: 'warn', critical: 'error' } as const;

export interface AlertPorts {
  readonly ledger: Pick<Ledger, 'raiseAlert' | 'resolveAlert'>;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly clock: Clock;
}

/** Never throws: whoever alerts has something more important to do than to fail at alerting. */
export function createAlerts({ ledger, log, clock }: AlertPorts): Alerts {
  return {
    async raise(alert: Alert) {
      log[levels[alert.severity]]({ alert: alert.key, positionKey: alert.positionKey }, alert.message);
      try {
        await ledger.raiseAlert(alert, clock.nowMs());
      } catch (error) {
        log.error({ alert: alert.key, error: String(error) }, 'the alert could not be stored');
      }
    },
    async resolve(key: string) {
      try {
        await ledger.resolveAlert(key, clock.nowMs());
      } catch (error) {
        log.error({ alert: key, error: String(error) }, 'the alert could not be resolved');
      }
    },
  };
}
