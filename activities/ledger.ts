/** Activities over the ledger: reservations, intents, watches, and the settlement of a position. */
import { midPrice } from '../src/domain/basis.ts';
import { decimal, sum, toText, zero, type DecimalText } from '../src/domain/decimal.ts';
import type { Comparison } from '../src/domain/comparison.ts';
import type { OrderObservation } from '../src/domain/execution/observation.ts';
import type { Order, OrderIntent, SubmitOutcome } from '../src/domain/order.ts';
import type { Attribution } from '../src/domain/pnl.ts';
import { liveStatuses, type ExitReason, type PositionPlan } from '../src/domain/position.ts';
import type { CapitalNeed, OpeningRequest, ReservationLimits } from '../src/domain/reservation.ts';
import { marketTimeMs, type ClockAnchor } from '../src/domain/market-clock.ts';
import type { Watch } from '../src/domain/watch.ts';
import { performanceOf } from '../src/metrics/performance.ts';
import { dayMs } from '../src/metrics/ratio.ts';
import type { Alert, Alerts } from '../src/ports/alerts.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { BaselineChange, Ledger, PositionRow, PositionUpdate } from '../src/ports/ledger.ts';
import type { AccountReading } from '../src/ports/venue.ts';
import { planCandidate, type AdmissionRules } from '../src/strategy/admission.ts';
import type { Candidate } from '../src/strategy/candidate.ts';
import { freeIn } from '../src/strategy/needs.ts';
import { venuePair } from '../src/strategy/pair.ts';
import { capitalNeeds } from '../src/strategy/plan.ts';
import type { VenueTruth } from './venue-truth.ts';
import { compareTruths } from './comparing.ts';
import { withFailures } from './failures.ts';
import { portfolioFacts } from './portfolio-facts.ts';
import { chargedInterest } from './interest.ts';
import { finishPosition, type FinishRequest } from './finishing.ts';

/** Terms of this installation that admission needs. */
export interface LedgerTerms {
  readonly admission: AdmissionRules;
  readonly limits: ReservationLimits;
}

export interface AdmissionInput {
  readonly key: string;
  readonly workflowId: string;
  readonly book: string;
  readonly candidate: Candidate;
  readonly nowWallMs: number;
  readonly nowMarketMs: number;
}

export type Admission =
  | {
      readonly kind: 'admitted';
      readonly plan: PositionPlan;
      readonly needs: readonly CapitalNeed[];
      readonly limits: ReservationLimits;
    }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] };

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
      return withFailures(async () => {
        const admitted = await ledger.position(input.key);
        const planned =
          admitted === null
            ? await planFor(input)
            : { kind: 'planned' as const, plan: admitted.plan, needs: capitalNeeds(admitted.plan) };
        if (planned.kind === 'refused') return planned;
        const { plan, needs } = planned;
        const { limits } = terms;
        if (admitted !== null) return { kind: 'admitted', plan, needs, limits };
        const { workflowId, nowWallMs, nowMarketMs } = input;
        const result = await ledger.reserve({
          plan,
          workflowId,
          limits,
          needs,
          source: 'engine',
          nowWallMs,
          nowMarketMs,
        });
        return result.kind === 'refused' ? result : { kind: 'admitted', plan, needs, limits };
      });
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
        const [orders] = await Promise.all([
          write(),
          ledger.disarmWatch(positionKey),
          ledger.updatePosition({ key: positionKey, status: 'closing', nowWallMs, exitReason }),
        ]);
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

  async function planFor(input: AdmissionInput) {
    const { candidate } = input;
    const { spot, perp } = candidate.pair;
    const venues = venuePair(candidate.pair);
    const readings = new Map<string, AccountReading>();
    for (const account of new Set([spot.account, perp.account])) {
      const reading = await ledger.latestReading(account);
      if (reading !== null) readings.set(account, reading);
    }
    const live = await ledger.positions({ statuses: liveStatuses });
    const pairExposureUsd = sum(
      live.filter(({ plan }) => venuePair(plan) === venues).map(({ plan }) => decimal(plan.notionalUsd)),
    );
    const { portfolio } = terms.limits;
    const now = { wallMs: input.nowWallMs, marketMs: input.nowMarketMs };
    const facts =
      portfolio === undefined
        ? null
        : await portfolioFacts(
            ledger,
            portfolio,
            input.book,
            candidate.pair,
            now,
            midPrice(candidate.spotQuote) ?? zero,
          );
    return planCandidate({
      key: input.key,
      book: input.book,
      candidate,
      rules: terms.admission,
      pairExposureUsd,
      ...(facts === null ? {} : { facts }),
      freeOf: (account, currency) => freeIn(readings.get(account), currency),
      nowWallMs: input.nowWallMs,
      nowMarketMs: input.nowMarketMs,
    });
  }

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
