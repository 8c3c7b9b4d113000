/** Sees whether Temporal answers, from outside of it: the alert goes by the ledger. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeConnection } from '@temporalio/worker';
import { alertKeys } from '../src/domain/alert-keys.ts';
import { createStandingAlert } from '../src/alerts/standing-alert.ts';
import type { Alerts } from '../src/ports/alerts.ts';
import type { Clock } from '../src/ports/clock.ts';

export interface TemporalWatch {
  /** Tries for some time, so that a server that is down is told of; then fails as the last try did. */
  connect(connect: () => Promise<NativeConnection>, signal: AbortSignal): Promise<NativeConnection>;
  /** Asks it once; to be called every few seconds. */
  readonly look: () => Promise<void>;
}

export interface TemporalWatchTiming {
  /** A server that is away for less is being restarted. */
  readonly alertMs: number;
  readonly connectForMs: number;
  readonly retryMs: number;
  /** Of one question. */
  readonly answerWithinMs: number;
}

const defaultTiming: TemporalWatchTiming = {
  alertMs: 15_000,
  connectForMs: 45_000,
  retryMs: 2_000,
  answerWithinMs: 4_000,
};

export function createTemporalWatch(
  alerts: Alerts,
  clock: Clock,
  timing: TemporalWatchTiming = defaultTiming,
): TemporalWatch {
  const alert = createStandingAlert(alerts, {
    key: alertKeys.temporal_unreachable(),
    severity: 'critical',
    positionKey: null,
  });
  let connection: NativeConnection | null = null;
  let awaySinceMs: number | null = null;

  async function answers(): Promise<boolean> {
    if (connection === null) return false;
    const { answerWithinMs } = timing;
    const { workflowService } = connection;
    const answered = connection
      .withDeadline(Date.now() + answerWithinMs, () => workflowService.getSystemInfo({}))
      .then(
        () => true,
        () => false,
      );
    // The client tries again by itself, and may take longer over it.
    return Promise.race([answered, sleep(answerWithinMs, false, { ref: false })]);
  }

  return {
    async connect(connect, signal) {
      const endsAtMs = clock.nowMs() + timing.connectForMs;
      awaySinceMs = clock.nowMs();
      for (;;) {
        try {
          connection = await connect();
          return connection;
        } catch (error) {
          if (signal.aborted || clock.nowMs() >= endsAtMs) throw error;
          await sleep(timing.retryMs, undefined, { signal }).catch(() => undefined);
        }
      }
    },
    async look() {
      if (await answers()) {
        awaySinceMs = null;
        await alert.see(null);
        return;
      }
      const nowMs = clock.nowMs();
      awaySinceMs ??= nowMs;
      const awayForMs = nowMs - awaySinceMs;
      if (awayForMs < timing.alertMs) return;
      const seconds = Math.round(awayForMs / 1_000);
      await alert.see(`Temporal has not answered for ${seconds} s: nothing is opened, closed or moved on meanwhile`);
    },
  };
}
