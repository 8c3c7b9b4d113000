/** What a person may decide of a stuck position, and how a position ends on which a person works without Temporal. */
import { ApplicationFailure, patched, sleep } from '@temporalio/workflow';
import { toText } from '../src/domain/decimal.ts';
import { isExposed } from '../src/domain/execution/decide.ts';
import { project } from '../src/domain/execution/observation.ts';
import { residualOf } from '../src/domain/execution/residual.ts';
import {
  legsToClose,
  type CloseRequest,
  type PositionState,
  type PositionResult,
} from '../src/domain/position-state.ts';
import { ledgerActivities } from './activity-proxies.ts';
import { FencedOff, type OrderDesk } from './order-desk.ts';
import { findVenueFills } from './order-loop.ts';
import { resolveChoices, type ResolveChoice } from './messages.ts';
import { showStatus } from './position-display.ts';

/** Asked again after this, and less and less often: a person may leave it for days. */
const fencedRetryMs = 30_000;
const longestFencedRetryMs = 3_600_000;

/**
 * The venue's word, not the person's: what was done by hand there is booked, and must add up to nothing.
 * @param close null of an unwind
 * @throws ApplicationFailure when it does not
 */
export async function verifyFlat(desk: OrderDesk, close: CloseRequest | null): Promise<void> {
  const { plan } = desk;
  // Of a coin that stays sold, what a person buys by hand is an inventory of its own.
  const legs = legsToClose(close);
  for (const { account, instrument } of legs.map((leg) => plan[leg])) {
    await findVenueFills(desk, { account, symbol: instrument.symbol });
  }
  const projection = project(plan.direction, desk.observations);
  if (!isExposed(plan, projection, legs)) return;
  const held = `${toText(projection.spot.heldBase)} spot and ${toText(projection.perp.heldBase)} perpetual`;
  throw ApplicationFailure.create({ type: 'not_flat', message: `it is not flat: it holds ${held}` });
}

/** What the legs still hold is no position's any more; what stays sold has been declared already. */
export async function acceptResidual({ plan, observations }: OrderDesk, close: CloseRequest | null): Promise<void> {
  const residual = residualOf(plan.direction, observations, legsToClose(close));
  await ledgerActivities('close', 'what is left is no longer its own').acceptResidual({ key: plan.key, ...residual });
}

/**
 * A person has ended the position without Temporal. A stuck one might not come to see it by itself: without an order book
 * no order is claimed. @throws FencedOff
 */
export async function unlessEndedByHand(key: string): Promise<void> {
  if (!patched('stuck-looks-for-its-end')) return;
  const end = await ledgerActivities('close', 'whether it was ended without Temporal').positionEnd({ key });
  if (end !== null) throw new FencedOff('the position was ended without Temporal');
}

/** A person works on the position without Temporal, and books its end; its workflow only hears of it. */
export async function breakGlassEnd(key: string): Promise<PositionResult> {
  for (let waitMs = fencedRetryMs; ; waitMs = Math.min(waitMs * 2, longestFencedRetryMs)) {
    const end = await ledgerActivities('close', 'what became of it without Temporal').positionEnd({ key });
    if (end === null) {
      await sleep(waitMs, { summary: 'a person works on it without Temporal' });
      continue;
    }
    const { attribution } = end;
    if (end.status === 'aborted' || attribution === null) {
      showStatus('aborted', null, attribution);
      return { kind: 'aborted', reason: end.abortReason ?? 'flattened without Temporal' };
    }
    const exitReason = end.exitReason ?? 'break_glass';
    showStatus('closed', exitReason, attribution);
    return { kind: 'closed', exitReason, attribution };
  }
}

/** @param kind `stuck` also while it is tried again. @throws Error saying what is allowed */
export function mayResolve(kind: PositionState['kind'], choice: ResolveChoice): void {
  if (!resolveChoices.includes(choice)) throw new Error(`resolve takes one of ${resolveChoices.join(', ')}`);
  if (kind !== 'stuck') throw new Error(`only a stuck position is resolved: this one is ${kind}`);
}
