/** The wait before an order: what was decided before it may be wrong after it. */
import { condition, patched } from '@temporalio/workflow';
import type { Move } from '../src/domain/execution/moves.ts';
import { isStillDecided } from '../src/domain/execution/still-decided.ts';

/**
 * @param decide the moves as they are decided with what is known now; null: none
 * @param isHeld ends the wait: nothing is sent then
 * @returns false when something else is to be done meanwhile: the time is up, or the venue has made a fill
 */
export async function waitToSend(
  before: readonly Move[],
  waitMs: number,
  decide: () => readonly Move[] | null,
  isHeld: () => boolean = () => false,
): Promise<boolean> {
  if (waitMs <= 0) return true;
  if (await condition(isHeld, waitMs, { summary: 'wait before the next order' })) return false;
  // Older code sent what it had decided.
  return isStillDecided(before, decide()) || !patched('decided-again-after-a-wait');
}
