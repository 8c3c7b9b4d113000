/** Alerts for what a position's exit rules are concerned about: raised once it lasts, resolved once it is over. */
import { alertKeys } from '../../src/domain/alert-keys.ts';
import { concernNames, type Concern } from '../../src/domain/exits/seen.ts';
import type { Watch } from '../../src/domain/watch.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';

/** Wall time: a concern of one quote is none. */
const raiseAfterMs = 3_000;
/** Wall time without it: what comes and goes with the quotes is one concern. */
const resolveAfterMs = 30_000;

export interface ConcernAlerts {
  /** @param unknown which of those that are not among them may hold all the same: nothing is seen to be over */
  see(concerns: readonly Concern[], unknown?: readonly Concern['name'][]): void;
  /** Nobody watches any more. */
  readonly end: () => void;
}

interface Standing {
  sinceMs: number | null;
  seenAtMs: number;
  /** Unknown at first: a watcher before this one may have left the alert standing. */
  alert: 'unknown' | 'raised' | 'resolved';
}

export function createConcernAlerts(
  { key }: Watch,
  { alerts, clock }: { readonly alerts: Alerts; readonly clock: Clock },
): ConcernAlerts {
  const standing = new Map<Concern['name'], Standing>(
    concernNames.map((name) => [name, { sinceMs: null, seenAtMs: clock.nowMs(), alert: 'unknown' }]),
  );
  // One after the other, so that a resolution cannot overtake the alert that it resolves.
  let written: Promise<void> = Promise.resolve();

  return {
    see(concerns, unknown = []) {
      const nowMs = clock.nowMs();
      for (const [name, state] of standing) {
        const found = concerns.find((concern) => concern.name === name);
        if (found !== undefined) keep(found, state, nowMs);
        else if (unknown.includes(name)) state.seenAtMs = nowMs;
        else fade(name, state, nowMs);
      }
    },
    end() {
      for (const [name, state] of standing) resolve(name, state);
    },
  };

  function keep({ name, severity, message }: Concern, state: Standing, nowMs: number): void {
    state.sinceMs ??= nowMs;
    state.seenAtMs = nowMs;
    if (state.alert === 'raised' || nowMs - state.sinceMs < raiseAfterMs) return;
    state.alert = 'raised';
    written = written.then(() =>
      alerts.raise({ key: alertKeys[name](key), severity, message: `${key}: ${message}`, positionKey: key }),
    );
  }

  function fade(name: Concern['name'], state: Standing, nowMs: number): void {
    if (nowMs - state.seenAtMs < resolveAfterMs) return;
    state.sinceMs = null;
    resolve(name, state);
  }

  function resolve(name: Concern['name'], state: Standing): void {
    if (state.alert === 'resolved') return;
    state.alert = 'resolved';
    written = written.then(() => alerts.resolve(alertKeys[name](key)));
  }
}
