/** Taking back a halt: the one that stood when a person said so. One that somebody else says meanwhile holds. */
import type { Ledger } from '../ports/ledger.ts';

export interface Resumed {
  /** Why the book was halted; null: it was not. */
  readonly ended: string | null;
  /** Why it is halted all the same; null: it is not. */
  readonly standing: string | null;
}

/**
 * The engine ends the halt that was seen as well, and in its own turn: whichever of the two comes second finds a halt
 * that was said in between, and leaves it.
 * @param signal tells the engine
 */
export async function resume(
  ledger: Pick<Ledger, 'standingHalt' | 'endHalt'>,
  book: string,
  signal: (message: { seenHalt: string | null }) => Promise<void>,
): Promise<Resumed> {
  const seen = await ledger.standingHalt(book);
  const seenHalt = seen?.version ?? null;
  await signal({ seenHalt });
  return { ended: seen?.reason ?? null, standing: await ledger.endHalt(book, seenHalt) };
}
