/**
 * The time of a round. It runs with the wall clock, but no faster than the machine opens positions: on a busy one the
 * faults would otherwise be over before there is anything to hit.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Run } from './scenario-run.ts';

/** Positions that may be on their way to their first orders at once. */
const mostOpening = 16;
/** As long as one of them takes longer than this, which is what a busy machine makes of it. */
const slowMs = 3_000;
const mostOpeningSlowly = 5;
/** One that has not got there by then does not keep others waiting; wall time. */
const openingMs = 15_000;
const lookEveryMs = 50;

export interface Pace {
  /** Waits for a time of the round, in milliseconds from its start. */
  at(atMs: number): Promise<void>;
  /** Waits for the time and for a place among those that open. */
  mayStart(run: Run): Promise<void>;
}

/** @param spreadMs time of the round within which all positions are started */
export function createPace(runs: readonly Run[], spreadMs: number, signal: AbortSignal): Pace {
  const beganAtMs = Date.now();
  let allStartedAtMs: number | null = null;

  function nowMs(): number {
    const elapsedMs = Date.now() - beganAtMs;
    const started = runs.filter(({ startedAtMs }) => startedAtMs !== Infinity).length;
    if (started < runs.length) return Math.min(elapsedMs, (spreadMs * (started + 1)) / runs.length);
    allStartedAtMs ??= Date.now();
    return Math.min(elapsedMs, spreadMs + Date.now() - allStartedAtMs);
  }

  function hasPlace(): boolean {
    const nowMs = Date.now();
    const ages = runs
      .filter(({ endedAtMs, isOpening, startedAtMs }) => isOpening && endedAtMs === null && startedAtMs !== Infinity)
      .map(({ startedAtMs }) => nowMs - startedAtMs)
      .filter((ageMs) => ageMs < openingMs);
    return ages.length < (ages.some((ageMs) => ageMs > slowMs) ? mostOpeningSlowly : mostOpening);
  }

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await pause(lookEveryMs, undefined, { signal });
  }

  return {
    at: (atMs) => until(() => nowMs() >= atMs),
    async mayStart(run) {
      await until(() => Date.now() - beganAtMs >= run.scenario.startAtMs && hasPlace());
      // At once, or all that wait would see the same free place.
      run.startedAtMs = Date.now();
    },
  };
}
