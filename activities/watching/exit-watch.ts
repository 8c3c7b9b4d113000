/** One armed position under watch: its exit rules on every quote, and the signals that follow. */
import { alertKeys } from '../../src/domain/alert-keys.ts';
import type { FundingOutlook } from '../../src/domain/carry.ts';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { evaluateExits, extentOf, type ExitEvaluation } from '../../src/domain/exits.ts';
import { loanRate } from '../../src/domain/exits/margin-distance.ts';
import { carryAhead } from '../../src/domain/exits/carry-ahead.ts';
import type { MarginReading, PerpReading } from '../../src/domain/exits/seen.ts';
import { maxQuoteAgeMs } from '../../src/domain/freshness.ts';
import { marketTimeMs, wallDurationMs } from '../../src/domain/market-clock.ts';
import { signalNames } from '../../src/domain/names.ts';
import type { PegOf } from '../../src/domain/peg.ts';
import type { ExitReason } from '../../src/domain/position.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { ExitDecision, Mark, Watch } from '../../src/domain/watch.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { createBlindness } from './blindness.ts';
import { createConcernAlerts } from './concern-alerts.ts';
import { messageOf } from '../failures.ts';

/** While a rule holds and the watch is armed, the position is signalled again this often. */
const repeatMs = 5_000;
/** A signalled position that is still armed after this long is a person's business. */
const ignoredAlertMs = 30_000;
/** Shorter than this, a moment in which nothing can be seen changes nothing: an earlier quote is believed as long. */
const blinkMs = maxQuoteAgeMs;
/** Two reads over REST each: no more often than this, however often the stream and the order books disagree. */
const confirmIntervalMs = 1_000;
/** Marks shown in the UI per position: each costs a signal's events. */
const shownMarks = 24;
/** Wall time between two marks. */
export const markIntervalMs = 30_000;

/**
 * Exits that take a profit are confirmed on fresh order books before they are signalled: when the market jumps, one
 * venue's stream is ahead of the other's, and the gap between them is then no gap that anybody can trade.
 */
const confirmedReasons: ReadonlySet<ExitReason> = new Set(['profit_target', 'funding_flip', 'convergence']);

/** What is known beside the two order books. */
export interface ExitSurroundings {
  readonly outlook: FundingOutlook | null;
  readonly pegOf: PegOf;
  readonly perpReading: PerpReading | null;
  /** Of the account of a borrowed spot leg; null for any other. */
  readonly margin: MarginReading | null;
}

export interface ExitWatch {
  readonly watch: Watch;
  /** False when the quotes did not allow the rules to be evaluated. */
  evaluate(spotQuote: Quote | null, perpQuote: Quote | null, surroundings: ExitSurroundings): boolean;
  setFunding(fundingUsd: DecimalText): void;
  /** Charged so far for a borrowed spot leg, in the coin. */
  setInterest(amountBase: DecimalText): void;
  /** The latest evaluation; null before the first. */
  mark(): Mark | null;
  /** Signals the latest mark, so that the UI shows it; in the first minutes, and a limited number of times. */
  showMark(): void;
  /** The position is not watched any more: what was alerted of the watching is over. */
  end(): void;
}

/** The part of Temporal's client that signals. */
export interface SignalClient {
  readonly workflow: {
    getHandle(workflowId: string): { signal(name: string, payload: ExitDecision | Mark): Promise<void> };
  };
}

export interface ExitWatchPorts {
  readonly client: SignalClient;
  readonly alerts: Alerts;
  readonly clock: Clock;
  /** Dates what the position is told: it judges by Temporal's clock, not by this machine's. */
  readonly temporalClock: Clock;
  readonly warn: (message: string) => void;
  /** Both order books of the position's pair, read now. */
  readonly freshQuotes: (watch: Watch) => Promise<[Quote, Quote]>;
}

/** What is being signalled, while its rule holds. */
interface Standing {
  readonly decisionId: string;
  readonly reason: ExitReason;
  /** Not an exit of the whole. */
  readonly isReduction: boolean;
  readonly sinceMs: number;
  signalledAtMs: number;
  alerted: boolean;
  /** Why the last signal was not taken; null when it was, or none was sent. */
  failure: string | null;
}

