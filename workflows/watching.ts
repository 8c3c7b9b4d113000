/** An open position under watch: what its watcher needs, and what the position does itself in case it is not watched. */
import { ActivityFailure, patched } from '@temporalio/workflow';
import { alertKeys } from '../src/domain/alert-keys.ts';
import { extendedHoldingMs } from '../src/domain/exits/max-holding.ts';
import { marketTimeMs, wallDurationMs } from '../src/domain/market-clock.ts';
import type { HedgedLegs, PositionInput } from '../src/domain/position-state.ts';
import type { PositionPlan } from '../src/domain/position.ts';
import type { ExitDecision, Mark, Watch } from '../src/domain/watch.ts';
import { ledgerActivities, marketActivities } from './activity-proxies.ts';
import { FencedOff, type OrderDesk } from './order-desk.ts';

/** What the watcher needs of a position with these legs. */
export function watchOf({ workflowId, anchor }: OrderDesk, plan: PositionPlan, legs: HedgedLegs): Watch {
  return {
    key: plan.key,
    workflowId,
    plan,
    anchor,
    spotQuantityBase: legs.spotBase,
    perpQuantityBase: legs.perpBase,
    spotOpenPrice: legs.spotOpenPrice,
    perpOpenPrice: legs.perpOpenPrice,
    openFeesUsd: legs.openFeesUsd,
    hedgedAtMs: legs.hedgedAtMarketMs,
    ...(legs.trimmedUsd === undefined ? {} : { trimmedUsd: legs.trimmedUsd }),
    ...(legs.reduction === undefined
      ? {}
      : { reduced: { ...legs.reduction, atWallMs: legs.reducedAtWallMs ?? legs.hedgedAtWallMs } }),
  };
}

const longestWatchdogMs = 6 * 3_600_000;
const shortestWatchdogMs = 10_000;

/** Wall time between two evaluations by the position itself. */
export function watchdogIntervalMs({ anchor, plan }: Pick<PositionInput, 'anchor' | 'plan'>): number {
  const wantedMs = wallDurationMs(anchor, plan.exits.maxHoldingMs / 12);
  return Math.max(shortestWatchdogMs, Math.min(longestWatchdogMs, wantedMs));
}

/**
 * Evaluates the exit rules itself: a lost watcher delays an exit, it never loses one.
 * @throws FencedOff
 */
export async function watchdog(
  desk: OrderDesk,
  plan: PositionPlan,
  legs: HedgedLegs,
): Promise<{ mark: Mark | null; decision: ExitDecision | null }> {
  const askedAtMs = Date.now();
  try {
    const evaluate = marketActivities('close', 'watchdog: evaluate the exits').evaluateExit;
    const { mark, decision, notEvaluable, isFenced } = await evaluate(watchOf(desk, plan, legs));
    if (isFenced) throw new FencedOff('the position is fenced');
    if (notEvaluable !== null) {
      await alertPerson(plan.key, 'watchdog', 'warning', `the watchdog could not evaluate the exits: ${notEvaluable}`);
    }
    return { mark, decision: decision === null ? null : datedByTemporal(decision, askedAtMs) };
  } catch (error) {
    const reason = failureMessage(error);
    await alertPerson(plan.key, 'watchdog', 'warning', `the watchdog could not evaluate the exits: ${reason}`);
    return { mark: null, decision: null };
  }
}

/** It was seen after it was asked for, whatever the clock of the worker says that saw it. */
function datedByTemporal(decision: ExitDecision, askedAtMs: number): ExitDecision {
  if (decision.observedAtMs >= askedAtMs || !patched('watchdog-dated-by-temporal')) return decision;
  return { ...decision, observedAtMs: askedAtMs };
}

/**
 * The longest holding of a position on the carry has come: it goes on by one more horizon while the carry pays. What
 * cannot be seen at this moment ends nothing, except at the end of its life.
 * @returns the extended holding; null when there is none, or when something was seen to close for
 * @throws FencedOff
 */
export async function reviewHolding(
  desk: OrderDesk,
  plan: PositionPlan,
  legs: HedgedLegs,
): Promise<{ mark: Mark | null; decision: ExitDecision | null; maxHoldingMs: number | null }> {
  const { mark, decision } = await watchdog(desk, plan, legs);
  if (decision !== null) return { mark, decision, maxHoldingMs: null };
  const heldForMs = marketTimeMs(desk.anchor, Date.now()) - legs.hedgedAtMarketMs;
  const maxHoldingMs = extendedHoldingMs(plan, heldForMs);
  return { mark, decision, maxHoldingMs: maxHoldingMs > heldForMs ? maxHoldingMs : null };
}

/** A freshly armed watch that nobody has evaluated is armed again, and a person is told. */
export async function checkArmed(key: string, armAgain: (summary: string) => Promise<void>): Promise<void> {
  const evaluatedAtMs = await ledgerActivities('close', 'check that the watch is evaluated').watchEvaluatedAt({ key });
  if (evaluatedAtMs !== null) return;
  await armAgain('arm the watch again');
  await alertPerson(key, 'unwatched', 'critical', 'its watch was not evaluated within 10 s and was armed again');
}

/** Tells a person of the position. */
export async function alertPerson(
  key: string,
  event: 'stuck' | 'unwatched' | 'watchdog' | 'funding' | 'reduced',
  severity: 'warning' | 'critical',
  message: string,
): Promise<void> {
  await ledgerActivities('close', `alert: ${event}`).raiseAlert({
    key: alertKeys[event](key),
    severity,
    message: `${key}: ${message}`,
    positionKey: key,
  });
}

/** The cause of a failed activity. @throws what is no such failure: a mistake of ours, to be repaired and replayed */
export function failureMessage(error: unknown): string {
  if (!(error instanceof ActivityFailure)) throw error;
  return error.cause?.message ?? error.message;
}

/** An activity that failed for good while legs are on: a person is told, and it is tried again. @throws FencedOff */
export function stuckBy(error: unknown): { kind: 'stuck'; reason: string } {
  if (error instanceof FencedOff) throw error;
  return { kind: 'stuck', reason: failureMessage(error) };
}
