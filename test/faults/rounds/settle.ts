/** The end of a round: everything closes, and whoever took a position over brings it to zero. */
import { setTimeout as pause } from 'node:timers/promises';
import { positionWorkflowId } from '../../../src/domain/names.ts';
import type { Arena } from '../arena/arena.ts';
import type { Violation } from '../invariants/violation.ts';
import { forceClose, persistently, type Run } from './scenario-run.ts';

const askEveryMs = 500;
const opening = new Set(['reserving', 'opening']);
/** One that the ledger does not know may have been refused. */
const over = new Set(['closed', 'aborted']);
/** What is stuck is tried again by each request to close. */
const closeAgainMs = 15_000;
/** At once: each takes a dozen steps of a few processes on one machine. */
const mostClosing = 120;
/** While the processors have nothing left to give. */
const mostClosingBusily = 30;

/**
 * @param settleWithinMs beyond any deadline of the service: a minute in `stuck`, and a machine with other work
 * @param isBusy of the machine, now
 */
export async function settleRuns(
  arena: Arena,
  runs: readonly Run[],
  settleWithinMs: number,
  signal: AbortSignal,
  isBusy: () => boolean,
): Promise<Violation[]> {
  const endsAtMs = Date.now() + settleWithinMs;
  let closeAtMs = Date.now() + closeAgainMs;
  const asked = new Set<Run>();
  for (;;) {
    const left = runs.filter(({ endedAtMs }) => endedAtMs === null);
    if (left.length === 0) return [];
    if (Date.now() > endsAtMs) return overdue(arena, left, settleWithinMs);
    const isAgain = Date.now() >= closeAtMs;
    if (isAgain) closeAtMs = Date.now() + closeAgainMs;
    const fenceless = left.filter(({ fencedAtMs }) => fencedAtMs === null);
    for (const run of fenceless.slice(0, isBusy() ? mostClosingBusily : mostClosing)) {
      if (asked.has(run) && !isAgain) continue;
      asked.add(run);
      await forceClose(arena, run, signal);
    }
    await noteEnds(arena, left, signal);
    await pause(askEveryMs, undefined, { signal });
  }
}

/** In the ledger first, which is one question for all; then each workflow itself. */
export async function noteEnds(arena: Arena, left: readonly Run[], signal: AbortSignal): Promise<void> {
  const statuses = new Map<string, string>();
  await persistently(signal, async () => {
    const rows = await arena.query<{ key: string; status: string }>(
      'select key, status from positions where key = any($1)',
      [left.map(({ key }) => key)],
    );
    statuses.clear();
    for (const { key, status } of rows) statuses.set(key, status);
  });
  for (const run of left) run.isOpening = opening.has(statuses.get(run.key) ?? 'reserving');
  const candidates = left.filter(({ key }) => over.has(statuses.get(key) ?? 'closed'));
  await Promise.all(
    candidates.map(async (run) => {
      // Its workflow only hears of a person's end within half a minute; the ledger and the venues have it already.
      if (run.fencedAtMs !== null) {
        if (run.flattenedFromMs !== null) run.endedAtMs = Date.now();
        return;
      }
      const described = await arena.client.workflow
        .getHandle(positionWorkflowId(run.key))
        .describe()
        .catch(() => null);
      if (described !== null && described.status.name !== 'RUNNING') run.endedAtMs = Date.now();
    }),
  );
}

async function overdue(arena: Arena, left: readonly Run[], settleWithinMs: number): Promise<Violation[]> {
  const rows = await arena.query<{ key: string; status: string }>(
    'select key, status from positions where key = any($1)',
    [left.map(({ key }) => key)],
  );
  return left.map(({ key }) => {
    const status = rows.find((row) => row.key === key)?.status ?? 'not in the ledger';
    return { invariant: 0, positionKey: key, detail: `not ended ${settleWithinMs / 1000} s after the calm: ${status}` };
  });
}
