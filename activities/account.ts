/** Activities of an account's read queue: looking orders up, settling them, readings, funding. */
import { setTimeout } from 'node:timers/promises';
import { Context, heartbeat } from '@temporalio/activity';
import { alertKeys } from '../src/domain/alert-keys.ts';
import type { OrderObservation } from '../src/domain/execution/observation.ts';
import { settlementTimes } from '../src/domain/funding/funding-times.ts';
import { marketTimeMs, type ClockAnchor } from '../src/domain/market-clock.ts';
import type { OrderProgress, OrderSettlement } from '../src/domain/order.ts';
import type { Alerts } from '../src/ports/alerts.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import type { AccountReading, Venue } from '../src/ports/venue.ts';
import { messageOf, notYet, withFailures } from './failures.ts';
import { toText, type DecimalText } from '../src/domain/decimal.ts';
import type { PositionPlan } from '../src/domain/position.ts';
import { bookInterest, chargedInterest } from './records/interest.ts';
import { createFundingBook, fundingProgressOf } from './records/funding-book.ts';
import { withHeartbeat } from './heartbeat.ts';
import { createPersistentReads } from './persistent-reads.ts';
import { bookChargesOfLive, createChargeBook } from './records/liquidation-charges.ts';
import { watchResting, type RestingRequest } from './execution/resting.ts';
import { settleOrder, settleRetryMs, type SettleRequest } from './execution/settling.ts';
import { createPositionDrift } from './reconciliation/position-drift.ts';
import { bookForeignFills, createVenueFillWatch } from './records/venue-fills.ts';
import { createLookedFor, healAccount, type HealedAccount } from './reconciliation/healing.ts';
import { createVenueClockWatch } from './records/venue-clock.ts';
import { readAccount, readVenueTruth, type TruthRequest, type VenueTruth } from './reconciliation/venue-truth.ts';

/** Wall time after which an order that is still unresolved is a person's business. */
const unresolvedAlertMs = 30_000;
const readingIntervalMs = 10_000;
/** How often a watch is seen alive while it reads a long list. */
const heartbeatMs = 5_000;
/** How often the watch of an order that rests is. */
const restingHeartbeatMs = 2_000;
/** The watch's name in alerts. */
const watchName = 'watch';
/** A watch returns now and then, so that its workflow's history stays short. */
const watchLifeMs = 6 * 3_600_000;

export interface FundingRequest {
  readonly symbol: string;
  /** Market time. */
  readonly sinceMs: number;
  /** Market time of the last fill; workflows of older code do not tell it. */
  readonly closedAtMs?: number;
  /** Market times of the settlements that the position crossed. */
  readonly expectedAtMs: readonly number[];
  /** Wall time of the close: past it plus the venue's delay, what is missing is not waited for. */
  readonly closedAtWallMs: number;
}

export interface WatchRequest {
  readonly symbols: readonly string[];
  /** Those of the symbols that pay funding. */
  readonly perpetuals: readonly string[];
  readonly anchor: ClockAnchor;
}

export interface AccountPorts {
  readonly venue: Venue;
  readonly ledger: Ledger;
  readonly alerts: Alerts;
  readonly clock: Clock;
  /** Aborts when this process is asked to stop: the watch then returns, and the next process takes over at once. */
  readonly stopping: AbortSignal;
  /** Waits between two passes of the watch, or until the signal aborts; a timer unless given. */
  readonly pause?: (durationMs: number, signal: AbortSignal) => Promise<void>;
}

