/** For how long a position's exit rules could not be evaluated, and the alert that this raises. */
import { alertKeys } from '../../src/domain/alert-keys.ts';
import type { Watch } from '../../src/domain/watch.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';

/** Wall time; past it a person hears of it: neither a stop nor a profit is seen. */
const alertAfterMs = 30_000;

export interface Blindness {
  /**
   * @param why the rules cannot be evaluated now; null: they can
   * @returns wall time since they last could, or since the watch began; 0 when they can
   */
  see(why: string | null): number;
  /** Nobody watches any more. */
  readonly end: () => void;
}

export function createBlindness(
  watch: Watch,
  { alerts, clock }: { readonly alerts: Alerts; readonly clock: Clock },
): Blindness {
  const key = alertKeys.not_evaluable(watch.key);
  let sawAtMs = clock.nowMs();
  /** Unknown at first: a watcher before this one may have left the alert standing. */
  let alert: 'unknown' | 'raised' | 'resolved' = 'unknown';
  // One after the other, so that a resolution cannot overtake the alert that it resolves.
  let written: Promise<void> = Promise.resolve();

  const resolve = (): void => {
    if (alert === 'resolved') return;
    alert = 'resolved';
    written = written.then(() => alerts.resolve(key));
  };

  return {
    see(why) {
      const nowMs = clock.nowMs();
      if (why === null) {
        sawAtMs = nowMs;
        resolve();
        return 0;
      }
      const blindForMs = nowMs - sawAtMs;
      if (blindForMs > alertAfterMs && alert !== 'raised') {
        alert = 'raised';
        const message = `${watch.key}: its exits could not be evaluated for ${Math.round(blindForMs / 1000)} s: ${why}`;
        written = written.then(() => alerts.raise({ key, severity: 'critical', message, positionKey: watch.key }));
      }
      return Math.max(blindForMs, 1);
    },
    end: resolve,
  };
}
