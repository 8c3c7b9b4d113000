/**
 * What a signal holds, checked: signals are also sent by hand, and one that is not what it should be must be left alone,
 * or it would fail every task of the workflow from then on.
 */
import type { OrderObservation } from '../src/domain/execution/observation.ts';
import type { ExitDecision, Mark } from '../src/domain/watch.ts';
import type { OpportunityReport } from '../src/strategy/candidate.ts';
import type { ForceClose } from './messages.ts';

/** The engine closes everything on a halt, where a person or the configuration asked for it. */
export function forceCloseReason(message: ForceClose): 'force_close' | 'portfolio_halt' {
  return textOf(message) === 'portfolio_halt' ? 'portfolio_halt' : 'force_close';
}

function textOf(message: ForceClose): string | undefined {
  return typeof message === 'string' ? message : message?.reason;
}

/** Why a person closes, in words. */
export function forceCloseDetail(message: ForceClose): string {
  const reason = textOf(message);
  if (reason === 'portfolio_halt') return 'the portfolio is halted, and everything is closed';
  return reason === undefined || reason.length === 0 ? 'closed by a person' : `closed by a person: ${reason}`;
}

export function isExitDecision(value: unknown): value is ExitDecision {
  return (
    isRecord(value) &&
    typeof value['decisionId'] === 'string' &&
    typeof value['reason'] === 'string' &&
    typeof value['detail'] === 'string' &&
    typeof value['observedAtMs'] === 'number' &&
    (value['prices'] === null || isRecord(value['prices']))
  );
}

export function isVenueFill(value: unknown): value is OrderObservation {
  return (
    isRecord(value) &&
    isRecord(value['order']) &&
    typeof value['order']['leg'] === 'string' &&
    typeof value['order']['clientOrderId'] === 'string' &&
    isRecord(value['resolution']) &&
    value['resolution']['kind'] === 'done'
  );
}

export function isMark(value: unknown): value is Mark {
  return isRecord(value) && typeof value['closeBasisBps'] === 'string' && typeof value['ratioPct'] === 'string';
}

export function isReport(value: unknown): value is OpportunityReport {
  return isRecord(value) && Array.isArray(value['candidates']) && typeof value['observedAtMs'] === 'number';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
