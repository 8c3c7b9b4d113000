/** What a round came to. */
import type { Arena } from '../arena/arena.ts';
import { venues } from '../arena/configuration.ts';
import type { Strikes } from './events.ts';
import type { OneLegged } from '../invariants/invariants.ts';
import type { Outage } from '../invariants/outages.ts';
import type { RoundPlan } from './round-plan.ts';
import type { Run } from './scenario-run.ts';
import type { LedgerPosition, Truth } from '../invariants/truth.ts';
import type { Violation } from '../invariants/violation.ts';

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
  /** Wall time of each of its parts. */
  readonly phasesMs: Readonly<Record<string, number>>;
}

export interface Findings {
  readonly violations: readonly Violation[];
  readonly oneLegged: readonly OneLegged[];
  readonly faultHits: Readonly<Record<string, number>>;
  readonly truth: Truth;
  readonly phasesMs: Readonly<Record<string, number>>;
}

export function resultOf(
  arena: Arena,
  plan: RoundPlan,
  runs: readonly Run[],
  strikes: Strikes,
  { violations, oneLegged, faultHits, truth, phasesMs }: Findings,
): RoundResult {
  const beganAtMs = Math.min(...runs.map(({ startedAtMs }) => startedAtMs));
  return {
    plan,
    runs,
    violations,
    oneLegged,
    outages: arena.outages.all().filter(({ toMs }) => toMs > beganAtMs),
    killed: runs.filter((run) => strikes.killedAtMs.some((atMs) => isInFlight(run, atMs))).map(({ key }) => key),
    faultHits,
    reached: arena.reachedPoints(),
    outcomes: outcomesOf(truth, runs),
    truth,
    phasesMs,
  };
}

function isInFlight({ startedAtMs, endedAtMs }: Run, atMs: number): boolean {
  return startedAtMs <= atMs && (endedAtMs ?? Infinity) >= atMs;
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
