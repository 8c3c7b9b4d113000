/** One armed position under watch: its exit rules on every quote, and the signals that follow. */
import type { Client } from '@temporalio/client';
import { expectedCarry, type FundingOutlook } from '../../src/domain/carry.ts';
import { zero, type Decimal, type DecimalText } from '../../src/domain/decimal.ts';
import { evaluateExits, type ExitEvaluation } from '../../src/domain/exits.ts';
import { marketTimeMs } from '../../src/domain/market-clock.ts';
import { signalNames } from '../../src/domain/names.ts';
import { sideOf, type ExitReason } from '../../src/domain/position.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { ExitDecision, Mark, Watch } from '../../src/domain/watch.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';

/** While a rule holds and the watch is armed, the position is signalled again this often. */
const repeatMs = 5_000;
/** A signalled position that is still armed after this long is a person's business. */
const ignoredAlertMs = 30_000;
/** Marks shown in the UI per position: each costs a signal's events. */
const shownMarks = 24;

/**
 * Exits that take a profit are confirmed on fresh order books before they are signalled: when the market jumps, one
 * venue's stream is ahead of the other's, and the gap between them is then no gap that anybody can trade.
 */
const confirmedReasons: ReadonlySet<ExitReason> = new Set(['profit_target', 'convergence']);

export interface ExitWatch {
  readonly watch: Watch;
  evaluate(spotQuote: Quote | null, perpQuote: Quote | null, outlook: FundingOutlook | null): void;
  setFunding(fundingUsd: DecimalText): void;
  /** The latest evaluation; null before the first. */
  mark(): Mark | null;
  /** Signals the latest mark, so that the UI shows it; a limited number of times. */
  showMark(): void;
}

export interface ExitWatchPorts {
  readonly client: Pick<Client, 'workflow'>;
  readonly alerts: Alerts;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  /** Both order books of the position's pair, read now. */
  readonly freshQuotes: (watch: Watch) => Promise<[Quote, Quote]>;
}

/** What is being signalled, while its rule holds. */
interface Standing {
  readonly decisionId: string;
  readonly reason: ExitReason;
  readonly sinceMs: number;
  signalledAtMs: number;
  alerted: boolean;
}

export function createExitWatch(watch: Watch, ports: ExitWatchPorts): ExitWatch {
  const { client, alerts, clock, warn } = ports;
  const handle = client.workflow.getHandle(watch.workflowId);
  let fundingUsd: DecimalText = '0';
  let stopSinceWallMs: number | null = null;
  let mark: Mark | null = null;
  let marksShown = 0;
  let standing: Standing | null = null;

  return {
    watch,
    setFunding(amountUsd) {
      fundingUsd = amountUsd;
    },
    mark: () => mark,
    showMark() {
      if (mark === null || standing !== null || marksShown >= shownMarks) return;
      marksShown += 1;
      handle
        .signal(signalNames.mark, mark)
        .catch((error: unknown) => warn(`${watch.key}: the mark was not taken: ${messageOf(error)}`));
    },
    evaluate(spotQuote, perpQuote, outlook) {
      const evaluation = evaluationOf(spotQuote, perpQuote, outlook);
      stopSinceWallMs = evaluation.stopSinceWallMs;
      if (evaluation.mark !== null) mark = evaluation.mark;
      const { reason } = evaluation;
      if (reason === null) {
        standing = null;
        return;
      }
      if (standing?.reason !== reason) standing = newStanding(watch, reason, clock.nowMs());
      if (clock.nowMs() - standing.signalledAtMs < repeatMs) return;
      standing.signalledAtMs = clock.nowMs();
      void signalExit(standing, evaluation, outlook).catch((error: unknown) =>
        warn(`${watch.key}: the exit ${reason} was not taken: ${messageOf(error)}`),
      );
    },
  };

  function evaluationOf(
    spotQuote: Quote | null,
    perpQuote: Quote | null,
    outlook: FundingOutlook | null,
  ): ExitEvaluation {
    const nowWallMs = clock.nowMs();
    const expectedCarry = carryLeft(watch, outlook, nowWallMs).toFixed();
    return evaluateExits({ watch, spotQuote, perpQuote, fundingUsd, expectedCarry, nowWallMs, stopSinceWallMs });
  }

  /** Level-triggered: signalled again while it holds, because a signal acted on too late is not acted on. */
  async function signalExit(held: Standing, seen: ExitEvaluation, outlook: FundingOutlook | null): Promise<void> {
    const evaluation = confirmedReasons.has(held.reason) ? await confirm(held, outlook) : seen;
    if (evaluation === null) return;
    const { detail, prices } = evaluation;
    const observedAtMs = clock.nowMs();
    const decision: ExitDecision = { decisionId: held.decisionId, reason: held.reason, observedAtMs, detail, prices };
    await handle.signal(signalNames.exit, decision);
    if (held.alerted || observedAtMs - held.sinceMs < ignoredAlertMs) return;
    held.alerted = true;
    const message = `${watch.key}: ${held.reason} was signalled for ${ignoredAlertMs / 1000} s and the position is not closing`;
    await alerts.raise({ key: `exit_ignored/${watch.key}`, severity: 'critical', message, positionKey: watch.key });
  }

  /** The rule on order books read at this moment; null when it does not hold there, and it is then looked at afresh. */
  async function confirm(held: Standing, outlook: FundingOutlook | null): Promise<ExitEvaluation | null> {
    const [spotQuote, perpQuote] = await ports.freshQuotes(watch);
    const evaluation = evaluationOf(spotQuote, perpQuote, outlook);
    if (evaluation.reason === held.reason) return evaluation;
    if (standing === held) standing = null;
    return null;
  }
}

/** s·Σ r̂ from now to the end of the longest holding; nothing is expected while the rate is not known. */
export function carryLeft(watch: Watch, outlook: FundingOutlook | null, nowWallMs: number): Decimal {
  if (outlook === null) return zero;
  const endsAtMs = watch.hedgedAtMs + watch.plan.exits.maxHoldingMs;
  return expectedCarry(sideOf(watch.plan.direction), outlook, marketTimeMs(watch.anchor, nowWallMs), endsAtMs);
}

/** The same rule, as long as it holds without a break, is one decision. */
function newStanding(watch: Watch, reason: ExitReason, nowMs: number): Standing {
  return { decisionId: `${watch.key}/${reason}/${nowMs}`, reason, sinceMs: nowMs, signalledAtMs: 0, alerted: false };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
