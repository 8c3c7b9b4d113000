/** Whether what was decided before a wait is what is to be done after it. */
import type { Decision } from './decide.ts';
import type { Move } from './moves.ts';
import type { ReduceDecision } from './reduce.ts';

/** The same orders, whatever the waits: one that has been waited for is not waited for again. */
export function isStillDecided(before: { readonly moves: readonly Move[] }, now: Decision | ReduceDecision): boolean {
  return (
    now.kind === 'send' &&
    now.moves.length === before.moves.length &&
    now.moves.every((move, index) => isSame(move, before.moves[index]))
  );
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
