/** Activities over the ledger: reservations, intents, watches, and the settlement of a position. */
import { decimal, sum } from '../src/domain/decimal.ts';
import { compareWithVenues, type ComparedAccount, type Comparison } from '../src/domain/comparison.ts';
import { marketTimeMs, type ClockAnchor } from '../src/domain/market-clock.ts';
import type { Order, OrderIntent, SubmitOutcome } from '../src/domain/order.ts';
import type { Money } from '../src/domain/money.ts';
import { positionPnl, type Attribution } from '../src/domain/pnl.ts';
import type { ExitReason, PositionPlan } from '../src/domain/position.ts';
import type { CapitalNeed, OpeningRequest, ReservationLimits } from '../src/domain/reservation.ts';
import type { LegPrices, Watch } from '../src/domain/watch.ts';
import type { Alert, Alerts } from '../src/ports/alerts.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Ledger, PositionUpdate } from '../src/ports/ledger.ts';
import type { AccountReading } from '../src/ports/venue.ts';
import { planCandidate, type AdmissionRules } from '../src/strategy/admission.ts';
import type { Candidate } from '../src/strategy/candidate.ts';
import { freeIn } from '../src/strategy/needs.ts';
import { capitalNeeds } from '../src/strategy/plan.ts';
import type { VenueTruth } from './account.ts';
import { withFailures } from './failures.ts';

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

export interface FinishRequest {
  readonly key: string;
  readonly status: 'closed' | 'aborted';
  readonly exitReason: ExitReason | null;
  readonly abortReason: string | null;
  readonly anchor: ClockAnchor;
  readonly nowWallMs: number;
  /** Executable prices at the decision to close, for the slippage line; null when none were read. */
  readonly closePrices: LegPrices | null;
}

export function createLedgerActivities(ports: { ledger: Ledger; alerts: Alerts; clock: Clock; terms: LedgerTerms }) {
  const { ledger, alerts, terms } = ports;

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

    /** Writes intents; a closing one disarms the watch and moves the position to `closing` first. */
    async prepareOrders(request: {
      positionKey: string;
      workflowId: string;
      intents: readonly OrderIntent[];
      closing: { exitReason: ExitReason; nowWallMs: number } | null;
    }): Promise<Order[]> {
      const { positionKey, workflowId, intents, closing } = request;
      return withFailures(async () => {
        if (closing === null) return ledger.prepareOrders(positionKey, workflowId, intents);
        const { exitReason, nowWallMs } = closing;
        const [orders] = await Promise.all([
          ledger.prepareOrders(positionKey, workflowId, intents),
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
      return withFailures(() => finish(request));
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

    async compareWithVenues(input: { truths: readonly VenueTruth[] }): Promise<Comparison> {
      return withFailures(async () => {
        const accounts = await Promise.all(input.truths.map(comparedAccount));
        return compareWithVenues(accounts, await ledger.positions({}));
      });
    },
  };

  async function planFor(input: AdmissionInput) {
    const { candidate } = input;
    const { spot, perp, pairId } = candidate.pair;
    const readings = new Map<string, AccountReading>();
    for (const account of new Set([spot.account, perp.account])) {
      const reading = await ledger.latestReading(account);
      if (reading !== null) readings.set(account, reading);
    }
    const live = await ledger.positions({
      statuses: ['reserving', 'opening', 'hedged', 'closing', 'compensating', 'stuck'],
    });
    const pairExposureUsd = sum(
      live.filter(({ plan }) => plan.pairId === pairId).map(({ plan }) => decimal(plan.notionalUsd)),
    );
    return planCandidate({
      key: input.key,
      book: input.book,
      candidate,
      rules: terms.admission,
      pairExposureUsd,
      freeOf: (account, currency) => freeIn(readings.get(account), currency),
      nowWallMs: input.nowWallMs,
      nowMarketMs: input.nowMarketMs,
    });
  }

  async function finish(request: FinishRequest): Promise<Attribution> {
    const { key, status, nowWallMs, anchor } = request;
    const position = await ledger.position(key);
    if (position === null) return notReserved();
    for (const order of await ledger.ordersOf(key)) {
      if (order.state === 'prepared') await ledger.withdrawOrder(order.clientOrderId, `the position is ${status}`);
    }
    const { plan } = position;
    const [fills, accountFills, funding] = await Promise.all([
      ledger.fillsOf(key),
      ledger.fillsOfAccount(plan.perp.account),
      ledger.fundingPaymentsOfAccount(plan.perp.account),
    ]);
    const { unpricedFees, assumedAtPar, ...attribution } = positionPnl({
      plan,
      fills,
      accountFills,
      funding,
      closePrices: request.closePrices,
    });
    await alertUnpriced(key, unpricedFees, assumedAtPar);
    await ledger.disarmWatch(key);
    await ledger.updatePosition({
      key,
      status,
      nowWallMs,
      attribution,
      closedAtMarketMs: marketTimeMs(anchor, nowWallMs),
      ...(request.exitReason === null ? {} : { exitReason: request.exitReason }),
      ...(request.abortReason === null ? {} : { abortReason: request.abortReason }),
    });
    await ledger.releaseReservation(key);
    for (const name of ['stuck', 'unwatched', 'watchdog', 'exit_ignored', 'not_evaluable', 'no_prices', 'funding'])
      await alerts.resolve(`${name}/${key}`);
    return attribution;
  }

  /** The position is settled all the same: its capital must not wait for a price. */
  async function alertUnpriced(key: string, fees: readonly Money[], atPar: readonly string[]): Promise<void> {
    if (fees.length === 0 && atPar.length === 0) return;
    const parts = [
      ...fees.map(({ amount, currency }) => `${amount} ${currency} of fees booked as zero`),
      ...atPar.map((currency) => `${currency} counted at a dollar`),
    ];
    const message = `${key}: its P&L lacks prices: ${parts.join(', ')}`;
    await alerts.raise({ key: `unpriced/${key}`, severity: 'warning', message, positionKey: key });
  }

  async function comparedAccount({ reading, fills }: VenueTruth): Promise<ComparedAccount> {
    const { account } = reading;
    const baseline = (await ledger.baselines()).find((declared) => declared.account === account);
    const [ledgerFills, funding] = await Promise.all([
      ledger.fillsOfAccount(account),
      ledger.fundingPaymentsOfAccount(account),
    ]);
    const since = baseline?.declaredAtMarketMs ?? 0;
    return {
      account,
      balancesBefore: baseline?.balances ?? [],
      balancesNow: reading.balances,
      perpetualsBefore: baseline?.positions ?? [],
      perpetualsNow: reading.positions,
      venueFills: fills.filter((fill) => fill.executedAtMs >= since),
      ledgerFills,
      funding: funding.filter((payment) => payment.settledAtMs > since),
    };
  }
}

export type LedgerActivities = ReturnType<typeof createLedgerActivities>;

/** A position that was refused before it was reserved has no row, and cost nothing. */
function notReserved(): Attribution {
  return {
    basisUsd: '0',
    fundingUsd: '0',
    feesUsd: '0',
    slippageUsd: '0',
    borrowUsd: '0',
    quoteCurrencyUsd: '0',
    realisedUsd: '0',
  };
}
