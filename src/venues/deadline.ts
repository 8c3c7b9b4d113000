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
