/** Sees that nothing has been read of an account for long, whatever keeps it: its exchange, its worker, or Temporal. */
import { alertKeys } from '../domain/alert-keys.ts';
import type { Alerts } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import { duration } from './message-text.ts';
import { createStandingAlert, type StandingAlert } from './standing-alert.ts';

/** Wall time. Accounts are read every 10 s; between two readings some minutes of funding may be read at a first start. */
const silentAfterMs = 90_000;

/** @returns a look at all accounts, to be taken every few seconds */
export function watchAccountSilence(
  accounts: readonly string[],
  ports: { readonly ledger: Pick<Ledger, 'latestReading'>; readonly alerts: Alerts; readonly clock: Clock },
): () => Promise<void> {
  const { ledger, alerts, clock } = ports;
  // What was read before this process began says nothing of now: the service may have been down.
  const beganAtMs = clock.nowMs();
  const standing = new Map<string, StandingAlert>();
  return async () => {
    for (const account of accounts) {
      const reading = await ledger.latestReading(account);
      const silentForMs = clock.nowMs() - Math.max(reading?.readAtMs ?? 0, beganAtMs);
      const alert =
        standing.get(account) ??
        createStandingAlert(alerts, { key: alertKeys.unread(account), severity: 'critical', positionKey: null });
      standing.set(account, alert);
      await alert.see(
        silentForMs < silentAfterMs
          ? null
          : `nothing has been read of ${account} for ${duration(silentForMs)}: is its exchange up, and its worker?`,
      );
    }
  };
}
