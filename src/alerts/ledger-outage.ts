/**
 * While the ledger is away its outbox is, too: this alert goes to the targets straight from the process that sees it.
 * Back again, the ledger is told who knows of it, and the outbox does the rest.
 */
import { alertKeys } from '../domain/alert-keys.ts';
import type { AlertOutbox } from '../ports/alert-outbox.ts';
import type { Clock } from '../ports/clock.ts';
import { duration } from './message-text.ts';
import { bounded } from './retry-after.ts';
import type { DrainTiming } from './target-queue.ts';
import type { AlertTarget, Origin } from './target.ts';

export interface LedgerOutage {
  /** It does not answer. Never throws. */
  lasts(reason: string): Promise<void>;
  /** It answers. @throws LedgerUnavailable when it is away again before this is on record */
  over(): Promise<void>;
}

export interface OutagePorts {
  readonly outbox: Pick<AlertOutbox, 'recordOutage'>;
  readonly targets: readonly AlertTarget[];
  readonly clock: Clock;
  readonly origin: Origin;
  readonly timing: Pick<DrainTiming, 'outageAlertMs' | 'firstPauseMs'>;
}

interface Standing {
  readonly sinceMs: number;
  readonly reason: string;
  readonly told: Set<string>;
  /** When a target that could not be told may be tried again, and after how many failures. */
  readonly paused: Map<string, { untilMs: number; failures: number }>;
}

const key = alertKeys.ledger_unreachable();
const longestPauseMs = 60_000;

export function createLedgerOutage({ outbox, targets, clock, origin, timing }: OutagePorts): LedgerOutage {
  let standing: Standing | null = null;

  async function tell(target: AlertTarget, outage: Standing): Promise<void> {
    const nowMs = clock.nowMs();
    const { untilMs, failures } = outage.paused.get(target.name) ?? { untilMs: 0, failures: 0 };
    if (outage.told.has(target.name) || nowMs < untilMs) return;
    const alertId = `${key}-${outage.sinceMs}`;
    const alert = { id: alertId, alertId, phase: 'raised', key, severity: 'critical', positionKey: null } as const;
    const answer = await target.send({
      origin,
      sentAtMs: nowMs,
      alerts: [
        {
          ...alert,
          message: messageOf(outage, nowMs),
          raisedAtMs: outage.sinceMs,
          resolvedAtMs: null,
          count: 1,
          attempts: failures,
        },
      ],
    });
    if (answer.kind === 'taken') {
      outage.told.add(target.name);
      return;
    }
    const backoffMs = Math.min(longestPauseMs, timing.firstPauseMs * 2 ** Math.min(failures, 20));
    const pauseMs = Math.max(backoffMs, bounded(answer.retryAfterMs ?? 0));
    outage.paused.set(target.name, { untilMs: clock.nowMs() + pauseMs, failures: failures + 1 });
  }

  return {
    async lasts(reason) {
      standing ??= { sinceMs: clock.nowMs(), reason, told: new Set(), paused: new Map() };
      const outage = standing;
      if (clock.nowMs() - outage.sinceMs < timing.outageAlertMs) return;
      await Promise.all(targets.map((target) => tell(target, outage)));
    },
    async over() {
      if (standing === null) return;
      const { sinceMs, told } = standing;
      const untilMs = clock.nowMs();
      if (untilMs - sinceMs >= timing.outageAlertMs || told.size > 0) {
        const message = messageOf(standing, untilMs);
        const outage = {
          key,
          severity: 'critical',
          message,
          positionKey: null,
          sinceMs,
          untilMs,
          told: [...told],
        } as const;
        await outbox.recordOutage(outage);
      }
      standing = null;
    },
  };
}

function messageOf({ sinceMs, reason }: Standing, nowMs: number): string {
  return `the ledger did not answer for ${duration(nowMs - sinceMs)}, and nothing is opened or closed without it: ${reason}`;
}
