/** Activities of an account's order queue. Only its own worker serves it, and only that worker holds its keys. */
import { Context } from '@temporalio/activity';
import type { DecimalText } from '../src/domain/decimal.ts';
import type { Order } from '../src/domain/order.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import type { Venue } from '../src/ports/venue.ts';
import { withFailures } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { sendOnce, type SubmitResult } from './execution/sending.ts';

export function createOrderActivities(ports: { venue: Venue; ledger: Ledger; clock: Clock }) {
  const { venue } = ports;
  return {
    /**
     * Claims the order's row and sends it, once. Never retried: whatever is not definite is `unknown`, and is looked up.
     */
    async submitOrder(order: Order): Promise<SubmitResult> {
      const warn = (line: string): void => Context.current().log.warn(line, { clientOrderId: order.clientOrderId });
      return withHeartbeat(1_000, () => sendOnce(ports, order, 'workflow', warn));
    },

    async cancelOrder(order: { clientOrderId: string; venueOrderId: string | null; symbol: string }): Promise<void> {
      await withFailures(() => venue.cancel(order));
    },

    /** Leverage, margin mode and position mode of the account's perpetuals. Idempotent. */
    async prepareAccount(input: { symbols: readonly string[]; leverage: DecimalText }): Promise<void> {
      await withFailures(() => venue.prepare(input.symbols, input.leverage));
    },
  };
}

export type OrderActivities = ReturnType<typeof createOrderActivities>;
