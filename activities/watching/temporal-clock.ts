/**
 * Temporal's wall clock as a running activity knows it. Workflows judge by it how old a decision is, so whoever decides
 * has to date by it too: the clock of this machine may be off by minutes, and its exits would then be stale for ever.
 *
 * The server says when it started this attempt, and the activity begins a moment later; from there on the monotonic
 * clock counts. What is said is so never ahead of Temporal's time, and behind it by as long as the start took to arrive:
 * less than a heartbeat's timeout, or there would be another attempt.
 */
import { Context } from '@temporalio/activity';
import { alertKeys } from '../../src/domain/alert-keys.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { messageOf } from '../failures.ts';

/** Off by more than this, exchanges refuse requests too: a person has to set the clock of the machine. */
const alertedOffsetMs = 5_000;
/** Until the server has answered, it is asked no more often than this. */
const retryMs = 2_000;
const alertKey = alertKeys.clock_off('market');

export interface TemporalClock extends Clock {
  /** Asks the server until it has answered. Never throws. */
  look(): Promise<void>;
}

export interface TemporalClockPorts {
  /** Of this machine: believed until Temporal's is known. */
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  /** Temporal's time of the start of this attempt; null while the server does not show it. */
  readonly startedAtMs: () => Promise<number | null>;
  readonly alerts: Alerts;
  readonly warn: (message: string) => void;
}

export function createTemporalClock(ports: TemporalClockPorts): TemporalClock {
  const { clock, monotonicMs, startedAtMs, alerts, warn } = ports;
  const beganAtMs = monotonicMs();
  let serverBeganAtMs: number | null = null;
  let askedAtMs = -Infinity;
  /** What the alert says; a process before this one may have left it standing. */
  let isOff: boolean | null = null;

  function nowMs(): number {
    return serverBeganAtMs === null ? clock.nowMs() : Math.floor(serverBeganAtMs + monotonicMs() - beganAtMs);
  }

  async function compare(): Promise<void> {
    const offMs = clock.nowMs() - nowMs();
    const off = Math.abs(offMs) > alertedOffsetMs;
    if (off === isOff) return;
    isOff = off;
    if (off) await alerts.raise({ key: alertKey, severity: 'critical', message: offWords(offMs), positionKey: null });
    else await alerts.resolve(alertKey);
  }

  return {
    nowMs,
    async look() {
      try {
        if (serverBeganAtMs === null) {
          if (monotonicMs() - askedAtMs < retryMs) return;
          askedAtMs = monotonicMs();
          serverBeganAtMs = await startedAtMs();
        }
        if (serverBeganAtMs !== null) await compare();
      } catch (error) {
        warn(`Temporal's clock could not be compared: ${messageOf(error)}`);
      }
    },
  };
}

function offWords(offMs: number): string {
  const seconds = (Math.abs(offMs) / 1_000).toFixed(1);
  return `the clock of the market worker is ${seconds} s ${offMs < 0 ? 'behind' : 'ahead of'} Temporal's: set it. Exits are dated by Temporal's`;
}

/** Of the activity that runs. To be made first thing in it. */
export function temporalClockOfAttempt(ports: Pick<TemporalClockPorts, 'clock' | 'alerts' | 'warn'>): TemporalClock {
  return createTemporalClock({ ...ports, monotonicMs: () => performance.now(), startedAtMs: attemptStartedAtMs });
}

/** When the server started this attempt. */
async function attemptStartedAtMs(): Promise<number | null> {
  const { client, info } = Context.current();
  const { workflowExecution, activityId } = info;
  if (workflowExecution === undefined) return null;
  const { workflowId, runId } = workflowExecution;
  const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
  const started = raw.pendingActivities?.find((pending) => pending.activityId === activityId)?.lastStartedTime;
  if (started === null || started === undefined) return null;
  return Number(started.seconds ?? 0) * 1_000 + (started.nanos ?? 0) / 1e6;
}
