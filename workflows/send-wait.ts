/** The wait before an order: what was decided before it may be wrong after it. */
import { patched, sleep } from '@temporalio/workflow';
import type { Move } from '../src/domain/execution/moves.ts';
import { isStillDecided } from '../src/domain/execution/still-decided.ts';

/**
 * @param decide the moves as they are decided with what is known now; null: none
 * @returns false when something else is to be done meanwhile: the time is up, or the venue has made a fill
 */
export async function waitToSend(
  before: readonly Move[],
  waitMs: number,
  decide: () => readonly Move[] | null,
): Promise<boolean> {
  if (waitMs <= 0) return true;
  await sleep(waitMs, { summary: 'wait before the next order' });
  // Older code sent what it had decided.
  return isStillDecided(before, decide()) || !patched('decided-again-after-a-wait');
}
