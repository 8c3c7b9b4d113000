/** Watching an order that rests: its fills are booked as they come, and told once the other leg can follow. */
import { alertKeys } from '../../src/domain/alert-keys.ts';
import { decimal, type DecimalText } from '../../src/domain/decimal.ts';
import { filledOrder } from '../../src/domain/execution/received.ts';
import type { VenueFill } from '../../src/domain/fill.ts';
import type { OrderProgress } from '../../src/domain/order.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { LedgerUnavailable, type Ledger, type OrderRow } from '../../src/ports/ledger.ts';
import { VenueError, type Venue } from '../../src/ports/venue.ts';
import { createBell } from '../bell.ts';
import { createDeadMan } from './dead-man.ts';
import { messageOf } from '../failures.ts';
import { bookFound, lookUp, mustFind, settlementOf, type SettleRequest } from './settling.ts';

export interface RestingRequest extends SettleRequest {
  /** Cumulative fill at which the other leg can follow; the end of the order is told in any case. */
  readonly wakeAtBase: DecimalText;
}

export interface RestingPorts {
  readonly venue: Pick<Venue, 'account' | 'lookUp' | 'orderFills' | 'guard' | 'followOrders'>;
  readonly ledger: Pick<Ledger, 'order' | 'fillsOf' | 'recordProgress' | 'recordSettlement' | 'unresolvedOrderIds'>;
  readonly alerts: Alerts;
  readonly clock: Clock;
}

/** How whoever runs the watch ends it. */
export interface RestingWatch {
  /** Aborts when nobody waits for the answer any more. */
  readonly ended: AbortSignal;
  /** Whether a watch before this one may have alerted that it sees nothing. */
  readonly wasAlerted: boolean;
  /** Until the time is over, or the signal aborts; wall time. */
  readonly pause: (durationMs: number, signal: AbortSignal) => Promise<void>;
}

/** Between two looks where the venue gives no hint: about as fast as the other leg can follow. */
const lookAgainMs = 250;
/** Between two looks at a venue that does not answer. */
const lookLaterMs = 1_000;
/** An order that may fill unseen for longer is a person's business; wall time. */
const blindAlertMs = 10_000;

/**
 * A new watch begins with what the venue shows, so that fills which came while nobody looked are told first. Where the
 * venue has a private stream, it says when to look again; without it, and whatever it says, there is a look every 250 ms.
 * @returns null when it was ended before anything was worth telling
 * @throws Error when a cumulative fill shrinks or does not add up: alerted, and nothing is done about it
 */
export async function watchResting(
  ports: RestingPorts,
  request: RestingRequest,
  { ended, wasAlerted, pause }: RestingWatch,
): Promise<OrderProgress | null> {
  const { venue, ledger, alerts, clock } = ports;
  const sight = createSight(ports, request, wasAlerted);
  const bell = createBell(pause, ended);
  const over = new AbortController();
  let wind: (() => Promise<void>) | null = null;
  try {
    while (!ended.aborted) {
      const row = await mustFind(ledger, request.clientOrderId);
      try {
        const progress = await look(ports, row, request);
        await sight.seen();
        if (progress !== null) return row.isFenced ? { ...progress, isFenced: true } : progress;
        if (wind === null) {
          // After the look: what has filled comes first.
          wind = createDeadMan(ports, clock, row.symbol);
          venue.followOrders?.(row.symbol, bell.ring, over.signal).catch(() => undefined);
        }
        await wind();
        await bell.pause(lookAgainMs);
      } catch (error) {
        if (!(error instanceof VenueError) || !error.retryable) {
          await alertFrozen(alerts, request, error);
          throw error;
        }
        await sight.lost(error);
        // No hint shortens it: the venue does not answer, or has asked for the time.
        await pause(error.retryAfterMs ?? lookLaterMs, ended);
      }
    }
    // Whoever ends the order now says so if that takes long.
    await sight.seen();
    return null;
  } finally {
    over.abort();
  }
}

/** For how long the order has not been seen, and a person told of it once that is long. */
function createSight({ venue, alerts, clock }: RestingPorts, request: RestingRequest, wasAlerted: boolean) {
  const key = alertKeys.unseen(request.positionKey);
  let seenAtMs = clock.nowMs();
  let isAlerted = wasAlerted;
  return {
    async seen(): Promise<void> {
      if (isAlerted) await alerts.resolve(key);
      isAlerted = false;
      seenAtMs = clock.nowMs();
    },
    async lost(error: VenueError): Promise<void> {
      const unseenMs = clock.nowMs() - seenAtMs;
      if (unseenMs <= blindAlertMs) return;
      const message = `order ${request.clientOrderId} rests at ${venue.account} and has not been seen for ${Math.round(unseenMs / 1000)} s: ${messageOf(error)}`;
      isAlerted = true;
      await alerts.raise({ key, severity: 'critical', message, positionKey: request.positionKey });
    },
  };
}

async function look(
  ports: RestingPorts,
  row: OrderRow & { readonly isFenced: boolean },
  request: RestingRequest,
): Promise<OrderProgress | null> {
  if (row.state === 'done') {
    const fills = (await ports.ledger.fillsOf(row.positionKey)).filter(
      ({ clientOrderId }) => clientOrderId === row.clientOrderId,
    );
    return settlementOf(row, fills, request);
  }
  const result = await lookUp(ports.venue, row);
  if (result.kind === 'absent') return { kind: 'absent' };
  if (result.kind === 'not_yet_known') return null;
  const { order } = result;
  const hasGrown = !decimal(order.filledBase).eq(decimal(row.filledBase));
  // Booked before this look was begun: the ledger itself takes less for a look that was overtaken.
  if (decimal(order.filledBase).lt(decimal(row.filledBase)))
    throw new Error(
      `order ${row.clientOrderId}: its cumulative fill shrank from ${row.filledBase} to ${order.filledBase}`,
    );
  if (order.status === 'open' && !hasGrown) return restingIf(row, order.filledBase, null, ports, request);
  const fills = await bookFound(ports, row, order);
  if (fills === null) return null;
  if (order.status === 'done') return settlementOf({ ...row, venueOrderId: order.venueOrderId }, fills, request);
  return restingIf(row, order.filledBase, fills, ports, request);
}

/** What it has filled, if that is enough to be told; `fills` null: they are booked already. */
async function restingIf(
  row: OrderRow & { readonly isFenced: boolean },
  filled: DecimalText,
  known: readonly VenueFill[] | null,
  { ledger }: RestingPorts,
  { wakeAtBase, baseCurrency, quoteCurrency, rates }: RestingRequest,
): Promise<OrderProgress | null> {
  if (!row.isFenced && decimal(filled).lt(decimal(wakeAtBase))) return null;
  const fills =
    known ?? (await ledger.fillsOf(row.positionKey)).filter(({ clientOrderId }) => clientOrderId === row.clientOrderId);
  const filledSoFar = filledOrder(fills, baseCurrency, quoteCurrency, rates);
  return { kind: 'resting', venueOrderId: row.venueOrderId, ...filledSoFar };
}

/** What the venue shows contradicts what is booked: nothing is guessed, and a person decides. */
async function alertFrozen(alerts: Alerts, request: RestingRequest, error: unknown): Promise<void> {
  if (error instanceof VenueError || error instanceof LedgerUnavailable) return;
  const message = `order ${request.clientOrderId} is not what it was, so nothing is done about it: ${messageOf(error)}`;
  const key = alertKeys.contradicted(request.clientOrderId);
  await alerts.raise({ key, severity: 'critical', message, positionKey: request.positionKey });
}
