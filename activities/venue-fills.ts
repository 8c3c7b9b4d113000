/**
 * Fills that no order of ours made (a liquidation, an auto-deleveraging, a person's hand): books them on the positions
 * that they shrank, and tells those positions, which then close.
 */
import type { OrderObservation } from '../src/domain/execution/observation.ts';
import { marketTimeMs, type ClockAnchor } from '../src/domain/market-clock.ts';
import { signalNames } from '../src/domain/names.ts';
import { liveStatuses } from '../src/domain/position.ts';
import type { Alerts } from '../src/ports/alerts.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Ledger, VenueOrderOfPosition } from '../src/ports/ledger.ts';
import type { Venue } from '../src/ports/venue.ts';
import { messageOf } from './failures.ts';

export interface VenueFillPorts {
  readonly venue: Pick<Venue, 'account' | 'fillsSince'>;
  readonly ledger: Pick<Ledger, 'positions' | 'bookVenueFills' | 'venueOrdersOfLive'>;
  readonly alerts: Alerts;
  readonly clock: Clock;
}

/** The part of Temporal's client that signals. */
export interface VenueFillSignals {
  readonly workflow: {
    getHandle(workflowId: string): { signal(name: string, observation: OrderObservation): Promise<void> };
  };
}

/** A trade may be listed so much later than it happened; wall time. */
const listingLagMs = 30_000;
/** A position in one of these has not heard of a fill yet, or has just come from it. */
const deafStatuses: ReadonlySet<string> = new Set(['opening', 'hedged']);

/**
 * Reads the fills of a symbol since its live positions began, and books those that are not ours. Null while an order
 * of ours is on its way, so that nothing can be told apart; nothing is read where no position is live.
 */
export async function bookForeignFills(
  { venue, ledger, alerts, clock }: VenueFillPorts,
  symbol: string,
  anchor: ClockAnchor,
  fromMarketMs = 0,
): Promise<readonly VenueOrderOfPosition[] | null> {
  const { account } = venue;
  const live = (await ledger.positions({ statuses: liveStatuses })).filter(({ plan }) =>
    [plan.spot, plan.perp].some((leg) => leg.account === account && leg.instrument.symbol === symbol),
  );
  if (live.length === 0) return [];
  const beganAtMs = Math.min(...live.map(({ createdAtWallMs }) => createdAtWallMs)) - listingLagMs;
  const fills = await venue.fillsSince(symbol, Math.max(fromMarketMs, Math.floor(marketTimeMs(anchor, beganAtMs))));
  const booking = await ledger.bookVenueFills(account, symbol, fills);
  if (booking.kind === 'unresolved') return null;
  for (const { positionKey, observation } of booking.orders) {
    const { side, quantityBase, limitPrice } = observation.order;
    await alerts.raise({
      key: `venue_fill/${positionKey}`,
      severity: 'critical',
      message: `${positionKey}: ${account} made a fill that is not ours: ${side} ${quantityBase} of ${symbol} at ${limitPrice}; the position is closed`,
      positionKey,
    });
  }
  const { unexplained } = booking;
  if (unexplained.length > 0) {
    await alerts.raise({
      key: `foreign_fill/${account}/${symbol}`,
      severity: 'warning',
      message: `${account} has ${unexplained.length} fills in ${symbol} that are no position's (the last: ${unexplained.at(-1)?.side} ${unexplained.at(-1)?.quantityBase} at ${new Date(clock.nowMs()).toISOString()})`,
      positionKey: null,
    });
  }
  return booking.orders;
}

export interface VenueFillWatch {
  /** Books what is new, and tells positions that have not reacted yet. */
  look(symbol: string): Promise<void>;
}

export function createVenueFillWatch(
  ports: VenueFillPorts,
  anchor: ClockAnchor,
  signals: () => VenueFillSignals,
  warn: (message: string) => void,
): VenueFillWatch {
  const seenTo = new Map<string, number>();

  async function tell({ workflowId, positionKey, observation }: VenueOrderOfPosition): Promise<void> {
    try {
      await signals().workflow.getHandle(workflowId).signal(signalNames.venueFill, observation);
    } catch (error) {
      // Told again in the next pass; a workflow that is not there is the reconciliation's to report.
      warn(`${positionKey} could not be told of a fill that the venue made: ${messageOf(error)}`);
    }
  }

  return {
    async look(symbol) {
      const startedAtMs = ports.clock.nowMs();
      const booked = await bookForeignFills(ports, symbol, anchor, seenTo.get(symbol));
      if (booked === null) return;
      seenTo.set(symbol, Math.floor(marketTimeMs(anchor, startedAtMs - listingLagMs)));
      const unheard = (await ports.ledger.venueOrdersOfLive(ports.venue.account)).filter(
        ({ status, observation }) => observation.order.symbol === symbol && deafStatuses.has(status),
      );
      const told = new Map([...booked, ...unheard].map((order) => [order.observation.order.clientOrderId, order]));
      for (const order of told.values()) await tell(order);
    },
  };
}
