/** Sees that no reconciliation has ended for long: what it would find, and heal, is then nobody's to find. */
import { alertKeys } from '../domain/alert-keys.ts';
import type { Alerts } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import { duration } from './message-text.ts';
import { createStandingAlert } from './standing-alert.ts';

/** Wall time: four of its intervals. */
const silentAfterMs = 1_200_000;

/** @returns a look at the newest report, to be taken every few seconds */
export function watchReconciliation({
  ledger,
  alerts,
  clock,
}: {
  readonly ledger: Pick<Ledger, 'latestReconciliations'>;
  readonly alerts: Alerts;
  readonly clock: Clock;
}): () => Promise<void> {
  // The service may have been down before this process began.
  const beganAtMs = clock.nowMs();
  const alert = createStandingAlert(alerts, { key: alertKeys.unreconciled(), severity: 'critical', positionKey: null });
  return async () => {
    const [last] = await ledger.latestReconciliations(1);
    const silentForMs = clock.nowMs() - Math.max(last?.atWallMs ?? 0, beganAtMs);
    await alert.see(
      silentForMs < silentAfterMs
        ? null
        : `no reconciliation has ended for ${duration(silentForMs)}: does its workflow fail, or is its schedule paused?`,
    );
  };
}
