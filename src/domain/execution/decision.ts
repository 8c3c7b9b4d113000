/** What is to be done next about the two legs of a position. */
import type { DecimalText } from '../decimal.ts';
import type { Move } from './moves.ts';
import type { Paced } from './pacing.ts';

export type Decision =
  /** Bring these to their end (what rests is cancelled) and look them up; nothing new is sent for their legs. */
  | { readonly kind: 'resolve'; readonly clientOrderIds: readonly string[] }
  | {
      readonly kind: 'send';
      readonly moves: readonly Move[];
      readonly afterMs: number;
      /** At least this long after the last order, for the order books to fill up again. */
      readonly depthPauseMs?: number;
      /** What rests is brought to its end before the wait, in which nobody would watch it. */
      readonly endFirst?: readonly string[];
      /** Sent instead: a leg whose venue takes orders need not wait for the other's. */
      readonly byLeg?: Paced;
      /** Closing cannot go on by itself for so long that a person is to know: the reason. */
      readonly leftAlone?: string;
    }
  /** Let an order rest, at the best price of its own side, once the gap is there for it. */
  | { readonly kind: 'quote'; readonly move: Move; readonly afterMs: number }
  /** Leave the quote where it is until it has filled so much in all, its price is no longer right, or time is up. */
  | { readonly kind: 'watch'; readonly clientOrderId: string; readonly wakeAtBase: DecimalText }
  /** Take what is missing on both legs, if the gap is there for `quantityBase`. */
  | { readonly kind: 'convert'; readonly moves: readonly Move[]; readonly quantityBase: DecimalText }
  /** Both legs on and equal within one lot. */
  | { readonly kind: 'hedged'; readonly spotBase: DecimalText; readonly perpBase: DecimalText }
  /** Nothing that the venues would still accept an order for; what is left is dust. */
  | { readonly kind: 'flat' }
  /** Opening failed with exposure on: bring both legs to zero. */
  | {
      readonly kind: 'unwind';
      readonly reason: string;
      /** Sent instead: a trim that makes the legs' difference large enough to be traded. */
      readonly trims?: Extract<Decision, { kind: 'send' }>;
    }
  /** Closing cannot go on by itself. */
  | { readonly kind: 'stuck'; readonly reason: string };
