/** Sends one target what is pending for it, in order, until it is told to stop. No other target waits for it. */
import type { Logger } from 'pino';
import { alertKeys } from '../domain/alert-keys.ts';
import type { HeldOutbox } from '../ports/alert-outbox.ts';
import type { Alerts } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import { createAllowance } from './allowance.ts';
import { duration } from './message-text.ts';
import { bounded } from './retry-after.ts';
import type { AlertTarget, Answer, Origin } from './target.ts';

export interface QueuePorts {
  readonly alerts: Alerts;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly origin: Origin;
  readonly timing: DrainTiming;
}

export interface DrainTiming {
  /** Between two looks into an outbox that is empty. */
  readonly pollMs: number;
  /** After a first failure; doubled with each further one. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** A target that has failed for so long is itself an alert, for the others. */
  readonly failingAlertMs: number;
  /** Between two looks at what nobody raises by itself. */
  readonly watchMs: number;
  /** A ledger that is away for less is being restarted, which is no news. */
  readonly outageAlertMs: number;
  /** Between two tries to reach the ledger, or to hold its outbox. */
  readonly retryMs: number;
}

export const defaultTiming: DrainTiming = {
  pollMs: 1_000,
  firstPauseMs: 1_000,
  longestPauseMs: 300_000,
  failingAlertMs: 300_000,
  watchMs: 5_000,
  outageAlertMs: 15_000,
  retryMs: 2_000,
};

/** More than this at once are one message. */
const oneByOne = 3;
/** In one message. */
const largestBurst = 200;

export async function drainTarget(
  target: AlertTarget,
  held: HeldOutbox,
  ports: QueuePorts,
  signal: AbortSignal,
): Promise<void> {
  const { clock, timing } = ports;
  const allowance = createAllowance(target.maxPerMinute, performance.now());
  const before = await held.state(target.name);
  let failures = before.failures;
  // From the end of a pause on record, never from a clock that was set meanwhile: it lasts an hour at most.
  await pause(bounded((before.pausedUntilMs ?? 0) - clock.nowMs()), signal);
  while (!signal.aborted) {
    const waiting = await held.pending(target.name, largestBurst);
    if (waiting.length === 0) {
      await pause(timing.pollMs, signal);
      continue;
    }
    if (!allowance.take(performance.now())) {
      await pause(allowance.waitMs(performance.now()), signal);
      continue;
    }
    const batch = waiting.length > oneByOne ? waiting : waiting.slice(0, 1);
    const ids = batch.map(({ id }) => id);
    await held.attempted(ids);
    // Not broken off when this process stops: an answer that nobody waits for would be a message sent twice.
    const answer = await target.send({ origin: ports.origin, sentAtMs: clock.nowMs(), alerts: batch });
    if (answer.kind === 'taken') {
      await held.sent(target.name, ids, clock.nowMs());
      if (failures > 0) await recovered(target, ports);
      failures = 0;
      continue;
    }
    failures += 1;
    const pauseMs = pauseAfter(answer, failures, timing);
    await held.failed(target.name, {
      error: answer.reason,
      nowMs: clock.nowMs(),
      pausedUntilMs: clock.nowMs() + pauseMs,
    });
    await tellFailure(target, held, ports, answer.reason, failures);
    await pause(pauseMs, signal);
  }
}

function pauseAfter(
  { retryAfterMs }: Extract<Answer, { kind: 'failed' }>,
  failures: number,
  { firstPauseMs, longestPauseMs }: DrainTiming,
): number {
  const backoffMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 20));
  return Math.max(retryAfterMs ?? 0, backoffMs);
}

/** To the log at once, and as an alert when it lasts. */
async function tellFailure(
  { name }: AlertTarget,
  held: HeldOutbox,
  { alerts, clock, log, timing }: QueuePorts,
  reason: string,
  failures: number,
): Promise<void> {
  if (failures === 1) log.warn({ target: name, reason }, 'an alert could not be delivered; it is tried again');
  const { failingSinceMs, pending } = await held.state(name);
  const failingForMs = clock.nowMs() - (failingSinceMs ?? clock.nowMs());
  if (failingForMs < timing.failingAlertMs) return;
  const message = `the alert target ${name} has taken nothing for ${duration(failingForMs)}, ${pending} are waiting: ${reason}`;
  await alerts.raise({ key: alertKeys.alert_target(name), severity: 'warning', message, positionKey: null });
}

async function recovered({ name }: AlertTarget, { alerts, log }: QueuePorts): Promise<void> {
  log.info({ target: name }, 'alerts are delivered again');
  await alerts.resolve(alertKeys.alert_target(name));
}

/** Over early when the signal aborts; that is no error. */
export async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  if (durationMs <= 0 || signal.aborted) return;
  await new Promise<void>((done) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, durationMs);
    signal.addEventListener('abort', end, { once: true });
  });
}
