/** Ends a child of ours. We know it by its handle, so no change of its command can hide it from us. */
import type { ChildSpec, StartedChild } from './child.ts';
import { endsWithin } from './ends-within.ts';
import { killRestOfGroup } from './stop-recorded.ts';

const LONGEST_DYING_MS = 10_000;

/**
 * Stop signal, grace, then SIGKILL to its whole group. Resolves when it has ended: true if it went by itself.
 * @throws when it survives SIGKILL.
 */
export async function endChild(
  child: StartedChild,
  { name, stopSignal, graceMs }: Pick<ChildSpec, 'name' | 'stopSignal' | 'graceMs'>,
): Promise<boolean> {
  child.signal(stopSignal, false);
  const orderly = await endsWithin(child.exit, graceMs);
  if (!orderly) {
    child.signal('SIGKILL', true);
    if (!(await endsWithin(child.exit, LONGEST_DYING_MS)))
      throw new Error(`${name} (process ${child.identity.pid}) survives SIGKILL`);
  }
  await killRestOfGroup(child.identity.pid);
  return orderly;
}
