/** How reducing orders go on: with which slippage, after which wait, and when they come to nothing. */
import { decimal, minimum, toText, type DecimalText } from '../decimal.ts';
import type { LegName, OrderPurpose } from '../order.ts';
import type { PositionPlan } from '../position.ts';
import type { Projection } from './observation.ts';
import { withoutProgress } from './pacing.ts';

/** Reducing starts at this share of the slippage cap and doubles at each further step. */
const firstCloseSlippageShare = decimal('0.25');

/**
 * Slippage of the next reducing order: a quarter of the cap, doubled after each step that left something over.
 * @param afterStep only later steps count
 */
export function closeSlippageBps(
  plan: PositionPlan,
  projection: Projection,
  leg: LegName,
  purpose: OrderPurpose,
  afterStep = 0,
): DecimalText {
  const cap = decimal(plan.maxCloseSlippageBps);
  const executedSteps = projection[leg].orders.filter(
    ({ order, resolution }) => order.purpose === purpose && order.step > afterStep && resolution.kind === 'done',
  ).length;
  const widening = decimal(String(2 ** Math.min(executedSteps, 10)));
  return toText(minimum(cap, cap.times(firstCloseSlippageShare).times(widening)));
}

/** Refusals without end, or orders that reached the venue up to the slippage cap and found nothing. */
export function stuckReason(
  plan: PositionPlan,
  projection: Projection,
  leg: LegName,
  purpose: OrderPurpose,
): string | null {
  const idle = withoutProgress(projection, leg, purpose);
  const last = idle.at(-1);
  const refusals = idle.filter(({ resolution }) => resolution.kind === 'not_executed');
  if (last?.resolution.kind === 'not_executed' && refusals.length % plan.maxCloseRejections === 0) {
    return `${refusals.length} orders were not executed: ${last.resolution.reason}`;
  }
  return idle.length - refusals.length > stepsToCap ? `no liquidity within ${plan.maxCloseSlippageBps} bps` : null;
}

/** Steps of closeSlippageBps from its first share up to and including the cap: 1/4, 1/2, 1. */
const stepsToCap = 3;
const firstStuckPauseMs = 5_000;
const longestStuckPauseMs = 60_000;

/**
 * Before a position that is stuck for the nth time is tried again: most of what stops a close is over within seconds,
 * and until then one of its legs may be alone.
 */
export function stuckPauseMs(timesStuck: number): number {
  return Math.min(firstStuckPauseMs * 2 ** (timesStuck - 1), longestStuckPauseMs);
}