export function createExitWatch(watch: Watch, ports: ExitWatchPorts): ExitWatch {
  const { client, alerts, clock, warn } = ports;
  const handle = client.workflow.getHandle(watch.workflowId);
  const blindness = createBlindness(watch, ports);
  const concerns = createConcernAlerts(watch, ports);
  const watchedSinceWallMs = clock.nowMs();
  let fundingUsd: DecimalText = '0';
  let interestBase: DecimalText = '0';
  let stopSinceWallMs: number | null = null;
  let mark: Mark | null = null;
  let shownMark: Mark | null = null;
  let marksShown = 0;
  let standing: Standing | null = null;
  let confirmedAtMs = 0;
  let isOver = false;
  /** One after the other, so that a resolution cannot overtake the alert that it resolves; null: none was raised. */
  let ignoredAlert: Promise<void> | null = null;

  return {
    watch,
    setFunding(amountUsd) {
      fundingUsd = amountUsd;
    },
    setInterest(amountBase) {
      interestBase = amountBase;
    },
    mark: () => mark,
    showMark() {
      if (mark === null || mark === shownMark || standing !== null || !mayShowMark()) return;
      marksShown += 1;
      shownMark = mark;
      handle
        .signal(signalNames.mark, mark)
        .catch((error: unknown) => warn(`${watch.key}: the mark was not taken: ${messageOf(error)}`));
    },
    evaluate(spotQuote, perpQuote, surroundings) {
      const evaluation = evaluationOf(spotQuote, perpQuote, surroundings);
      concerns.see(evaluation.concerns, spotQuote === null || perpQuote === null ? ['venue_down'] : []);
      const { reason, notEvaluable } = evaluation;
      const blindForMs = blindness.see(notEvaluable);
      if (reason !== null || blindForMs === 0 || blindForMs > blinkMs) {
        stopSinceWallMs = evaluation.stopSinceWallMs;
        if (evaluation.mark !== null) mark = evaluation.mark;
        follow(evaluation, surroundings);
      }
      return notEvaluable === null;
    },
    end() {
      isOver = true;
      ignoredAlert = ignoredAlert?.then(() => alerts.resolve(alertKeys.exit_ignored(watch.key))) ?? null;
      blindness.end();
      concerns.end();
    },
  };

  /** Counted by age as well, since a watcher that takes over does not know what was shown before it. */
  function mayShowMark(): boolean {
    const heldForMs = marketTimeMs(watch.anchor, clock.nowMs()) - watch.hedgedAtMs;
    return marksShown < shownMarks && wallDurationMs(watch.anchor, heldForMs) <= shownMarks * markIntervalMs;
  }

  /** Signals while the rule holds, and alerts when that does not help. */
  function follow(evaluation: ExitEvaluation, surroundings: ExitSurroundings): void {
    const { reason, keepShare } = evaluation;
    if (reason === null) {
      standing = null;
      return;
    }
    const nowMs = clock.nowMs();
    const isReduction = keepShare !== null;
    if (standing?.reason !== reason || standing.isReduction !== isReduction) {
      standing = newStanding(watch, reason, isReduction, nowMs);
    }
    if (nowMs - standing.sinceMs >= ignoredAlertMs) {
      alertIgnored(standing, standing.failure ?? 'it is signalled, and the position is not closing');
    }
    if (nowMs - standing.signalledAtMs < repeatMs) return;
    if (confirmedReasons.has(reason)) {
      if (nowMs - confirmedAtMs < confirmIntervalMs) return;
      confirmedAtMs = nowMs;
    }
    standing.signalledAtMs = nowMs;
    void signalExit(standing, evaluation, surroundings);
  }

  function evaluationOf(
    spotQuote: Quote | null,
    perpQuote: Quote | null,
    { outlook, pegOf, perpReading, margin }: ExitSurroundings,
  ): ExitEvaluation {
    const nowWallMs = clock.nowMs();
    const hourlyRate = loanRate(margin, watch.plan);
    const expectedCarry = carryAhead(watch, outlook, nowWallMs, hourlyRate)?.toFixed() ?? null;
    const known = { watch, fundingUsd, interestBase, expectedCarry, pegOf, perpReading, margin, stopSinceWallMs };
    return evaluateExits({ ...known, spotQuote, perpQuote, watchedSinceWallMs, nowWallMs });
  }

  /** Level-triggered: signalled again while it holds, because a signal acted on too late is not acted on. Never throws. */
  async function signalExit(held: Standing, seen: ExitEvaluation, surroundings: ExitSurroundings): Promise<void> {
    try {
      const evaluation = confirmedReasons.has(held.reason) ? await confirm(held, surroundings) : seen;
      // Not watched any more, it has begun to close while it was confirmed.
      if (evaluation === null || isOver) return;
      const { detail, prices } = evaluation;
      const { decisionId, reason } = held;
      const seenNow = { decisionId, reason, observedAtMs: ports.temporalClock.nowMs(), detail, prices };
      const decision: ExitDecision = { ...seenNow, ...extentOf(evaluation) };
      await handle.signal(signalNames.exit, decision);
      held.failure = null;
    } catch (error) {
      held.failure = messageOf(error);
      warn(`${watch.key}: the exit ${held.reason} was not taken: ${held.failure}`);
      if (isWorkflowNotFound(error)) alertIgnored(held, `there is no workflow ${watch.workflowId} to close it`);
    }
  }

  /** Does not wait for the signal: one that hangs, or fails, is the very thing that a person must hear of. */
  function alertIgnored(held: Standing, why: string): void {
    if (held.alerted || isOver) return;
    held.alerted = true;
    const forS = Math.round((clock.nowMs() - held.sinceMs) / 1000);
    const message = `${watch.key}: the exit ${held.reason} has been due for ${forS} s: ${why}`;
    ignoredAlert = alerts.raise({
      key: alertKeys.exit_ignored(watch.key),
      severity: 'critical',
      message,
      positionKey: watch.key,
    });
  }

  /** The rule on order books read at this moment; null when it does not hold there, and it is then looked at afresh. */
  async function confirm(held: Standing, surroundings: ExitSurroundings): Promise<ExitEvaluation | null> {
    const [spotQuote, perpQuote] = await ports.freshQuotes(watch);
    const evaluation = evaluationOf(spotQuote, perpQuote, surroundings);
    if (evaluation.reason === held.reason) return evaluation;
    if (standing === held) standing = null;
    return null;
  }
}

/** The same rule, as long as it holds without a break, is one decision; to close what was to be reduced is another. */
function newStanding(watch: Watch, reason: ExitReason, isReduction: boolean, nowMs: number): Standing {
  const decisionId = `${watch.key}/${reason}/${isReduction ? 'reduce/' : ''}${nowMs}`;
  return { decisionId, reason, isReduction, sinceMs: nowMs, signalledAtMs: 0, alerted: false, failure: null };
}

/** By name: the class is the client's, which activities do not import. */
function isWorkflowNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowNotFoundError';
}
