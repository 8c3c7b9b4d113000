/** Prints what a person should look at, and its end, while the service runs. */
import { alertEvent } from '../../domain/alert-keys.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Output } from '../text/output.ts';

const pollMs = 1_000;

/** What stands, from `warning` on. Notices of positions are told by their own lines. @param sinceMs wall time */
export async function followAlerts(
  ledger: Ledger,
  output: Output,
  sinceMs: number,
  signal: AbortSignal,
): Promise<void> {
  const told = new Map<string, boolean>();
  while (!signal.aborted) {
    // An outage of the ledger is told by those who follow the positions.
    const alerts = await ledger.alertsSince(sinceMs).catch(() => []);
    for (const { id, key, severity, message, resolvedAtMs, isNotice } of alerts) {
      const isOver = resolvedAtMs !== null;
      if (isNotice || severity === 'info' || told.get(id) === isOver) continue;
      const isNew = !told.has(id);
      told.set(id, isOver);
      if (isNew) output.progress(`${severity.toUpperCase()} ${alertEvent(key)}: ${message}`);
      if (isOver) output.progress(`over: ${alertEvent(key)}: ${message}`);
    }
    await new Promise((done) => setTimeout(done, pollMs));
  }
}
