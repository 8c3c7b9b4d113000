/** Activities over the ledger: reservations, intents, watches, and the settlement of a position. */
import { toText, type DecimalText } from '../src/domain/decimal.ts';
import type { Comparison } from '../src/domain/reconciliation/comparison.ts';
import type { OrderObservation } from '../src/domain/execution/observation.ts';
import type { Order, OrderIntent, SubmitOutcome } from '../src/domain/order.ts';
import type { Attribution } from '../src/domain/pnl.ts';
import { liveStatuses, type ExitReason, type PositionPlan } from '../src/domain/position.ts';
import type { OpeningRequest } from '../src/domain/portfolio/reservation.ts';
import { marketTimeMs, type ClockAnchor } from '../src/domain/market-clock.ts';
import type { Watch } from '../src/domain/watch.ts';
import { performanceOf } from '../src/metrics/performance.ts';
import { dayMs } from '../src/metrics/ratio.ts';
import type { Alert, Alerts } from '../src/ports/alerts.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { BaselineChange, Ledger, PositionRow, PositionUpdate } from '../src/ports/ledger.ts';
import { admitCandidate, type Admission, type AdmissionInput, type LedgerTerms } from './admitting.ts';
import type { VenueTruth } from './reconciliation/venue-truth.ts';
import { compareTruths } from './reconciliation/comparing.ts';
import { withFailures } from './failures.ts';
import { chargedInterest } from './records/interest.ts';
import { finishPosition, resolveAlertsOf, type FinishRequest } from './execution/finishing.ts';

/** Orders that the venue made on a position, of which its workflow does not know all. */
export interface UnheardFills {
  readonly kind: 'unheard';
  readonly venueOrders: readonly OrderObservation[];
}

/** How a position that a person worked on ended. */
export type PositionEnd = Pick<PositionRow, 'status' | 'exitReason' | 'abortReason' | 'attribution'>;

