/** Activities of an account's order queue. Only its own worker serves it, and only that worker holds its keys. */
import { Context } from '@temporalio/activity';
import type { DecimalText } from '../src/domain/decimal.ts';
import type { Order, SubmitOutcome } from '../src/domain/order.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import type { Venue } from '../src/ports/venue.ts';
import { messageOf, withFailures } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';

/** From the claim: past this the request must not leave the process. */
const sendWindowMs = 2_000;

export interface SubmitResult {
  readonly outcome: SubmitOutcome;
  /** False when the ledger could not be told; the workflow then writes it, for as long as it takes. */
  readonly recorded: boolean;
}

export function createOrderActivities(ports: { venue: Venue; ledger: Ledger; clock: Clock }) {
  const { venue, ledger, clock } = ports;
  return {
    /**
     * Claims the order's row and sends it, once. Never retried: whatever is not definite is `unknown`, and is looked up.
     */
    async submitOrder(order: Order): Promise<SubmitResult> {
      return withHeartbeat(1_000, async () => {
        const claimedAtMs = clock.nowMs();
        const sendByMs = claimedAtMs + sendWindowMs;
        let claimed: boolean;
        try {
          claimed = await ledger.claimOrder(order.clientOrderId, { claimedAtMs, sendByMs });
        } catch (error) {
          // Not sent by us. Whether somebody else holds the claim is for the look-up to tell: it withdraws the row first.
          return { outcome: { kind: 'unknown', reason: `the claim failed: ${messageOf(error)}` }, recorded: true };
        }
        if (!claimed) {
          // Somebody else claimed it, it was withdrawn, or the position is fenced: looking it up tells which.
          return { outcome: { kind: 'unknown', reason: 'the order was claimed or withdrawn before' }, recorded: true };
        }
        const outcome = await venue.submit({
          clientOrderId: order.clientOrderId,
          symbol: order.symbol,
          side: order.side,
          quantityBase: order.quantityBase,
          limitPrice: order.limitPrice,
          timeInForce: order.timeInForce,
          reduceOnly: order.reduceOnly,
          sendByMs,
        });
        return record(order.clientOrderId, outcome);
      });
    },

    async cancelOrder(order: { clientOrderId: string; venueOrderId: string | null; symbol: string }): Promise<void> {
      await withFailures(() => venue.cancel(order));
    },

    /** Leverage, margin mode and position mode of the account's perpetuals. Idempotent. */
    async prepareAccount(input: { symbols: readonly string[]; leverage: DecimalText }): Promise<void> {
      await withFailures(() => venue.prepare(input.symbols, input.leverage));
    },
  };

  /** A ledger failure after the venue answered never changes the outcome. */
  async function record(clientOrderId: string, outcome: SubmitOutcome): Promise<SubmitResult> {
    try {
      await ledger.recordOutcome(clientOrderId, outcome);
      return { outcome, recorded: true };
    } catch (error) {
      Context.current().log.warn('the ledger did not take an order outcome; the workflow will write it', {
        clientOrderId,
        error: messageOf(error),
      });
      return { outcome, recorded: false };
    }
  }
}

export type OrderActivities = ReturnType<typeof createOrderActivities>;
