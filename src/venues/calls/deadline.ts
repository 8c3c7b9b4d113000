/** Our own deadline on every call: ccxt's timeout stops counting once the headers of a reply have arrived. */

export class DeadlinePassed extends Error {
  readonly deadlineMs: number;
  constructor(deadlineMs: number) {
    super(`no complete answer within ${deadlineMs} ms`);
    this.name = 'DeadlinePassed';
    this.deadlineMs = deadlineMs;
  }
}

/**
 * The promise's outcome, or `DeadlinePassed` after `deadlineMs` (wall). `controller` is aborted with it, so that
 * the request behind the promise ends too; what the promise does afterwards is ignored.
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  deadlineMs: number,
  controller?: AbortController,
): Promise<T> {
  const { promise: passed, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new DeadlinePassed(deadlineMs);
    reject(error);
    controller?.abort(error);
  }, deadlineMs);
  try {
    return await Promise.race([promise, passed]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => undefined);
  }
}

export interface Patience {
  /** The promise's outcome, or `DeadlinePassed`; one promise at a time. */
  until<T>(promise: Promise<T>): Promise<T>;
  /** So long from now on (wall). */
  renew(deadlineMs: number): void;
  /** To be called in the end: the timer keeps the process alive. */
  end(): void;
}

/** A deadline for a long row of short waits: one timer, pushed back with each, instead of one for each. */
export function createPatience(deadlineMs: number): Patience {
  let giveUp: (error: Error) => void = () => undefined;
  let currentMs = deadlineMs;
  const start = (): NodeJS.Timeout => setTimeout(() => giveUp(new DeadlinePassed(currentMs)), currentMs);
  let timer = start();
  return {
    until: (promise) =>
      new Promise((resolve, reject) => {
        giveUp = reject;
        promise.then(resolve, reject);
      }),
    renew(nextMs) {
      if (nextMs === currentMs) {
        timer.refresh();
        return;
      }
      clearTimeout(timer);
      currentMs = nextMs;
      timer = start();
    },
    end: () => clearTimeout(timer),
  };
}
