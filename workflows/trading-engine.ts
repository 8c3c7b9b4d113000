/**
 * The engine of one book: takes the watcher's best opportunities, admits what the limits allow, and starts a position
 * for each. It never ends by itself; it continues as new when its history grows long.
 */
import {
  allHandlersFinished,
  ChildWorkflowCancellationType,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  patched,
  setHandler,
  startChild,
  TemporalFailure,
  workflowInfo,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { tapeHasEnded, marketTimeMs, type ClockAnchor } from '../src/domain/market-clock.ts';
import { firstShard, positionWorkflowId, stoppingReason } from '../src/domain/names.ts';
import { positionKey } from '../src/domain/position.ts';
import { makeUlid } from '../src/domain/ulid.ts';
import type { Candidate, OpportunityReport } from '../src/strategy/candidate.ts';
import { ledgerActivities } from './activity-proxies.ts';
import { basisPosition } from './basis-position.ts';
import { isReport } from './message-shapes.ts';
import {
  engineQuery,
  forceCloseSignal,
  haltSignal,
  openPriority,
  opportunitiesSignal,
  pauseSignal,
  resumeSignal,
} from './messages.ts';

/** A report older than this (wall) when it is handled is dropped: its prices are history. */
const reportFreshnessMs = 5_000;

export interface EngineInput {
  readonly book: string;
  readonly anchor: ClockAnchor;
  readonly paused: boolean;
  readonly pauseReason: string | null;
  /** Why the book is halted; absent or null: it is not. */
  readonly haltReason?: string | null;
}

const rememberedDecisions = 20;

export async function tradingEngine(input: EngineInput): Promise<never> {
  let { paused, pauseReason, haltReason = null } = input;
  /** A halt that closes everything, and a resume that resets the high-water mark, are still to be done. */
  let [closeDue, resetDue] = [false, false];
  /** The halt that a resume takes back; undefined: whichever stands, as older commands meant it. */
  let seenHalt: string | null | undefined;
  let report: OpportunityReport | null = null;
  const recent: string[] = [];
  const note = (line: string): void => {
    recent.unshift(`${new Date().toISOString()} ${line}`);
    recent.length = Math.min(recent.length, rememberedDecisions);
  };

  setHandler(opportunitiesSignal, (latest) => {
    if (isReport(latest)) report = latest;
  });
  setHandler(pauseSignal, (message) => {
    // A person's pause outlives a stop of the stack, which takes back only its own.
    if (!paused || pauseReason === stoppingReason) pauseReason = message?.reason ?? 'paused by a person';
    paused = true;
  });
  setHandler(haltSignal, (message) => {
    haltReason = message?.reason ?? 'halted by a person';
    if (message?.closeAll === true) closeDue = true;
  });
  setHandler(resumeSignal, (message) => {
    // Engines of older code took it for a person's word.
    if (message?.afterStop === true && patched('start-is-no-persons-word')) {
      if (pauseReason === stoppingReason) [paused, pauseReason] = [false, null];
      return;
    }
    paused = false;
    pauseReason = null;
    haltReason = null;
    const seen: unknown = message?.seenHalt;
    seenHalt = typeof seen === 'string' || seen === null ? seen : undefined;
    resetDue = true;
  });
  setHandler(engineQuery, () => ({ book: input.book, paused, pauseReason, haltReason, recent }));

  const isStopped = (): boolean => paused || haltReason !== null;
  // Engines that resumed before there was a high-water mark replay without one.
  const isResetDue = (): boolean => resetDue && patched('resume-resets-drawdown');
  /** Of a halt that came by a signal alone, the ledger does not know: what is reserved asks there. */
  let isHaltRecorded = haltReason !== null;
  const isHaltToRecord = (): boolean => {
    // Of a resume that says which halt it has seen, no other one is ended.
    if (haltReason === null && resetDue && seenHalt !== undefined) return false;
    return isHaltRecorded !== (haltReason !== null) && patched('halt-in-ledger');
  };

  /** Nor this of one that was written there while nobody could signal. What a person has said meanwhile holds. */
  const adoptHalt = (reason: string | null): void => {
    if (reason === null || haltReason !== null || resetDue) return;
    haltReason = reason;
    isHaltRecorded = true;
    note(`halted, as the ledger says: ${reason}`);
  };
  if (patched('reads-halt-at-start')) {
    const recorded = await ledgerActivities('close', 'is the book halted?').haltOf({ book: input.book });
    adoptHalt(recorded);
    // Older code could lose the ledger's word of it between a resume and a halt.
    if (recorded === null && haltReason !== null && patched('halt-recorded-at-start')) isHaltRecorded = false;
  }

  for (;;) {
    await condition(
      () => report !== null || closeDue || isResetDue() || isHaltToRecord() || workflowInfo().continueAsNewSuggested,
    );
    if (isHaltToRecord()) {
      isHaltRecorded = haltReason !== null;
      const summary = isHaltRecorded ? 'nothing is reserved any more' : 'reservations again';
      await ledgerActivities('close', summary).recordHalt({
        book: input.book,
        reason: haltReason,
        nowWallMs: Date.now(),
      });
    }
    if (closeDue) {
      closeDue = false;
      note(await closeAll(input.book));
    }
    if (isResetDue()) {
      resetDue = false;
      // Before anything is admitted: a refusal by a halt that is over would be taken for a new one.
      if (seenHalt !== undefined) {
        isHaltRecorded = false;
        if (haltReason === null) adoptHalt(await endHalt(input.book, seenHalt));
      } else if (haltReason === null && patched('resume-ends-halt-in-ledger')) {
        isHaltRecorded = false;
        await ledgerActivities('close', 'reservations again').recordHalt({
          book: input.book,
          reason: null,
          nowWallMs: Date.now(),
        });
      }
      await ledgerActivities('close', 'take a new high-water mark').resetDrawdown({ book: input.book });
    }
    const current: OpportunityReport | null = report;
    report = null;
    if (current !== null && !isStopped() && isFresh(current) && !tapeHasEnded(input.anchor, Date.now())) {
      for (const candidate of (current as OpportunityReport).candidates) {
        // A pause, a halt, or time, may have come while the one before was admitted.
        if (isStopped() || !isFresh(current)) break;
        note(await admit(input, candidate, adoptHalt));
      }
    }
    // What a signal asked for meanwhile is done first: the next run would not know of it.
    if (workflowInfo().continueAsNewSuggested && !closeDue && !isResetDue() && !isHaltToRecord()) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof tradingEngine>({ ...input, paused, pauseReason, haltReason });
    }
  }
}

