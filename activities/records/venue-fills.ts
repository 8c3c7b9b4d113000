/**
 * Fills that no order of ours made (a liquidation, an auto-deleveraging, a person's hand): books them on the positions
 * that they shrank, and tells those positions, which then close.
 */
import { alertKeys } from '../../src/domain/alert-keys.ts';
import type { DecimalText } from '../../src/domain/decimal.ts';
import type { OrderObservation } from '../../src/domain/execution/observation.ts';
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import { signalNames } from '../../src/domain/names.ts';
import { liveStatuses, type LegPlan } from '../../src/domain/position.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger, VenueFillScope, VenueOrderOfPosition } from '../../src/ports/ledger.ts';
import type { Venue } from '../../src/ports/venue.ts';
import { messageOf } from '../failures.ts';

export interface VenueFillPorts {
  readonly venue: Pick<Venue, 'account' | 'fillsSince' | 'reading'>;
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
/** Wall time between looks while an order of ours is on its way there: a pass later a leg would have been alone for long. */
const lookAgainAfterMs = [500, 1_000, 2_000] as const;
/** A position in one of these has not acted on a fill yet: it is told in every pass. */
const deafStatuses: ReadonlySet<string> = new Set(['opening', 'hedged']);

export interface ForeignFillRequest {
  readonly symbol: string;
  readonly anchor: ClockAnchor;
  /** Market time from which fills are read; since the live positions began unless given. */
  readonly fromMarketMs?: number;
  /** The position that asks, which a fill is taken to have shrunk before others; of a spot leg it alone. */
  readonly positionKey: string | null;
}

/**
 * Reads the fills of a symbol since its live positions began, and books those that are not ours. Null while an order
 * of ours is on its way, or fills while the position is read, so that nothing can be told apart; nothing is read where no position is live.
 */
export async function bookForeignFills(
  { venue, ledger, alerts, clock }: VenueFillPorts,
  { symbol, anchor, fromMarketMs = 0, positionKey: asking }: ForeignFillRequest,
): Promise<readonly VenueOrderOfPosition[] | null> {
  const { account } = venue;
  const isLegOf = (leg: LegPlan): boolean => leg.account === account && leg.instrument.symbol === symbol;
  const live = (await ledger.positions({ statuses: liveStatuses })).filter(({ plan }) =>
    [plan.spot, plan.perp].some(isLegOf),
  );
  const isPerpetual = live.some(({ plan }) => isLegOf(plan.perp));
  if (live.length === 0 || (!isPerpetual && asking === null)) return [];
  const beganAtMs = Math.min(...live.map(({ createdAtWallMs }) => createdAtWallMs)) - listingLagMs;
  const fills = await venue.fillsSince(symbol, Math.max(fromMarketMs, Math.floor(marketTimeMs(anchor, beganAtMs))));
  const scope: VenueFillScope =
    isPerpetual || asking === null
      ? { kind: 'perpetual', venueHeldBase: null, first: asking }
      : { kind: 'spot', positionKey: asking };
  let booking = await ledger.bookVenueFills(account, symbol, fills, scope);
  if (booking.kind === 'position_needed' && scope.kind === 'perpetual') {
    // Read after the fills, so that each of them is in it.
    const { positions } = await venue.reading([symbol]);
    const venueHeldBase = positions.find((position) => position.symbol === symbol)?.quantityBase ?? '0';
    const { bookedFills } = booking;
    booking = await ledger.bookVenueFills(account, symbol, fills, { ...scope, venueHeldBase, bookedFills });
  }
  if (booking.kind !== 'booked') return null;
  for (const { positionKey, observation } of booking.orders) {
    const { side, quantityBase, limitPrice } = observation.order;
    await alerts.raise({
      key: alertKeys.venue_fill(positionKey),
      severity: 'critical',
      message: `${positionKey}: ${account} made a fill that is not ours: ${side} ${quantityBase} of ${symbol} at ${limitPrice}; the position is closed`,
      positionKey,
    });
  }
  const { unexplained } = booking;
  if (unexplained.length > 0) {
    await alerts.raise({
      key: alertKeys.foreign_fill(account, symbol),
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
  pause: (durationMs: number) => Promise<void>,
): VenueFillWatch {
  const seenTo = new Map<string, number>();
  /** By client order id, how much of it the position has been told of: Temporal has it for good. */
  const told = new Map<string, DecimalText>();

  async function tell({ workflowId, positionKey, observation }: VenueOrderOfPosition): Promise<void> {
    try {
      await signals().workflow.getHandle(workflowId).signal(signalNames.venueFill, observation);
      told.set(observation.order.clientOrderId, observation.order.quantityBase);
    } catch (error) {
      // Told again in the next pass; a workflow that is not there is the reconciliation's to report.
      warn(`${positionKey} could not be told of a fill that the venue made: ${messageOf(error)}`);
    }
  }

  return {
    async look(symbol) {
      const startedAtMs = ports.clock.nowMs();
      const fromMarketMs = seenTo.get(symbol) ?? 0;
      const book = () => bookForeignFills(ports, { symbol, anchor, fromMarketMs, positionKey: null });
      let booked = await book();
      for (const durationMs of lookAgainAfterMs) {
        if (booked !== null) break;
        await pause(durationMs);
        booked = await book();
      }
      if (booked === null) return;
      seenTo.set(symbol, Math.floor(marketTimeMs(anchor, startedAtMs - listingLagMs)));
      // Whoever booked a fill may have died before its position heard of it; closing or stuck, it would buy back too much.
      const unheard = (await ports.ledger.venueOrdersOfLive(ports.venue.account)).filter(
        ({ status, observation: { order } }) =>
          order.symbol === symbol && (deafStatuses.has(status) || told.get(order.clientOrderId) !== order.quantityBase),
      );
      const news = new Map([...booked, ...unheard].map((order) => [order.observation.order.clientOrderId, order]));
      for (const order of news.values()) await tell(order);
    },
  };
}
