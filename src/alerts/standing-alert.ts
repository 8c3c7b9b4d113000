/** An alert of one condition that is looked at again and again: raised as it begins, resolved as it ends. */
import type { Alert, Alerts } from '../ports/alerts.ts';

export interface StandingAlert {
  /** @param message what holds now; null: nothing does */
  see(message: string | null): Promise<void>;
}

export function createStandingAlert(alerts: Alerts, about: Omit<Alert, 'message'>): StandingAlert {
  /** Unknown at first: a process before this one may have left it standing. */
  let state: 'unknown' | 'raised' | 'resolved' = 'unknown';
  return {
    async see(message) {
      if (message !== null && state !== 'raised') {
        state = 'raised';
        await alerts.raise({ ...about, message });
      }
      if (message === null && state !== 'resolved') {
        state = 'resolved';
        await alerts.resolve(about.key);
      }
    },
  };
}
