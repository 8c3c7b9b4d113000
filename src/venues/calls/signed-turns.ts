/**
 * Signed requests of one key, one at a time and with nonces that only grow, for venues that refuse any other order of
 * arrival. Orders pass waiting reads; a request in flight is let end.
 */
export interface SignedTurns {
  run<T>(isOrder: boolean, call: () => Promise<T>): Promise<T>;
  /** Above every one before; milliseconds unless they were used up. */
  nonce(nowMs: number): number;
}

export function createSignedTurns(): SignedTurns {
  const waiting: { readonly orders: (() => void)[]; readonly reads: (() => void)[] } = { orders: [], reads: [] };
  let busy = false;
  let last = 0;

  function next(): void {
    const start = waiting.orders.shift() ?? waiting.reads.shift();
    busy = start !== undefined;
    start?.();
  }

  return {
    async run(isOrder, call) {
      const queue = isOrder ? waiting.orders : waiting.reads;
      await new Promise<void>((resolve) => {
        queue.push(resolve);
        if (!busy) next();
      });
      try {
        return await call();
      } finally {
        next();
      }
    },
    nonce(nowMs) {
      last = Math.max(last + 1, nowMs);
      return last;
    },
  };
}
