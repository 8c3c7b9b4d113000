/** Rounds until there have been as many scenarios as asked for, on a fresh stack now and then. */
import { withArena } from './arena/arena.ts';
import { createHand } from './rounds/break-glass.ts';
import type { Field } from './arena/configuration.ts';
import { tallyOf, total, type RoundTally, type Tallies } from './harness-report.ts';
import { violationText } from './report-text.ts';
import { runRound } from './rounds/round.ts';
import { secondsOf } from './stopwatch.ts';
import { planRound } from './rounds/stories.ts';
import { planTemplates } from './rounds/templates.ts';

export interface HarnessOptions {
  readonly scenarios: number;
  readonly seed: number;
  /** One a round, in turn. */
  readonly stories: readonly string[];
  readonly field: Field;
  /** Only this round; null: all that are needed. */
  readonly round: number | null;
  /** Every so manieth round, from the one of this number on. */
  readonly lane: Lane;
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

export interface Lane {
  readonly index: number;
  readonly of: number;
}

/** Lists grow with every position, and a real exchange forgets: a new home after so many. */
const perStack = 2_000;

export async function runRounds(options: HarnessOptions): Promise<Tallies> {
  const beganAtMs = Date.now();
  const left = roundsOf(options).filter((_, index) => index % options.lane.of === options.lane.index);
  const wanted = total(left.map(({ count }) => count));
  const rounds: RoundTally[] = [];
  let stacksMs = 0;
  const isFound = (): boolean => rounds.some(({ violations }) => violations.length > 0);
  while (left.length > 0 && !(options.failFast && isFound())) {
    const stackAtMs = Date.now();
    await withArena(options, async (arena) => {
      stacksMs += Date.now() - stackAtMs;
      const templates = await planTemplates(arena);
      const hand = await createHand(arena);
      try {
        let onStack = 0;
        for (let next = left[0]; next !== undefined; next = left[0]) {
          const { round, count } = next;
          onStack += count;
          if (onStack > Math.max(perStack, options.perRound)) return;
          left.shift();
          const story = options.stories[round % options.stories.length] ?? 'storm';
          const plan = planRound(story, options.field, { seed: options.seed, round, count });
          const result = await runRound({ arena, templates, hand }, plan, options);
          const tally = await tallyOf(arena, result, options.perRound);
          rounds.push(tally);
          options.log(progressLine(rounds, tally, wanted, beganAtMs));
          if (tally.violations.length === 0) continue;
          options.log(violationText(tally.violations));
          // What is wrong with an account stays wrong: the next round would be blamed for it.
          return;
        }
      } finally {
        await hand.close();
      }
    });
  }
  return { rounds, stacksMs };
}

interface NumberedRound {
  readonly round: number;
  readonly count: number;
}

export function roundsOf({
  scenarios,
  perRound,
  round,
}: Pick<HarnessOptions, 'scenarios' | 'perRound' | 'round'>): NumberedRound[] {
  if (round !== null) return [{ round, count: Math.min(scenarios, perRound) }];
  const count = Math.ceil(scenarios / perRound);
  return Array.from({ length: count }, (_, index) => ({
    round: index,
    count: Math.min(perRound, scenarios - index * perRound),
  }));
}

function progressLine(rounds: readonly RoundTally[], last: RoundTally, wanted: number, beganAtMs: number): string {
  const done = total(rounds.map(({ scenarios }) => scenarios));
  const seconds = (Date.now() - beganAtMs) / 1000;
  const found = total(rounds.map(({ violations }) => violations.length));
  const rate = (done / seconds).toFixed(2);
  return `${done} of ${wanted} in ${seconds.toFixed(0)} s (${rate}/s), ${found} violations; this round: ${secondsOf(last.phasesMs)}; ${last.killed} killed, longest outage ${last.longestOutage}, ${JSON.stringify(last.outcomes)}`;
}
