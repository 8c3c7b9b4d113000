/** One round on a running stack: many positions at once, what its plan does to them, their end, and the check. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Arena } from '../arena/arena.ts';
import type { Hand } from './break-glass.ts';
import { createStrikes, type Strikes } from './events.ts';
import { FoundEarly, untilLasting } from '../invariants/found-early.ts';
import { checkInvariants } from '../invariants/invariants.ts';
import { historiesOf, replayed } from '../invariants/replay.ts';
import type { Outage } from '../invariants/outages.ts';
import { createPace, type Pace } from '../pace.ts';
import { watchReservations } from '../invariants/reservation-watch.ts';
import type { RoundPlan } from './round-plan.ts';
import { resultOf, type RoundResult } from './round-result.ts';
import { disturb, newRun, startRun, type Run } from './scenario-run.ts';
import { leaks } from '../invariants/secrets.ts';
import { noteEnds, settleRuns } from './settle.ts';
import { stopwatch, type Stopwatch } from '../stopwatch.ts';
import type { Templates } from './templates.ts';
import { readTruth } from '../invariants/truth.ts';
import type { Violation } from '../invariants/violation.ts';
import { waitsOf } from '../invariants/waits.ts';

/** Late deliveries and lists that trail: what may still come after the last position has ended. */
const quietMs = 3_000;
const replayedARound = 24;
/** Accounts are read every 10 s: what a venue did by itself is booked by then, where anybody waits for it. */
const bookedWithinMs = 60_000;

export interface RoundStage {
  readonly arena: Arena;
  readonly templates: Templates;
  readonly hand: Hand;
}

export interface RoundTerms {
  readonly signal: AbortSignal;
  readonly settleWithinMs: number;
  /** Ends the round as soon as something is found that no later moment can put right. */
  readonly failFast: boolean;
}

export async function runRound(stage: RoundStage, plan: RoundPlan, terms: RoundTerms): Promise<RoundResult> {
  const { arena, templates } = stage;
  const runs = plan.scenarios.map((scenario) => newRun(scenario, templates(scenario)));
  const over = new AbortController();
  const signal = AbortSignal.any([terms.signal, over.signal]);
  const strikes = createStrikes(arena, signal);
  const watched = terms.failFast ? untilLasting(arena, runs, over) : Promise.resolve();
  try {
    return await playRound(stage, plan, runs, strikes, { ...terms, signal });
  } catch (error) {
    const found: unknown = over.signal.reason;
    if (!(found instanceof FoundEarly)) throw error;
    strikes.release();
    return resultOf(arena, plan, runs, strikes, found);
  } finally {
    over.abort();
    await watched;
  }
}

async function playRound(
  { arena, templates, hand }: RoundStage,
  plan: RoundPlan,
  runs: readonly Run[],
  strikes: Strikes,
  { signal, settleWithinMs }: RoundTerms,
): Promise<RoundResult> {
  const phases = stopwatch();
  const reservations = watchReservations(arena);
  const pace = createPace(runs, plan.spreadMs, signal);
  try {
    await storm(arena, templates, plan, runs, strikes, pace, phases, signal);
    strikes.release();
    arena.disarmAll();
    const faultHits = await arena.control.clearFaults();
    await arena.control.calm();
    const settled = settleRuns(arena, runs, settleWithinMs, signal, () => pace.isBusy());
    // What it throws is told where it is waited for.
    settled.catch(() => undefined);
    await arena.untilReady();
    const fenced = runs.filter(({ fencedAtMs }) => fencedAtMs !== null);
    const byHand = await flattenAll(hand, fenced);
    const unsettled = await settled;
    phases.end('settle');
    await pause(quietMs, undefined, { signal });
    phases.end('quiet');
    const { truth, checked } = await checkUntilBooked(
      arena,
      runs,
      Math.min(bookedWithinMs, settleWithinMs / 4),
      signal,
    );
    phases.end('books');
    const histories = await historiesOf(arena, sampleOf(runs));
    const others = [
      ...(await reservations.violations()),
      ...(await replayed(arena, histories)),
      ...(await leaks(arena, histories)),
    ];
    phases.end('replay');
    const violations = [...unsettled, ...byHand, ...checked.violations, ...others];
    const { oneLegged } = checked;
    return resultOf(arena, plan, runs, strikes, { violations, oneLegged, faultHits, truth, phasesMs: phases.all });
  } finally {
    pace.end();
    await reservations.violations();
  }
}

