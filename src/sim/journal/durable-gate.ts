/**
 * What must not leave the process before the journal is on disk. Everything of one turn of the event loop waits
 * together, so that a thousand messages cost one promise, and leaves in the order in which it came.
 */

export interface DurableGate {
  /** Runs the action once everything journalled so far is durable; never when that fails. */
  whenDurable(action: () => void): void;
  /** The turn that is being collected. It changes when the disk is asked: what comes later waits for later lines. */
  turn(): number;
}

/** @param durable reports its own failure: the process ends with it */
export function createDurableGate(durable: () => Promise<void>): DurableGate {
  let open: (() => void)[] = [];
  let closed: { readonly turn: number; readonly actions: readonly (() => void)[] }[] = [];
  let turn = 0;

  /** A later turn is durable only after the earlier ones, though its promise may resolve a step before theirs. */
  function release(upTo: number): void {
    const due = closed.filter((batch) => batch.turn <= upTo);
    closed = closed.filter((batch) => batch.turn > upTo);
    for (const { actions } of due) for (const action of actions) action();
  }

  function close(): void {
    const closing = turn;
    closed.push({ turn: closing, actions: open });
    open = [];
    turn += 1;
    durable().then(
      () => release(closing),
      () => undefined,
    );
  }

  return {
    whenDurable(action) {
      if (open.length === 0) setImmediate(close);
      open.push(action);
    },
    turn: () => turn,
  };
}
