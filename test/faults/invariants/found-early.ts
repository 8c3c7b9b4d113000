/** Ending a round as soon as something is found that no later moment can put right. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Arena } from '../arena/arena.ts';
import { checkLasting } from './invariants.ts';
import type { Findings } from '../rounds/round-result.ts';
import type { Run } from '../rounds/scenario-run.ts';
import { readTruth, type Truth } from './truth.ts';
import type { Violation } from './violation.ts';

/** Thrown into a round that need not go on. */
export class FoundEarly extends Error implements Findings {
  readonly oneLegged = [];
  readonly faultHits = {};
  readonly phasesMs = {};
  readonly violations: readonly Violation[];
  readonly truth: Truth;
  constructor(violations: readonly Violation[], truth: Truth) {
    super(`${violations.length} violations`);
    this.violations = violations;
    this.truth = truth;
  }
}

const lookForLastingMs = 2_500;

/** Ends the round by what it finds, and itself when the round has ended. */
export async function untilLasting(arena: Arena, runs: readonly Run[], over: AbortController): Promise<void> {
  while (!over.signal.aborted) {
    await pause(lookForLastingMs, undefined, { signal: over.signal }).catch(() => undefined);
    // A server that is down is asked again.
    const truth = await readTruth(arena).catch(() => null);
    const violations = truth === null ? [] : checkLasting(truth, runs);
    if (truth !== null && violations.length > 0) over.abort(new FoundEarly(violations, truth));
  }
}
