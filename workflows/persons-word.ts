/**
 * What a person says of a stuck position, at any moment of it: also while it is tried again. What is said then is done
 * once the orders on their way have ended, and no further one is sent before.
 */
import { ApplicationFailure, CancellationScope, condition, isCancellation, patched } from '@temporalio/workflow';
import type { PositionState } from '../src/domain/position-state.ts';
import type { ResolveChoice } from './messages.ts';

/** Handlers run in the workflow's own scope, which is cancelled for good with it: nothing could be asked for in there. */
export function evenIfCancelled<T>(handle: () => Promise<T>): Promise<T> {
  return CancellationScope.nonCancellable(handle);
}

/** An exchange that does not answer must not hold up for longer what can be closed at the other one; wall time. */
const verifyingMs = 30_000;

async function verifiedInTime(verifyFlat: () => Promise<void>): Promise<void> {
  try {
    await CancellationScope.withTimeout(verifyingMs, verifyFlat);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const message = `its exchanges did not tell within ${verifyingMs / 1_000} s whether it is flat; say it again when they answer`;
    throw ApplicationFailure.create({ type: 'not_verified', message });
  }
}

export class PersonsWord {
  #isAccepted = false;
  /** Words that are being carried out, or that end the position. Those of older code held nothing back. */
  #holds = 0;
  /** It was stuck, and is tried again. */
  #isRetried = false;
  #isRetryAsked = false;
  /** A person works on the position without Temporal. */
  #isFenced = false;

  /** What is left is no longer the position's own. */
  get isAccepted(): boolean {
    return this.#isAccepted;
  }

  get isRetried(): boolean {
    return this.#isRetried;
  }

  readonly isHeld = (): boolean => this.#holds > 0;

  /** It was accepted while it was tried: it need not be stuck again first. */
  endsTry(): boolean {
    return this.#isAccepted && this.isHeld();
  }

  /** @param isRetry it was stuck before */
  tryBegins(isRetry: boolean): void {
    this.#isRetried = isRetry;
  }

  /** @param isFenced by a person, who works on it without Temporal */
  triesAreOver(isFenced = false): void {
    this.#isRetried = false;
    this.#isFenced = isFenced;
  }

  /** Whether `retry` was said while it was tried: what the person has put right may have come too late for that try. */
  takesRetry(): boolean {
    const isAsked = this.#isRetryAsked;
    this.#isRetryAsked = false;
    return isAsked;
  }

  /** Returns when nothing is held back any more, or all is. */
  async untilFree(): Promise<void> {
    await condition(() => !this.isHeld() || this.#isAccepted);
  }

  /** @throws ApplicationFailure when it is not flat, or no longer this workflow's to end */
  async say(choice: ResolveChoice, stateNow: () => PositionState, verifyFlat: () => Promise<void>): Promise<void> {
    const isStuck = (): boolean => stateNow().kind === 'stuck';
    if (choice === 'retry') {
      this.#isRetryAsked ||= !isStuck();
      return;
    }
    const isHolding = patched('resolved-while-retried');
    if (isHolding) this.#holds += 1;
    if (choice === 'accept') {
      this.#isAccepted = true;
      return;
    }
    try {
      if (!isStuck()) await condition(() => isStuck() || !this.#isRetried);
      if (this.#isFenced) {
        const message = 'a person works on it without Temporal';
        throw ApplicationFailure.create({ type: 'fenced', message });
      }
      // Otherwise that try has brought it to zero.
      if (isStuck()) await (isHolding ? verifiedInTime(verifyFlat) : verifyFlat());
    } finally {
      if (isHolding) this.#holds -= 1;
    }
  }
}
