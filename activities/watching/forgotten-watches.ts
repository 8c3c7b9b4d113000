/** Watches that their watcher has lost: a lost watcher delays an exit by minutes at most. */
import { alertKeys } from '../../src/domain/alert-keys.ts';
import { signalNames } from '../../src/domain/names.ts';
import type { Healed } from '../../src/domain/reconciliation/reconciliation.ts';
import type { Watch } from '../../src/domain/watch.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { messageOf } from '../failures.ts';
import type { SignalClient } from './exit-watch.ts';
import type { ExitDecision, Mark } from '../../src/domain/watch.ts';

export interface WatchdogResult {
  readonly decision: ExitDecision | null;
  readonly mark: Mark | null;
  /** Why the rules that need prices could not be evaluated; null when they were. */
  readonly notEvaluable: string | null;
  /** A person works on the position without Temporal: its workflow has nothing to do any more. */
  readonly isFenced: boolean;
}

export interface ForgottenPorts {
  readonly ledger: Pick<Ledger, 'unevaluatedWatches' | 'stampEvaluated'>;
  readonly alerts: Alerts;
  readonly clock: Clock;
  /** Dates what a position is told: it judges by Temporal's clock, not by this machine's. */
  readonly temporalClock: Clock;
  readonly evaluate: (watch: Watch) => Promise<WatchdogResult>;
  readonly client: () => SignalClient;
}

/** @param sinceMs wall time */
export async function evaluateForgotten(ports: ForgottenPorts, sinceMs: number): Promise<Healed[]> {
  const { ledger, alerts, clock } = ports;
  const healed: Healed[] = [];
  for (const watch of await ledger.unevaluatedWatches(sinceMs)) {
    const { key } = watch;
    const found = await outcomeOf(ports, watch);
    const seconds = Math.round((clock.nowMs() - sinceMs) / 1000);
    await alerts.raise({
      key: alertKeys.unwatched(key),
      severity: 'critical',
      message: `${key}: its exits were not evaluated for over ${seconds} s; ${found.words}`,
      positionKey: key,
    });
    if (found.evaluated) await ledger.stampEvaluated([key], clock.nowMs());
    healed.push({ kind: 'watch_evaluated', subject: key, detail: found.words });
  }
  return healed;
}

/** Evaluates, and signals what is due. What fails here, such as a workflow that is not there, keeps no other watch waiting. */
async function outcomeOf({ evaluate, client, temporalClock }: ForgottenPorts, watch: Watch) {
  try {
    const { decision, notEvaluable } = await evaluate(watch);
    if (decision !== null) {
      const dated = { ...decision, observedAtMs: temporalClock.nowMs() };
      await client().workflow.getHandle(watch.workflowId).signal(signalNames.exit, dated);
    }
    return {
      evaluated: notEvaluable === null,
      words: decision?.detail ?? notEvaluable ?? 'evaluated now: it stays on',
    };
  } catch (error) {
    return { evaluated: false, words: `it cannot be evaluated now, or not be told: ${messageOf(error)}` };
  }
}
