/**
 * What a signal holds, checked: signals are also sent by hand, and one that is not what it should be must be left alone,
 * or it would fail every task of the workflow from then on.
 */
import type { OrderObservation } from '../src/domain/execution/observation.ts';
import type { ExitDecision, Mark } from '../src/domain/watch.ts';
import type { OpportunityReport } from '../src/strategy/candidate.ts';
import type { ForceClose, WatchedSymbols } from './messages.ts';

/** The engine closes everything on a halt, where a person or the configuration asked for it. */
export function forceCloseReason(message: ForceClose): 'force_close' | 'portfolio_halt' {
  return textOf(message) === 'portfolio_halt' ? 'portfolio_halt' : 'force_close';
}

function textOf(message: ForceClose): string {
  const text: unknown = isRecord(message) ? message['reason'] : message;
  return typeof text === 'string' ? text : '';
}

/** Why a person closes, in words. */
export function forceCloseDetail(message: ForceClose): string {
  const reason = textOf(message);
  if (reason === 'portfolio_halt') return 'the portfolio is halted, and everything is closed';
  return reason === '' ? 'closed by a person' : `closed by a person: ${reason}`;
}

export function isExitDecision(value: unknown): value is ExitDecision {
  return (
    isRecord(value) &&
    typeof value['decisionId'] === 'string' &&
    typeof value['reason'] === 'string' &&
    typeof value['detail'] === 'string' &&
    typeof value['observedAtMs'] === 'number' &&
    (value['prices'] === null || isLegPrices(value['prices'])) &&
    (value['keepShare'] === undefined || isShare(value['keepShare']))
  );
}

/** From 0 to 1. */
function isShare(value: unknown): boolean {
  return typeof value === 'string' && /^(0|1|0\.\d+)$/.test(value);
}

function isLegPrices(value: unknown): boolean {
  return isRecord(value) && isDecimalText(value['spot']) && isDecimalText(value['perp']);
}

export function isWatchedSymbols(value: unknown): value is WatchedSymbols {
  return isRecord(value) && isTexts(value['symbols']) && isTexts(value['perpetuals']);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

export function isVenueFill(value: unknown): value is OrderObservation {
  return isRecord(value) && isOrder(value['order']) && isFilled(value['resolution']);
}

function isOrder(value: unknown): boolean {
  return (
    isRecord(value) &&
    (value['leg'] === 'spot' || value['leg'] === 'perp') &&
    typeof value['clientOrderId'] === 'string' &&
    Number.isSafeInteger(value['step'])
  );
}

function isFilled(value: unknown): boolean {
  return (
    isRecord(value) &&
    value['kind'] === 'done' &&
    [value['filledBase'], value['receivedBase'], value['feesQuote']].every(isDecimalText) &&
    (value['averagePrice'] === null || isDecimalText(value['averagePrice'])) &&
    (value['firstFillAtMs'] === null || Number.isSafeInteger(value['firstFillAtMs']))
  );
}

export function isMark(value: unknown): value is Mark {
  return (
    isRecord(value) &&
    [value['closeBasisBps'], value['ratioPct'], value['unrealisedPnlUsd'], value['netUsd'] ?? '0'].every((figure) =>
      isDecimalText(figure),
    )
  );
}

export function isReport(value: unknown): value is OpportunityReport {
  return isRecord(value) && Array.isArray(value['candidates']) && typeof value['observedAtMs'] === 'number';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isDecimalText(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value);
}
