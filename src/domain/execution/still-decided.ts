/** Whether what was decided before a wait is what is to be done after it. */
import type { Move } from './moves.ts';

/** The same orders, whatever the waits: one that has been waited for is not waited for again. */
export function isStillDecided(before: readonly Move[], now: readonly Move[] | null): boolean {
  return now !== null && now.length === before.length && now.every((move, index) => isSame(move, before[index]));
}

function isSame(one: Move, other: Move | undefined): boolean {
  return (
    other !== undefined &&
    one.leg === other.leg &&
    one.side === other.side &&
    one.purpose === other.purpose &&
    one.quantityBase === other.quantityBase &&
    one.step === other.step &&
    one.slippageBps === other.slippageBps
  );
}