export function createLedgerActivities(ports: { ledger: Ledger; alerts: Alerts; clock: Clock; terms: LedgerTerms }) {
  const { ledger, alerts, clock, terms } = ports;

  return {
    /** Sizes, plans and reserves in one go. Repeated for a key that was admitted: the same plan. */
    async admitCandidate(input: AdmissionInput): Promise<Admission> {
      return withFailures(() => admitCandidate(ports, input));
    },

    /** Reserves, if that is still to be done, and writes the intents of both legs, in one transaction. */
    async prepareOpening(
      request: OpeningRequest,
    ): Promise<{ kind: 'prepared'; orders: Order[] } | { kind: 'refused'; reasons: readonly string[] }> {
      return withFailures(() => ledger.prepareOpening(request));
    },

    /**
     * Writes intents; a closing one disarms the watch and moves the position to `closing` first. Where the venue has made
     * fills of its own that the workflow has not heard of, they are the answer, and nothing is written.
     */
    async prepareOrders(request: {
      positionKey: string;
      workflowId: string;
      intents: readonly OrderIntent[];
      closing: { exitReason: ExitReason; nowWallMs: number } | null;
      /** Of the venue's own fills on both legs, in base units; workflows of older code do not tell it. */
      heardBase?: DecimalText;
    }): Promise<Order[] | UnheardFills> {
      const { positionKey, workflowId, intents, closing, heardBase } = request;
      const write = async (): Promise<Order[] | UnheardFills> => {
        if (heardBase === undefined) return ledger.prepareOrders(positionKey, workflowId, intents);
        const written = await ledger.prepareNext(positionKey, workflowId, intents, heardBase);
        return written.kind === 'prepared' ? written.orders : written;
      };
      return withFailures(async () => {
        if (closing === null) return write();
        const { exitReason, nowWallMs } = closing;
        const begin = async (): Promise<void> => {
          await ledger.updatePosition({ key: positionKey, status: 'closing', nowWallMs, exitReason });
          // Only then: a late repetition of the arming finds nothing to arm any more.
          await ledger.disarmWatch(positionKey);
        };
        const [orders] = await Promise.all([write(), begin()]);
        return orders;
      });
    },

    async recordOutcome(input: { clientOrderId: string; outcome: SubmitOutcome }): Promise<void> {
      await withFailures(() => ledger.recordOutcome(input.clientOrderId, input.outcome));
    },

    /** `prepared` → `absent`, so that no late worker can claim it. False: it was claimed already. */
    async withdrawOrder(input: { clientOrderId: string; reason: string }): Promise<boolean> {
      return withFailures(() => ledger.withdrawOrder(input.clientOrderId, input.reason));
    },

    /** The position is hedged: its reservation is settled and its watch armed. Repeated: armed again. */
    async armPosition(input: { watch: Watch; shard: string; nowWallMs: number }): Promise<void> {
      const { watch, shard, nowWallMs } = input;
      await withFailures(async () => {
        await ledger.updatePosition({
          key: watch.key,
          status: 'hedged',
          nowWallMs,
          openedAtMarketMs: watch.hedgedAtMs,
        });
        await ledger.settleReservation(watch.key, nowWallMs);
        await ledger.armWatch(watch, shard);
      });
    },

    async watchEvaluatedAt(input: { key: string }): Promise<number | null> {
      return withFailures(() => ledger.evaluatedAtMs(input.key));
    },

    async recordStatus(update: PositionUpdate): Promise<void> {
      await withFailures(() => ledger.updatePosition(update));
    },

    /** Withdraws what was never sent, computes what the position came to, books it, and gives the capital back. */
    async finishPosition(request: FinishRequest): Promise<Attribution> {
      return withFailures(() => finishPosition(ports, request));
    },

    /** What a person has made of the position without Temporal; null while it is not over. */
    async positionEnd(input: { key: string }): Promise<PositionEnd | null> {
      return withFailures(async () => {
        const position = await ledger.position(input.key);
        if (position === null || (position.status !== 'closed' && position.status !== 'aborted')) return null;
        // Its workflow may have alerted what it saw between that end and now.
        await resolveAlertsOf(alerts, input.key);
        const { status, exitReason, abortReason, attribution } = position;
        return { status, exitReason, abortReason, attribution };
      });
    },

    /** What the spot leg sold from inventory stays sold: the account's baseline changes by it. Repeated: nothing. */
    async declareBaselineChange(input: BaselineChange & { positionKey: string }): Promise<void> {
      await withFailures(() => ledger.declareBaselineChange(input));
    },

    /** What the ledger says that the position was charged for its loan, in the coin that it sold. */
    async interestSoFar(plan: PositionPlan): Promise<{ interestBase: DecimalText }> {
      return withFailures(async () => ({ interestBase: toText(await chargedInterest(ledger, plan)) }));
    },

    /** What the legs still hold is no position's any more: a person has said so. */
    async acceptResidual(input: { key: string; spotBase: DecimalText; perpBase: DecimalText }): Promise<void> {
      await withFailures(() => ledger.acceptResidual(input.key, input));
    },

    /** Of a book, every position that holds, or may come to hold, something. */
    async openPositionKeys(input: { book: string }): Promise<string[]> {
      return withFailures(async () =>
        (await ledger.positions({ statuses: liveStatuses }))
          .filter(({ plan }) => plan.book === input.book)
          .map(({ key }) => key),
      );
    },

    /** A person resumes: what is there now is the new high-water mark. */
    async resetDrawdown(input: { book: string }): Promise<void> {
      await withFailures(() => ledger.resetDrawdown(input.book));
    },

    /** The book is halted, or is not any more: so that whatever reserves sees it. */
    async recordHalt(input: { book: string; reason: string | null; nowWallMs: number }): Promise<void> {
      await withFailures(() => ledger.recordHalt(input.book, input.reason, input.nowWallMs));
    },

    /** Ends the halt that a person saw who resumes. Returns why the book is halted all the same; null: it is not. */
    async endHalt(input: { book: string; seen: string | null }): Promise<string | null> {
      return withFailures(() => ledger.endHalt(input.book, input.seen));
    },

    /** Why the book is halted; null: it is not. */
    async haltOf(input: { book: string }): Promise<string | null> {
      return withFailures(() => ledger.haltOf(input.book));
    },

    async raiseAlert(alert: Alert): Promise<void> {
      await alerts.raise(alert);
    },

    /** Market times from which each account's fills and funding are ours to explain. */
    async baselineTimes(): Promise<Record<string, number>> {
      return withFailures(async () =>
        Object.fromEntries(
          (await ledger.baselines()).map(({ account, declaredAtMarketMs }) => [account, declaredAtMarketMs]),
        ),
      );
    },

    /** Computes what the book has come to, from its marks and positions, and records it under the day that is on. */
    async recordPerformance(input: { book: string; anchor: ClockAnchor }): Promise<void> {
      const nowWallMs = clock.nowMs();
      const nowMarketMs = marketTimeMs(input.anchor, nowWallMs);
      await withFailures(() => recordDay(input.book, nowMarketMs, nowWallMs));
    },

    async compareWithVenues(input: { truths: readonly VenueTruth[] }): Promise<Comparison> {
      return withFailures(() => compareTruths(ledger, input.truths));
    },
  };

  async function recordDay(book: string, nowMs: number, nowWallMs: number): Promise<void> {
    const [points, positions] = await Promise.all([
      ledger.equityPoints(book, null),
      ledger.tradedPositions(book, null),
    ]);
    const { reentryCooldownMs } = terms.limits;
    const { equity, ratios, trades } = performanceOf({
      book,
      sinceMs: null,
      nowMs,
      points,
      positions,
      reentryCooldownMs,
      rfApr: 0,
      by: 'asset',
    });
    if (equity === null) return;
    const { winRate, averageReturn, profitFactor, deployedApr } = trades;
    await ledger.recordPerformance({
      book,
      dayMarketMs: Math.floor(nowMs / dayMs) * dayMs,
      equityUsd: equity.endUsd,
      realisedUsd: trades.attribution.realisedUsd,
      figures: { ...ratios, winRate, averageReturn, profitFactor, deployedApr },
      recordedAtWallMs: nowWallMs,
    });
  }
}

export type LedgerActivities = ReturnType<typeof createLedgerActivities>;
