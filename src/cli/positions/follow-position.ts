/** Waits for what was asked of one position, and tells on standard error what it goes through meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { alertKeys } from '../../domain/alert-keys.ts';
import type { PositionStatus } from '../../domain/position.ts';
import type { Ledger, PositionRow } from '../../ports/ledger.ts';
import { parseDuration } from '../text/duration.ts';
import { Refused } from '../errors.ts';
import { shortKey } from './position-table.ts';

/** Wall time. The end of a workflow is heard without asking: only what comes before it is looked for, of many at once. */
const pollMs = 1_000;
const pollForGoalMs = 250;
const repeatMs = 15_000;
const looksForReason = 8;

export interface Following<Result> {
  readonly ledger: Pick<Ledger, 'position' | 'openAlerts'>;
  /** The end of its workflow. */
  readonly ended: Promise<Result>;
  /** The row as it was before anything was asked: one that was stuck then is not stuck again yet. */
  readonly before: PositionRow | null;
  /** Statuses that end the wait; without any, the end of the workflow does. */
  readonly goals: readonly PositionStatus[];
  /** Null: as long as it takes. */
  readonly timeoutMs: number | null;
  readonly progress: (line: string) => void;
  readonly nowMs?: () => number;
  readonly pause?: (durationMs: number) => Promise<unknown>;
}

export type Reached<Result> =
  { readonly kind: 'ended'; readonly result: Result } | { readonly kind: 'reached'; readonly row: PositionRow };

/** @throws Refused when it is stuck, or takes longer than it may; what the workflow ended with when it failed */
export async function followPosition<Result>(key: string, following: Following<Result>): Promise<Reached<Result>> {
  const { ledger, before, goals, timeoutMs, progress, nowMs = Date.now, pause = sleep } = following;
  const ended = following.ended.then((result) => ({ kind: 'ended', result }) as const);
  // It may fail when nobody waits for it any more.
  ended.catch(() => undefined);
  const startedAtMs = nowMs();
  let told: PositionStatus | null = before?.status ?? null;
  let toldAtMs = startedAtMs;
  for (;;) {
    const end = await Promise.race([ended, pause(goals.length === 0 ? pollMs : pollForGoalMs).then(() => null)]);
    if (end !== null) return end;
    const row = await ledger.position(key);
    const status = row?.status ?? 'reserving';
    const waitedMs = nowMs() - startedAtMs;
    if (status !== told) progress(`${shortKey(key)} ${status} …`);
    else if (nowMs() - toldAtMs >= repeatMs) progress(`${shortKey(key)} still ${status} after ${seconds(waitedMs)} …`);
    if (status !== told || nowMs() - toldAtMs >= repeatMs) [told, toldAtMs] = [status, nowMs()];
    if (row !== null && isStuckNow(row, before)) throw new Refused(await stuckReasons(ledger, key, pause));
    if (row !== null && goals.includes(status)) return { kind: 'reached', row };
    if (timeoutMs !== null && waitedMs >= timeoutMs) throw new Refused([overdue(key, status, waitedMs)]);
  }
}

/** @throws BadInput */
export function parseTimeout(text: string | undefined): number | null {
  return text === undefined ? null : parseDuration(text, '--timeout');
}

function isStuckNow(row: PositionRow, before: PositionRow | null): boolean {
  return row.status === 'stuck' && (before?.status !== 'stuck' || row.updatedAtWallMs !== before.updatedAtWallMs);
}

/** The workflow says that it is stuck, and then why. */
async function stuckReasons(
  ledger: Pick<Ledger, 'openAlerts'>,
  key: string,
  pause: (durationMs: number) => Promise<unknown>,
): Promise<string[]> {
  const reasonsNow = async () => (await ledger.openAlerts()).filter((alert) => alert.key === alertKeys.stuck(key));
  let told = await reasonsNow();
  for (let look = 1; told.length === 0 && look < looksForReason; look += 1) {
    await pause(pollForGoalMs);
    told = await reasonsNow();
  }
  const short = shortKey(key);
  return [
    ...(told.length === 0 ? [`${key} is stuck`] : told.map(({ message }) => message)),
    `see basis show ${short}, then basis resolve ${short} retry, accept or flat`,
  ];
}

function overdue(key: string, status: PositionStatus, waitedMs: number): string {
  return `${key} is still ${status} after ${seconds(waitedMs)}: it goes on without this command; see basis show ${shortKey(key)}`;
}

function seconds(durationMs: number): string {
  return `${Math.round(durationMs / 1_000)} s`;
}
