/** Watches that their watcher has lost: a lost watcher delays an exit by minutes at most. */
import { signalNames } from '../../src/domain/names.ts';
import type { Healed } from '../../src/domain/reconciliation.ts';
import type { Watch } from '../../src/domain/watch.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { messageOf } from '../failures.ts';
import type { WatchdogResult } from '../market.ts';
import type { SignalClient } from './exit-watch.ts';

export interface ForgottenPorts {
  readonly ledger: Pick<Ledger, 'unevaluatedWatches' | 'stampEvaluated'>;
  readonly alerts: Alerts;
  readonly clock: Clock;
  readonly evaluate: (watch: Watch) => Promise<WatchdogResult>;
  readonly client: () => SignalClient;
}

/** @param sinceMs wall time */
export async function evaluateForgotten(ports: ForgottenPorts, sinceMs: number): Promise<Healed[]> {
  const { ledger, alerts, clock } = ports;
  const healed: Healed[] = [];
  for (const watch of await ledger.unevaluatedWatches(sinceMs)) {
    const { key, workflowId } = watch;
    const found = await outcomeOf(ports, watch);
    const seconds = Math.round((clock.nowMs() - sinceMs) / 1000);
    await alerts.raise({
      key: `unwatched/${key}`,
      severity: 'critical',
      message: `${key}: its exits were not evaluated for over ${seconds} s; ${found.words}`,
      positionKey: key,
    });
    if (found.decision !== null) {
      await ports.client().workflow.getHandle(workflowId).signal(signalNames.exit, found.decision);
    }
    if (found.evaluated) await ledger.stampEvaluated([key], clock.nowMs());
    healed.push({ kind: 'watch_evaluated', subject: key, detail: found.words });
  }
  return healed;
}

async function outcomeOf({ evaluate }: ForgottenPorts, watch: Watch) {
  try {
    const { decision, notEvaluable } = await evaluate(watch);
    const words = decision?.detail ?? notEvaluable ?? 'evaluated now: it stays on';
    return { decision, evaluated: notEvaluable === null, words };
  } catch (error) {
    return { decision: null, evaluated: false, words: `it cannot be evaluated now: ${messageOf(error)}` };
  }
}