/** Of two people who resume and halt at the same time, the one who halts is heard. */
function endHalt(book: string, seen: string | null): Promise<string | null> {
  return ledgerActivities('close', 'reservations again, unless halted anew').endHalt({ book, seen });
}

/** A halt that closes: every position of the book is told, whoever opened it. Returns what came of it, in words. */
async function closeAll(book: string): Promise<string> {
  const keys = await ledgerActivities('close', 'list the open positions').openPositionKeys({ book });
  const told = await Promise.allSettled(
    keys.map((key) =>
      getExternalWorkflowHandle(positionWorkflowId(key)).signal(forceCloseSignal, { reason: 'portfolio_halt' }),
    ),
  );
  const missed = keys.filter((_, index) => told[index]?.status === 'rejected');
  return `halt: ${keys.length} positions told to close${missed.length === 0 ? '' : `, not: ${missed.join(', ')}`}`;
}

function isFresh(report: OpportunityReport): boolean {
  return Date.now() - report.observedAtMs <= reportFreshnessMs;
}

/** Reserves for the candidate and starts its position; returns what became of it, in words. */
async function admit(input: EngineInput, candidate: Candidate, adoptHalt: (reason: string) => void): Promise<string> {
  const { pair, direction } = candidate;
  const spotVenue = pair.spot.instrument.venue;
  const perpVenue = pair.perp.instrument.venue;
  const key = positionKey(pair.asset, spotVenue, perpVenue, direction, makeUlid(Date.now(), Math.random));
  const admission = await ledgerActivities('open', `admit ${pair.pairId}`).admitCandidate({
    key,
    workflowId: positionWorkflowId(key),
    book: input.book,
    candidate,
    nowWallMs: Date.now(),
    nowMarketMs: marketTimeMs(input.anchor, Date.now()),
  });
  if (admission.kind === 'refused') {
    if (admission.haltReason !== undefined && patched('adopts-halt')) adoptHalt(admission.haltReason);
    return `refused ${pair.pairId}: ${admission.reasons.join('; ')}`;
  }
  const { plan, needs, limits } = admission;
  try {
    // Awaited up to its start, so that continuing as new never loses one.
    await startChild(basisPosition, {
      workflowId: positionWorkflowId(key),
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      // Ending the engine leaves its positions alone.
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      priority: openPriority,
      staticSummary: `${plan.asset} ${plan.direction} ${plan.quantityBase} at ${spotVenue} and ${perpVenue}`,
      args: [
        {
          plan,
          needs,
          limits,
          source: 'engine',
          anchor: input.anchor,
          shard: firstShard,
          state: { kind: 'reserving' },
          orders: [],
        },
      ],
    });
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    // Of an engine that was reset: the key is the same, and its position has been running since.
    if (error instanceof WorkflowExecutionAlreadyStartedError && patched('started-before'))
      return `started ${key} before`;
    const reason = `its workflow could not start: ${error.message}`;
    await ledgerActivities('close', 'give the capital back').finishPosition({
      key,
      status: 'aborted',
      exitReason: null,
      abortReason: reason,
      anchor: input.anchor,
      nowWallMs: Date.now(),
      closePrices: null,
    });
    return `${key}: ${reason}`;
  }
  return `started ${key}`;
}
