/**
 * Whether a streamed order book is the market's. A stream is a chain of differences: one that is lost leaves a book that
 * is alive and wrong, and not every exchange numbers them so that ccxt notices. So the stream is held against the book
 * over REST now and then, and a price that jumps is believed only when both say it.
 */
import type { Quote } from '../../domain/quote.ts';

/** Wall time. */
export const auditTimes = {
  /** The stream is compared so often, beside the reads while it is quiet. */
  everyMs: 10_000,
  /** Streamed prices within so long before the question was asked may be what the reply shows. */
  windowMs: 2_000,
  /** After so long without a price any price is news, not a jump. */
  memoryMs: 10_000,
} as const;

/** Farther from all that was streamed meanwhile, twice in a row, the stream is wrong. */
const divergenceBps = 2;
/** A mid price that moves by more at once is not believed from one source. */
const largestJumpBps = 1_000;
const wrongAfter = 2;
const midsKept = 256;

interface Mid {
  readonly mid: number;
  readonly atMs: number;
}

export interface BookAudit {
  /** A book of the socket; false: not to be shown until REST has said the same. */
  streamed(quote: Quote): boolean;
  /** A book over REST, asked for at `askedAtMs`; `isStreamWrong`: the socket has to be replaced. */
  read(quote: Quote, askedAtMs: number): { readonly isShown: boolean; readonly isStreamWrong: boolean };
  /** Whether REST is to be asked although the stream is not quiet. */
  isDue(nowMs: number): boolean;
  /** The socket is a new one. */
  restarted(): void;
}

export function createBookAudit(startedAtMs: number): BookAudit {
  let mids: Mid[] = [];
  let shown: Mid | null = null;
  let suspect: Mid | null = null;
  let readAtMs = startedAtMs;
  let disagreements = 0;

  /** A jump from what was shown lately. */
  function isJump({ mid, atMs }: Mid): boolean {
    return shown !== null && atMs - shown.atMs <= auditTimes.memoryMs && apartBps(mid, shown.mid) > largestJumpBps;
  }

  return {
    streamed(quote) {
      const one = midOf(quote);
      mids.push(one);
      if (mids.length > midsKept) mids = mids.slice(-midsKept / 2);
      if (isJump(one)) {
        suspect = one;
        return false;
      }
      [shown, suspect] = [one, null];
      return true;
    },
    read(quote, askedAtMs) {
      const one = midOf(quote);
      readAtMs = one.atMs;
      const during = mids.filter(
        ({ atMs }, index) => atMs >= askedAtMs - auditTimes.windowMs || index === mids.length - 1,
      );
      const agrees = during.length === 0 || during.some(({ mid }) => apartBps(mid, one.mid) <= divergenceBps);
      disagreements = agrees ? 0 : disagreements + 1;
      const isConfirmed = suspect !== null && apartBps(suspect.mid, one.mid) <= largestJumpBps;
      const isShown = isConfirmed || !isJump(one);
      if (isShown) [shown, suspect] = [one, null];
      return { isShown, isStreamWrong: disagreements >= wrongAfter };
    },
    isDue(nowMs) {
      if (suspect !== null) return true;
      return mids.length > 0 && nowMs - readAtMs >= (disagreements > 0 ? auditTimes.windowMs : auditTimes.everyMs);
    },
    restarted() {
      mids = [];
      disagreements = 0;
    },
  };
}

/** Statistics alone: no amount is made of it. */
function midOf({ bids, asks, aliveAtMs }: Quote): Mid {
  return { mid: (Number(bids[0]?.price) + Number(asks[0]?.price)) / 2, atMs: aliveAtMs };
}

function apartBps(first: number, second: number): number {
  return (Math.abs(first - second) / Math.min(first, second)) * 10_000;
}
