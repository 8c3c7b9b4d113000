/**
 * The time of a round. It runs with the wall clock, but no faster than the machine opens positions: on a busy one the
 * faults would otherwise be over before there is anything to hit.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { watchProcessors } from './arena/processors.ts';
import type { Run } from './rounds/scenario-run.ts';

/** Positions that may be on their way to their first orders at once. */
const mostOpening = 24;
/** While the processors have nothing left to give. */
const mostOpeningBusily = 5;
/** Of the processors' time; above it there is room for more. */
const leastIdle = 0.1;
/** One that has not got there by then does not keep others waiting; wall time. */
const openingMs = 15_000;
/** One that quotes rests by then, and costs little more. */
const quotingMs = 2_000;
const lookEveryMs = 50;

export interface Pace {
  /** Waits for a time of the round, in milliseconds from its start. */
  at(atMs: number): Promise<void>;
  /** Waits for the time and for a place among those that open. */
  mayStart(run: Run): Promise<void>;
  /** Whether the processors have nothing left to give. */
  isBusy(): boolean;
  end(): void;
}

/** @param spreadMs time of the round within which all positions are started */
export function createPace(runs: readonly Run[], spreadMs: number, signal: AbortSignal): Pace {
  const beganAtMs = Date.now();
  const processors = watchProcessors();
  const turns = new Map<Run, () => void>();
  const waiting = runs.toSorted((left, right) => left.scenario.startAtMs - right.scenario.startAtMs);
  let started = 0;
  let allStartedAtMs: number | null = null;

  function nowMs(): number {
    const elapsedMs = Date.now() - beganAtMs;
    if (started < runs.length) return Math.min(elapsedMs, (spreadMs * (started + 1)) / runs.length);
    allStartedAtMs ??= Date.now();
    return Math.min(elapsedMs, spreadMs + Date.now() - allStartedAtMs);
  }

  function isOnItsWay({ endedAtMs, isOpening, startedAtMs, scenario }: Run, atMs: number): boolean {
    if (!isOpening || endedAtMs !== null || startedAtMs === Infinity) return false;
    return atMs - startedAtMs < (scenario.maker === null ? openingMs : quotingMs);
  }

  function isBusy(): boolean {
    return processors.idle() < leastIdle;
  }

  /** One after the other, and each at once: the next sees the place taken. */
  const pump = setInterval(() => {
    const atMs = Date.now();
    const most = isBusy() ? mostOpeningBusily : mostOpening;
    let places = most - runs.filter((run) => isOnItsWay(run, atMs)).length;
    for (;;) {
      const next = waiting[started];
      const turn = next === undefined ? undefined : turns.get(next);
      if (next === undefined || turn === undefined || places <= 0) return;
      if (atMs - beganAtMs < next.scenario.startAtMs) return;
      next.startedAtMs = atMs;
      started += 1;
      places -= 1;
      turn();
    }
  }, lookEveryMs);

  return {
    async at(atMs) {
      while (nowMs() < atMs) await pause(lookEveryMs, undefined, { signal });
    },
    mayStart: (run) =>
      new Promise((resolve, reject) => {
        turns.set(run, resolve);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    isBusy,
    end() {
      clearInterval(pump);
      processors.end();
    },
  };
}
