/** What rounds came to, in one. */
import type { Arena } from './arena/arena.ts';
import type { OneLegged } from './invariants/invariants.ts';
import { oneLeggedFigures, type OneLeggedFigures } from './invariants/one-legged.ts';
import type { RoundResult } from './rounds/round-result.ts';
import { explain } from './invariants/timeline.ts';
import type { Violation } from './invariants/violation.ts';

export interface FoundViolation extends Violation {
  readonly seed: number;
  readonly round: number;
  readonly story: string;
  readonly replay: string;
  readonly timeline: readonly string[];
}

export interface HarnessReport extends OneLeggedFigures {
  readonly scenarios: number;
  /** Scenarios in flight when a process was killed. */
  readonly killed: number;
  readonly violations: readonly FoundViolation[];
  readonly seed: number;
  readonly rounds: number;
  readonly tookMs: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Wall time of the parts of all rounds, and of the starts of their stacks. */
  readonly phasesMs: Readonly<Record<string, number>>;
  readonly faultHits: Readonly<Record<string, number>>;
  readonly stepPoints: Readonly<Record<string, number>>;
}

/** What is kept of a round: the rest is large. */
export interface RoundTally {
  readonly scenarios: number;
  readonly killed: number;
  readonly violations: readonly FoundViolation[];
  readonly oneLegged: readonly OneLegged[];
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faultHits: Readonly<Record<string, number>>;
  readonly stepPoints: Readonly<Record<string, number>>;
  readonly longestOutage: string;
  readonly phasesMs: Readonly<Record<string, number>>;
}

/** Rounds of one or more lanes. */
export interface Tallies {
  readonly rounds: readonly RoundTally[];
  readonly stacksMs: number;
}

export async function tallyOf(arena: Arena, result: RoundResult, perRound: number): Promise<RoundTally> {
  const { plan, runs } = result;
  const violations: FoundViolation[] = [];
  // What has gone wrong for good explains what has not ended: a few are told at length.
  const gravest = result.violations.toSorted(
    (left, right) => Number(left.invariant === 0) - Number(right.invariant === 0),
  );
  for (const violation of gravest) {
    violations.push({
      ...violation,
      seed: plan.seed,
      round: plan.round,
      story: plan.story,
      replay: `npm run faults -- --seed ${plan.seed} --story ${plan.story} --round ${plan.round} --scenarios ${runs.length} --per-round ${perRound}`,
      timeline: violations.length < 5 ? await explain(arena, result, violation) : [],
    });
  }
  return {
    scenarios: runs.length,
    killed: result.killed.length,
    violations,
    oneLegged: result.oneLegged,
    longestOutage: longestOf(result),
    outcomes: result.outcomes,
    phasesMs: result.phasesMs,
    faultHits: result.faultHits,
    stepPoints: Object.fromEntries(result.reached.map((point) => [point, 1])),
  };
}

function longestOf({ outages }: RoundResult): string {
  const lengths = outages.map(({ name, fromMs, toMs }) => ({ name, lastedMs: toMs - fromMs }));
  const longest = lengths.toSorted((left, right) => right.lastedMs - left.lastedMs)[0];
  return longest === undefined ? 'none' : `${longest.name} ${(longest.lastedMs / 1000).toFixed(1)} s`;
}

export function reportOf({ rounds, stacksMs }: Tallies, seed: number, tookMs: number): HarnessReport {
  return {
    scenarios: total(rounds.map(({ scenarios }) => scenarios)),
    killed: total(rounds.map(({ killed }) => killed)),
    violations: rounds.flatMap(({ violations }) => violations),
    ...oneLeggedFigures(rounds.flatMap(({ oneLegged }) => oneLegged)),
    seed,
    rounds: rounds.length,
    tookMs,
    outcomes: added(rounds.map(({ outcomes }) => outcomes)),
    phasesMs: { stacks: stacksMs, ...added(rounds.map(({ phasesMs }) => phasesMs)) },
    faultHits: added(rounds.map(({ faultHits }) => faultHits)),
    stepPoints: added(rounds.map(({ stepPoints }) => stepPoints)),
  };
}

export function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function added(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const record of records)
    for (const [name, count] of Object.entries(record)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