/** Everything that the plan has: positions are started and disturbed, blows fall, until the calm. */
async function storm(
  arena: Arena,
  templates: Templates,
  plan: RoundPlan,
  runs: readonly Run[],
  strikes: Strikes,
  pace: Pace,
  phases: Stopwatch,
  signal: AbortSignal,
): Promise<void> {
  const opened = Promise.all(
    runs.map(async (run) => {
      await pace.mayStart(run);
      // As the engine, which lives in one of these workers; some are started all the same.
      if (run.scenario.index % 4 !== 0) await arena.untilReady('worker-basis', 'worker-market', 'temporal', 'postgres');
      await startRun(arena, run, templates(run.scenario), signal);
      await disturb(arena, run, signal);
    }),
  );
  const struck = Promise.all(
    plan.events.map(async (event) => {
      await pace.at(event.atMs);
      // At the calm it is over, whatever is on its way.
      await Promise.race([strikes.carryOut(event), pace.at(plan.calmAtMs)]);
    }),
  );
  const spread = pace.at(plan.spreadMs).then(() => phases.end('open'));
  let isCalm = false;
  const calm = Promise.all([opened, struck, spread, pace.at(plan.calmAtMs)]).finally(() => (isCalm = true));
  await Promise.all([calm, noteWhile(arena, runs, () => !isCalm, signal)]);
  phases.end('tail');
}

/** Evenly over the round. */
function sampleOf(runs: readonly Run[]): string[] {
  const every = Math.max(1, Math.floor(runs.length / replayedARound));
  return runs.filter((_, index) => index % every === 0).map(({ key }) => key);
}

async function noteWhile(arena: Arena, runs: readonly Run[], isOn: () => boolean, signal: AbortSignal): Promise<void> {
  while (isOn()) {
    const left = runs.filter(({ startedAtMs, endedAtMs }) => startedAtMs !== Infinity && endedAtMs === null);
    await Promise.race([noteEnds(arena, left, signal), pause(5_000, undefined, { signal })]).catch(() => undefined);
    await pause(700, undefined, { signal });
  }
}

async function flattenAll(hand: Hand, fenced: readonly Run[]): Promise<Violation[]> {
  const found = await Promise.all(
    fenced.map(async (run): Promise<Violation[]> => {
      try {
        await hand.flatten(run);
        return [];
      } catch (error) {
        return [{ invariant: 0, positionKey: run.key, detail: error instanceof Error ? error.message : String(error) }];
      }
    }),
  );
  return found.flat();
}

/** Until the books agree, at most as long as an account takes to be read. */
async function checkUntilBooked(arena: Arena, runs: readonly Run[], withinMs: number, signal: AbortSignal) {
  for (const endsAtMs = Date.now() + withinMs; ; await pause(3_000, undefined, { signal })) {
    const truth = await readTruth(arena);
    const first = checkInvariants(truth, runs, arena.outages.all());
    const waits = await waitsOfLate(arena, first.violations);
    const checked = waits.size === 0 ? first : checkInvariants(truth, runs, arena.outages.all(), waits);
    if (checked.violations.length === 0 || Date.now() > endsAtMs) return { truth, checked };
  }
}

async function waitsOfLate(arena: Arena, violations: readonly Violation[]): Promise<Map<string, Outage[]>> {
  const late = violations.flatMap(({ invariant, positionKey }) =>
    invariant === 5 && positionKey !== null ? [positionKey] : [],
  );
  const histories = await historiesOf(arena, late);
  return new Map(histories.map(({ key, history }) => [key, waitsOf(history)]));
}