export function createAccountActivities(ports: AccountPorts) {
  const { venue, ledger, alerts, clock, stopping, pause = timer } = ports;
  const persistent = createPersistentReads(venue, alerts);
  const lookedFor = createLookedFor();
  const warn = (line: string): void => Context.current().log.warn(line);

  return {
    /**
     * Follows one order to its end: looks it up, proves it absent or done, and books its fills from the venue's trade
     * list. Never sends anything. Retried until it knows; whoever waits longer than half a minute is alerted.
     */
    async settleOrder(request: SettleRequest): Promise<OrderSettlement> {
      const alertKey = alertKeys.unresolved(request.clientOrderId);
      const { attempt, scheduledTimestampMs } = Context.current().info;
      const waited = (): number => clock.nowMs() - scheduledTimestampMs;
      const settlement = await persistent
        .run(null, () => settleOrder(ports, request))
        .catch(async (error: unknown) => {
          const waitedMs = waited();
          if (waitedMs > unresolvedAlertMs) {
            await alerts.raise({
              key: alertKey,
              severity: 'critical',
              message: `order ${request.clientOrderId} at ${venue.account} is unresolved for ${Math.round(waitedMs / 1000)} s: ${messageOf(error)}`,
              positionKey: request.positionKey,
            });
          }
          throw error;
        });
      // At the first attempt, too, where the worker was away: the workflow has raised it meanwhile.
      if (attempt > 1 || waited() > unresolvedAlertMs) await alerts.resolve(alertKey);
      return settlement;
    },

    /**
     * Watches an order that rests, and answers when the other leg can follow its fills, or when it has ended. Whoever
     * takes over from a worker that died begins with what the venue shows.
     */
    async watchOrder(request: RestingRequest): Promise<OrderProgress> {
      const context = Context.current();
      const ended = AbortSignal.any([stopping, context.cancellationSignal]);
      // A look may take longer than a heartbeat may, and what the venue asks to wait, too: another watch would begin.
      const watching = () => watchResting(ports, request, { ended, wasAlerted: context.info.attempt > 1, pause });
      const progress = await persistent.run(null, () => withHeartbeat(restingHeartbeatMs, watching));
      if (progress !== null) return progress;
      // Asked to end: whoever cancelled it does not listen; of a worker that stops, the next one goes on.
      if (context.cancellationSignal.aborted) await context.cancelled;
      throw notYet('watch_moves_on', 'the worker stops, and the next one watches', 1);
    },

    /**
     * Books the funding payments of a symbol; complete once every expected settlement has its record. And what was charged
     * for a liquidation of it.
     */
    async collectFunding(request: FundingRequest): Promise<void> {
      // What is booked later puts right what the position came to, so the close does not wait for it.
      await bookChargesOfLive(ports, request.symbol).catch((error: unknown) => warn(messageOf(error)));
      // The list is the dearest of all reads, and a burst of closes would queue for it.
      if (venue.capabilities.fundingOnTrades !== true && !mayHoldSettlement(request)) return;
      await persistent.run(`funding of ${request.symbol}`, async () => {
        const payments = await venue.fundingPaymentsSince(request.symbol, request.sinceMs);
        await ledger.recordFundingPayments(venue.account, payments);
        const missing = request.expectedAtMs.filter(
          (atMs) => !payments.some((payment) => Math.abs(payment.settledAtMs - atMs) < settlementToleranceMs),
        );
        const waitUntilMs = request.closedAtWallMs + venue.capabilities.fundingDelayMs;
        if (missing.length > 0 && clock.nowMs() < waitUntilMs) {
          throw notYet('funding_not_recorded', `${missing.length} funding settlements have no record yet`, 500);
        }
      });
    },

    /** Books the interest that the account was charged, and tells the position's part of all of it, in the coin that it sold. */
    async collectInterest(plan: PositionPlan): Promise<{ interestBase: DecimalText }> {
      return persistent.run('interest', async () => {
        await bookInterest(ports);
        return { interestBase: toText(await chargedInterest(ledger, plan)) };
      });
    },

    /**
     * Books fills of a symbol that no order of ours made, and answers those of one position: asked when the venue says
     * that there is nothing left to reduce.
     */
    async readVenueFills(input: {
      positionKey: string;
      symbol: string;
      anchor: ClockAnchor;
    }): Promise<OrderObservation[]> {
      return persistent.run(`fills of ${input.symbol}`, async () => {
        if ((await bookForeignFills(ports, input)) === null) {
          throw notYet(
            'order_on_its_way',
            'an order of ours is on its way, and any fill may be its own',
            settleRetryMs,
          );
        }
        const all = await ledger.venueOrdersOfLive(venue.account);
        return all.filter(({ positionKey }) => positionKey === input.positionKey).map(({ observation }) => observation);
      });
    },

    async readAccount(input: { symbols: readonly string[] }): Promise<AccountReading> {
      return withFailures(() => readAccount(ports, input.symbols));
    },

    /**
     * Reads the account every 10 s for some hours: stores what it sees, holds its positions against our fills, and
     * books its funding: everything since the declaration in the first pass, then what may be new.
     */
    async watchAccount(input: WatchRequest): Promise<void> {
      await persistent.run(watchName, () => watch(input));
    },

    /** The fills of two days, and a fresh reading; funding that is new is booked. */
    async readVenueTruth(input: TruthRequest): Promise<VenueTruth> {
      return withFailures(() => readVenueTruth(ports, input));
    },

    /** Books what the venue knows of our orders and positions and the ledger does not. */
    async healAccount(input: { perpetuals: readonly string[]; anchor: ClockAnchor }): Promise<HealedAccount> {
      return withFailures(() => healAccount(ports, input, lookedFor));
    },
  };

  async function watch({ symbols, perpetuals, anchor }: WatchRequest): Promise<void> {
    const startedAtMs = clock.nowMs();
    const baseline = await declareBaseline(symbols, anchor);
    const known = fundingProgressOf(Context.current().info.heartbeatDetails);
    const funding = createFundingBook(ports, anchor, baseline.declaredAtMarketMs, known);
    const drift = createPositionDrift(ports, baseline, perpetuals);
    const context = Context.current();
    const ended = AbortSignal.any([stopping, context.cancellationSignal]);
    const pauseHere = (durationMs: number): Promise<void> => pause(durationMs, ended);
    const venueFills = createVenueFillWatch(ports, anchor, () => context.client, warn, pauseHere);
    const charges = createChargeBook(ports, anchor);
    const lookAtClock = createVenueClockWatch(ports);
    const progress = () => ({ fundingCompleteToMs: funding.progress() });
    for (let pass = 1; clock.nowMs() - startedAtMs < watchLifeMs && !ended.aborted; pass += 1) {
      const seen = await readAccount(ports, symbols);
      // Before the comparison: what is booked here explains what would look like drift.
      // One that fails begins at the same fills again in the next pass.
      for (const symbol of perpetuals) await venueFills.look(symbol).catch((error: unknown) => warn(messageOf(error)));
      await charges.bookNew().catch((error: unknown) => warn(messageOf(error)));
      await drift.compare(seen);
      await lookAtClock().catch((error: unknown) => warn(messageOf(error)));
      await bookInterest(ports);
      heartbeat(progress());
      for (const symbol of perpetuals) {
        // A first pass may take minutes at the venue's pace; each of its requests has a deadline of its own.
        await withHeartbeat(heartbeatMs, () => funding.bookNew(symbol), progress);
        heartbeat(progress());
      }
      await persistent.keysAccepted();
      if (pass === 1) await persistent.accepted(watchName);
      await pauseHere(readingIntervalMs);
    }
  }

  /** What the account held before any position: declared once, at the first reading. */
  async function declareBaseline(symbols: readonly string[], anchor: ClockAnchor) {
    const reading = await venue.reading(symbols);
    return ledger.declareBaseline({
      account: venue.account,
      balances: reading.balances,
      positions: reading.positions,
      declaredAtWallMs: reading.readAtMs,
      declaredAtMarketMs: marketTimeMs(anchor, reading.readAtMs),
    });
  }
}

/** Venues stamp a settlement within seconds of its time. */
const settlementToleranceMs = 60_000;

/** Whatever a venue's interval is, and becomes: settlements fall on full hours. */
function mayHoldSettlement({ sinceMs, closedAtMs, expectedAtMs }: FundingRequest): boolean {
  if (closedAtMs === undefined || expectedAtMs.length > 0) return true;
  return settlementTimes(sinceMs - settlementToleranceMs, closedAtMs + settlementToleranceMs, 1).length > 0;
}

export type AccountActivities = ReturnType<typeof createAccountActivities>;

/** Over early when the signal aborts; that is no error. */
async function timer(durationMs: number, signal: AbortSignal): Promise<void> {
  await setTimeout(durationMs, undefined, { signal }).catch(() => undefined);
}
