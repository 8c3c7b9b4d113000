/** Rounds until there have been as many scenarios as asked for, on a fresh stack now and then. */
import { withArena, type Arena } from './arena.ts';
import { createHand } from './break-glass.ts';
import type { Field } from './configuration.ts';
import type { OneLegged } from './invariants.ts';
import type { Violation } from './violation.ts';
import { oneLeggedFigures, type OneLeggedFigures } from './one-legged.ts';
import { violationText } from './report-text.ts';
import { runRound } from './round.ts';
import type { RoundResult } from './round-result.ts';
import { secondsOf } from './stopwatch.ts';
import { planRound } from './stories.ts';
import { planTemplates } from './templates.ts';

export interface HarnessOptions {
  readonly scenarios: number;
  readonly seed: number;
  /** One a round, in turn. */
  readonly stories: readonly string[];
  readonly field: Field;
  /** Only this round; null: all that are needed. */
  readonly round: number | null;
  /** Positions at once. */
  readonly perRound: number;
  readonly keep: boolean;
  /** Wall time after the calm. */
  readonly settleWithinMs: number;
  /** Ends after the first round with a violation. */
  readonly failFast: boolean;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

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

/** Lists grow with every position, and a real exchange forgets: a new home after so many. */
const perStack = 2_000;

export async function runHarness(options: HarnessOptions): Promise<HarnessReport> {
  const beganAtMs = Date.now();
  const rounds = roundsOf(options);
  const results: RoundTally[] = [];
  let stacksMs = 0;
  for (const batch of batches(rounds, Math.max(1, Math.floor(perStack / options.perRound)))) {
    const stackAtMs = Date.now();
    await withArena(options, async (arena) => {
      stacksMs += Date.now() - stackAtMs;
      const templates = await planTemplates(arena);
      const hand = await createHand(arena);
      try {
        for (const { round, count } of batch) {
          if (options.failFast && results.some(({ violations }) => violations.length > 0)) return;
          const story = options.stories[round % options.stories.length] ?? 'storm';
          const plan = planRound(story, options.field, { seed: options.seed, round, count });
          const tally = await tallied(arena, await runRound({ arena, templates, hand }, plan, options), options);
          results.push(tally);
          options.log(progressLine(results, tally, options, beganAtMs));
          if (tally.violations.length > 0) options.log(violationText(tally.violations));
        }
      } finally {
        await hand.close();
      }
    });
  }
  return reportOf(results, options, stacksMs, Date.now() - beganAtMs);
}

interface NumberedRound {
  readonly round: number;
  readonly count: number;
}

function roundsOf({ scenarios, perRound, round }: HarnessOptions): NumberedRound[] {
  if (round !== null) return [{ round, count: Math.min(scenarios, perRound) }];
  const count = Math.ceil(scenarios / perRound);
  return Array.from({ length: count }, (_, index) => ({
    round: index,
    count: Math.min(perRound, scenarios - index * perRound),
  }));
}

function batches<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}

/** What is kept of a round: the rest is large. */
interface RoundTally {
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

async function tallied(arena: Arena, result: RoundResult, options: HarnessOptions): Promise<RoundTally> {
  const { plan, runs } = result;
  const { explain } = await import('./timeline.ts');
  const violations: FoundViolation[] = [];
  for (const violation of result.violations) {
    violations.push({
      ...violation,
      seed: plan.seed,
      round: plan.round,
      story: plan.story,
      replay: `npm run faults -- --seed ${plan.seed} --story ${plan.story} --round ${plan.round} --scenarios ${runs.length} --per-round ${options.perRound}`,
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

function reportOf(
  tallies: readonly RoundTally[],
  { seed }: HarnessOptions,
  stacksMs: number,
  tookMs: number,
): HarnessReport {
  return {
    scenarios: total(tallies.map(({ scenarios }) => scenarios)),
    killed: total(tallies.map(({ killed }) => killed)),
    violations: tallies.flatMap(({ violations }) => violations),
    ...oneLeggedFigures(tallies.flatMap(({ oneLegged }) => oneLegged)),
    seed,
    rounds: tallies.length,
    tookMs,
    outcomes: added(tallies.map(({ outcomes }) => outcomes)),
    phasesMs: { stacks: stacksMs, ...added(tallies.map(({ phasesMs }) => phasesMs)) },
    faultHits: added(tallies.map(({ faultHits }) => faultHits)),
    stepPoints: added(tallies.map(({ stepPoints }) => stepPoints)),
  };
}

function longestOf({ outages }: RoundResult): string {
  const lengths = outages.map(({ name, fromMs, toMs }) => ({ name, lastedMs: toMs - fromMs }));
  const longest = lengths.toSorted((left, right) => right.lastedMs - left.lastedMs)[0];
  return longest === undefined ? 'none' : `${longest.name} ${(longest.lastedMs / 1000).toFixed(1)} s`;
}

function progressLine(
  tallies: readonly RoundTally[],
  last: RoundTally,
  { scenarios, round }: HarnessOptions,
  beganAtMs: number,
): string {
  const done = total(tallies.map((tally) => tally.scenarios));
  const seconds = (Date.now() - beganAtMs) / 1000;
  const wanted = round === null ? scenarios : done;
  const found = total(tallies.map(({ violations }) => violations.length));
  const rate = (done / seconds).toFixed(2);
  return `${done} of ${wanted} in ${seconds.toFixed(0)} s (${rate}/s), ${found} violations; this round: ${secondsOf(last.phasesMs)}; ${last.killed} killed, longest outage ${last.longestOutage}, ${JSON.stringify(last.outcomes)}`;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function added(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const record of records)
    for (const [name, count] of Object.entries(record)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
