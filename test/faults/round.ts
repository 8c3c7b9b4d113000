/** One round on a running stack: many positions at once, what its plan does to them, their end, and the check. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Arena } from './arena.ts';
import type { Hand } from './break-glass.ts';
import { venues } from './configuration.ts';
import { createStrikes } from './events.ts';
import { checkInvariants, type OneLegged, type Violation } from './invariants.ts';
import { historiesOf, replayed } from './replay.ts';
import type { Outage } from './outages.ts';
import { createPace } from './pace.ts';
import { watchReservations } from './reservation-watch.ts';
import type { RoundPlan } from './round-plan.ts';
import { disturb, newRun, startRun, type Run } from './scenario-run.ts';
import { leaks } from './secrets.ts';
import { noteEnds, settleRuns } from './settle.ts';
import type { Templates } from './templates.ts';
import { waitsOf } from './waits.ts';
import { readTruth, type LedgerPosition, type Truth } from './truth.ts';

export interface RoundResult {
  readonly plan: RoundPlan;
  readonly runs: readonly Run[];
  readonly violations: readonly Violation[];
  readonly oneLegged: readonly OneLegged[];
  /** Keys of positions in flight when a process was killed. */
  readonly killed: readonly string[];
  readonly faultHits: Readonly<Record<string, number>>;
  readonly outages: readonly Outage[];
  readonly reached: readonly string[];
  readonly outcomes: Readonly<Record<string, number>>;
  readonly truth: Truth;
}

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

export async function runRound(
  { arena, templates, hand }: RoundStage,
  plan: RoundPlan,
  { signal, settleWithinMs }: { readonly signal: AbortSignal; readonly settleWithinMs: number },
): Promise<RoundResult> {
  const strikes = createStrikes(arena, signal);
  const reservations = watchReservations(arena);
  const runs = plan.scenarios.map((scenario) => newRun(scenario, templates(scenario)));
  const beganAtMs = Date.now();
  const pace = createPace(runs, plan.spreadMs, signal);
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
  let isCalm = false;
  const calm = Promise.all([opened, struck, pace.at(plan.calmAtMs)]).finally(() => (isCalm = true));
  await Promise.all([calm, noteWhile(arena, runs, () => !isCalm, signal)]);
  strikes.release();
  arena.disarmAll();
  const faultHits = await arena.control.clearFaults();
  await arena.control.calm();
  const settled = settleRuns(arena, runs, settleWithinMs, signal);
  // What it throws is told where it is waited for.
  settled.catch(() => undefined);
  await arena.untilReady();
  const fenced = runs.filter(({ fencedAtMs }) => fencedAtMs !== null);
  const byHand = await flattenAll(hand, fenced);
  const unsettled = await settled;
  await pause(quietMs, undefined, { signal });
  const { truth, checked } = await checkUntilBooked(arena, runs, Math.min(bookedWithinMs, settleWithinMs / 4), signal);
  const histories = await historiesOf(arena, sampleOf(runs));
  const violations = [
    ...unsettled,
    ...byHand,
    ...checked.violations,
    ...(await reservations.violations()),
    ...(await replayed(arena, histories)),
    ...(await leaks(arena, histories)),
  ];
  return {
    plan,
    runs,
    violations,
    oneLegged: checked.oneLegged,
    outages: arena.outages.all().filter(({ toMs }) => toMs > beganAtMs),
    killed: runs.filter((run) => strikes.killedAtMs.some((atMs) => isInFlight(run, atMs))).map(({ key }) => key),
    faultHits,
    reached: arena.reachedPoints(),
    outcomes: outcomesOf(truth, runs),
    truth,
  };
}

/** Evenly over the round. */
function sampleOf(runs: readonly Run[]): string[] {
  const every = Math.max(1, Math.floor(runs.length / replayedARound));
  return runs.filter((_, index) => index % every === 0).map(({ key }) => key);
}

function isInFlight({ startedAtMs, endedAtMs }: Run, atMs: number): boolean {
  return startedAtMs <= atMs && (endedAtMs ?? Infinity) >= atMs;
}

async function noteWhile(arena: Arena, runs: readonly Run[], isOn: () => boolean, signal: AbortSignal): Promise<void> {
  while (isOn()) {
    const left = runs.filter(({ startedAtMs, endedAtMs }) => startedAtMs !== Infinity && endedAtMs === null);
    await Promise.race([noteEnds(arena, left, signal), pause(5_000, undefined, { signal })]).catch(() => undefined);
    await pause(400, undefined, { signal });
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

/** Why nothing was sent, without its figures. */
function inWords({ abort_reason: reason }: LedgerPosition): string {
  return (reason ?? 'no reason').split(/[:,]|\d/)[0]?.trim() ?? '';
}

/** By what ended them; those that never sent an order, or were refused their capital, apart. */
function outcomesOf({ ledger, venues: states }: Truth, runs: readonly Run[]): Record<string, number> {
  const positions = new Map(ledger.positions.map((position) => [position.key, position]));
  const arrived = new Set(venues.flatMap((venue) => states[venue].orders.map(({ clientOrderId }) => clientOrderId)));
  const traded = new Set(
    ledger.orders.filter((order) => arrived.has(order.client_order_id)).map((order) => order.position_key),
  );
  const outcomes: Record<string, number> = {};
  for (const { key } of runs) {
    const position = positions.get(key);
    const ending = position?.exit_reason ?? (position?.status === 'aborted' ? 'compensated' : position?.status);
    const name =
      position === undefined ? 'refused' : traded.has(key) ? (ending ?? '') : `never_sent (${inWords(position)})`;
    outcomes[name] = (outcomes[name] ?? 0) + 1;
  }
  return outcomes;
}
