/** What the Temporal UI shows of a position: search attributes and current details. */
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { approximate, decimal } from '../src/domain/decimal.ts';
import { markText } from '../src/domain/mark-text.ts';
import type { Attribution } from '../src/domain/pnl.ts';
import type { ExitReason, PositionPlan, PositionStatus } from '../src/domain/position.ts';
import type { Mark } from '../src/domain/watch.ts';
import { searchAttributes } from './messages.ts';

/** Written once, at the start. */
export function showPlan(plan: PositionPlan, status: PositionStatus): void {
  upsertSearchAttributes([
    { key: searchAttributes.status, value: status },
    { key: searchAttributes.asset, value: plan.asset },
    { key: searchAttributes.spotVenue, value: plan.spot.instrument.venue },
    { key: searchAttributes.perpVenue, value: plan.perp.instrument.venue },
    { key: searchAttributes.direction, value: plan.direction },
    { key: searchAttributes.notionalUsd, value: approximate(decimal(plan.notionalUsd)) },
  ]);
}

export function showStatus(
  status: PositionStatus,
  exitReason: ExitReason | null,
  attribution: Attribution | null,
): void {
  const pairs: SearchAttributeUpdatePair[] = [{ key: searchAttributes.status, value: status }];
  if (exitReason !== null) pairs.push({ key: searchAttributes.exitReason, value: exitReason });
  if (attribution !== null)
    pairs.push({ key: searchAttributes.pnlUsd, value: approximate(decimal(attribution.realisedUsd)) });
  upsertSearchAttributes(pairs);
}

/** The UI shows a heading and few rows: what matters now is in the heading, the legs below it. */
export function showDetails(plan: PositionPlan, status: PositionStatus, note: string, mark: Mark | null): void {
  const { base } = plan.spot.instrument;
  const spotVerb = plan.direction === 'long_spot_short_perp' ? 'long' : 'short';
  const perpVerb = spotVerb === 'long' ? 'short' : 'long';
  // The heading begins with the status already.
  const words = note.startsWith(`${status}: `) ? note.slice(status.length + 2) : note;
  const now = mark === null ? words : markText(mark);
  setCurrentDetails(
    [
      `### ${status} · ${now} · ${new Date().toISOString().slice(0, 19).replace('T', ' ')} UTC`,
      '',
      '| leg | venue | quantity | reference price |',
      '|---|---|---|---|',
      `| ${spotVerb} spot | ${plan.spot.instrument.venue} | ${plan.quantityBase} ${base} | ${plan.spotReferencePrice} |`,
      `| ${perpVerb} perpetual | ${plan.perp.instrument.venue} | ${plan.quantityBase} ${base} | ${plan.perpReferencePrice} |`,
    ].join('\n'),
  );
}

/** The workflow's id, for the client order ids. */
export function ownWorkflowId(): string {
  return workflowInfo().workflowId;
}
