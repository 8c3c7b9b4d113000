/** The delivery of alerts, in a worker of role basis: the one process that is given the secrets of their targets. */
import { alertKeys } from '../src/domain/alert-keys.ts';
import { watchAccountSilence } from '../src/alerts/account-silence.ts';
import { drainAlerts } from '../src/alerts/alert-drain.ts';
import { watchOneLegged } from '../src/alerts/one-legged.ts';
import { watchReconciliation } from '../src/alerts/reconciliation-silence.ts';
import { createStandingAlert } from '../src/alerts/standing-alert.ts';
import { defaultTiming, type DrainTiming } from '../src/alerts/target-queue.ts';
import { systemClock } from '../src/clock/system-clock.ts';
import type { Alerts } from '../src/ports/alerts.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import { buildAlertTargets, type BuiltTargets } from './alert-targets.ts';
import { buildAlertOutbox, buildAlerts, type Surroundings } from './wiring.ts';

export interface Alerting {
  /** Lets a send that is under way come to its end. */
  stop(): Promise<void>;
}

/**
 * Never throws for a secret that is missing or wrong: the service trades, and the other targets are told.
 * @param lookAtTemporal called every few seconds
 */
export function startAlerting(
  surroundings: Surroundings,
  ledger: Ledger,
  lookAtTemporal: () => Promise<void>,
  timing: DrainTiming = defaultTiming,
): Alerting {
  const { config, log, stopping } = surroundings;
  const alerts = buildAlerts(surroundings, ledger);
  const outbox = buildAlertOutbox(surroundings);
  const built = buildAlertTargets(config, surroundings.env);
  const ports = { ledger, alerts, clock: systemClock };
  const watches = [
    lookAtTemporal,
    unreachableTargets(built, Object.keys(config.alerts.targets), alerts),
    watchAccountSilence(Object.keys(config.accounts), ports),
    watchReconciliation(ports),
    watchOneLegged({ ...ports, legsOfLive: () => outbox.legsOfLive() }),
  ];
  const origin = { mode: config.mode, book: config.book };
  const ending = new AbortController();
  const draining = drainAlerts(
    { outbox, targets: built.targets, alerts, clock: systemClock, log, origin, timing, watches },
    AbortSignal.any([stopping, ending.signal]),
  );
  return {
    async stop() {
      ending.abort();
      await draining;
      await outbox.close();
    },
  };
}

/** Those without their secrets are alerts to the others; looked at once, since an environment does not change. */
function unreachableTargets({ issues }: BuiltTargets, names: readonly string[], alerts: Alerts): () => Promise<void> {
  const standing = names.map((name) => ({
    name,
    alert: createStandingAlert(alerts, { key: alertKeys.alert_secrets(name), severity: 'warning', positionKey: null }),
  }));
  return async () => {
    for (const { name, alert } of standing) {
      const wrong = issues.get(name);
      const words = (wrong ?? []).map(({ path, message }) => `${path} ${message}`).join('; ');
      await alert.see(wrong === undefined ? null : `the alert target ${name} is told nothing: ${words}`);
    }
  };
}
