/** One claim, one send: the only place from which an order reaches a venue. */
import type { Order, OrderPurpose, SubmitOutcome } from '../../src/domain/order.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Claimant, Ledger } from '../../src/ports/ledger.ts';
import type { Venue, VenueOrderRequest } from '../../src/ports/venue.ts';
import { messageOf } from '../failures.ts';

/** From the claim: past this the request must not leave the process. */
const sendWindowMs = 2_000;

export interface SubmitResult {
  readonly outcome: SubmitOutcome;
  /** False when the ledger could not be told; whoever asked then writes it, for as long as it takes. */
  readonly recorded: boolean;
}

export interface SendingPorts {
  readonly venue: Pick<Venue, 'submit'>;
  readonly ledger: Pick<Ledger, 'claimOrder' | 'recordOutcome'>;
  readonly clock: Clock;
}

/** Never throws, and is never repeated: whatever is not definite is `unknown`, and is looked up. */
export async function sendOnce(
  ports: SendingPorts,
  order: Order,
  claimant: Claimant,
  warn: (line: string) => void,
): Promise<SubmitResult> {
  const { venue, ledger, clock } = ports;
  const claimedAtMs = clock.nowMs();
  const sendByMs = claimedAtMs + sendWindowMs;
  let claimed: boolean;
  try {
    claimed = await ledger.claimOrder(order.clientOrderId, { claimedAtMs, sendByMs }, claimant);
  } catch (error) {
    // Not sent by us. Whether somebody else holds the claim is for the look-up to tell: it withdraws the row first.
    return { outcome: { kind: 'unknown', reason: `the claim failed: ${messageOf(error)}` }, recorded: true };
  }
  if (!claimed) {
    // Somebody else claimed it, it was withdrawn, or the position is fenced: looking it up tells which.
    return { outcome: { kind: 'unknown', reason: 'the order was claimed or withdrawn before' }, recorded: true };
  }
  const outcome = await venue.submit(requestOf(order, sendByMs));
  // A ledger failure after the venue answered never changes the outcome.
  try {
    await ledger.recordOutcome(order.clientOrderId, outcome);
    return { outcome, recorded: true };
  } catch (error) {
    warn(`the ledger did not take an order outcome; it is written later: ${messageOf(error)}`);
    return { outcome, recorded: false };
  }
}

/** A leg that stands alone goes before two that are closed, and those before two that are opened; what was refused, sooner. */
const urgencies: Readonly<Record<OrderPurpose, number>> = {
  open: 0,
  close: 1,
  reduce: 1,
  top_up: 2,
  hedge: 2,
  trim: 2,
  unwind: 2,
  venue: 0,
};

export function urgencyOf({ purpose, attempt }: Pick<Order, 'purpose' | 'attempt'>): number {
  return urgencies[purpose] + attempt - 1;
}

function requestOf(order: Order, sendByMs: number): VenueOrderRequest {
  const { clientOrderId, symbol, side, quantityBase, reduceOnly, borrows, limitPrice, timeInForce } = order;
  const borrowing = borrows === undefined ? {} : { borrows };
  const request = {
    clientOrderId,
    symbol,
    side,
    quantityBase,
    reduceOnly,
    ...borrowing,
    sendByMs,
    urgency: urgencyOf(order),
  };
  return timeInForce === 'market'
    ? { ...request, timeInForce, limitPrice: null }
    : { ...request, timeInForce, limitPrice };
}
