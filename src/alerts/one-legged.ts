/** Sees, from the fills in the ledger alone, that the legs of a position have been unequal for too long. */
import { alertEvent, alertKeys } from '../domain/alert-keys.ts';
import { decimal } from '../domain/decimal.ts';
import { coarserLot } from '../domain/execution/quantity.ts';
import type { LegHoldings } from '../ports/alert-outbox.ts';
import type { Alerts } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import { duration } from './message-text.ts';

/** Wall time beyond the hedge deadline in which the excess may be taken back. */
const graceMs = 10_000;

export interface OneLeggedPorts {
  readonly legsOfLive: () => Promise<LegHoldings[]>;
  readonly ledger: Pick<Ledger, 'openAlerts'>;
  readonly alerts: Alerts;
  readonly clock: Clock;
}

/** @returns a look at all positions that have not ended, to be taken every few seconds */
export function watchOneLegged({ legsOfLive, ledger, alerts, clock }: OneLeggedPorts): () => Promise<void> {
  const unequalSinceMs = new Map<string, number>();
  return async () => {
    const nowMs = clock.nowMs();
    const unequal = (await legsOfLive()).filter(isUnequal);
    const keys = new Set(unequal.map(({ plan }) => plan.key));
    for (const key of unequalSinceMs.keys()) if (!keys.has(key)) unequalSinceMs.delete(key);
    // From the ledger: the process that raised one may be gone.
    const open = new Set((await ledger.openAlerts()).map(({ key }) => key).filter(isOneLegged));
    for (const legs of unequal) {
      const { key, hedgeDeadlineMs } = legs.plan;
      const sinceMs = unequalSinceMs.get(key) ?? nowMs;
      unequalSinceMs.set(key, sinceMs);
      if (nowMs - sinceMs < hedgeDeadlineMs + graceMs || open.has(alertKeys.one_legged(key))) continue;
      const message = messageOf(legs, nowMs - sinceMs);
      await alerts.raise({ key: alertKeys.one_legged(key), severity: 'critical', message, positionKey: key });
    }
    for (const key of keys) open.delete(alertKeys.one_legged(key));
    for (const over of open) await alerts.resolve(over);
  };
}

function isOneLegged(alertKey: string): boolean {
  return alertEvent(alertKey) === 'one_legged';
}

function isUnequal({ plan, spotBase, perpBase }: LegHoldings): boolean {
  return decimal(spotBase).plus(decimal(perpBase)).abs().gt(coarserLot(plan.spot, plan.perp));
}

function messageOf({ plan, spotBase, perpBase }: LegHoldings, forMs: number): string {
  const held = `spot ${spotBase}, perpetual ${perpBase} ${plan.asset}`;
  return `${plan.key}: its legs have been unequal for ${duration(forMs)}: ${held}`;
}
