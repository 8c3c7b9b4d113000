/** Activities of an account's read queue: looking orders up, settling them, readings, funding. */
import { setTimeout } from 'node:timers/promises';
import { Context, heartbeat } from '@temporalio/activity';
import { decimal } from '../src/domain/decimal.ts';
import { averagePrice, feesInQuote, filledBase, receivedBase } from '../src/domain/execution/received.ts';
import type { VenueFill } from '../src/domain/fill.ts';
import { marketTimeMs, type ClockAnchor } from '../src/domain/market-clock.ts';
import type { OrderSettlement } from '../src/domain/order.ts';
import type { Alerts } from '../src/ports/alerts.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Ledger, OrderRow } from '../src/ports/ledger.ts';
import { VenueError, type AccountReading, type Venue } from '../src/ports/venue.ts';
import { messageOf, notYet, withFailures } from './failures.ts';
import { createFundingBook, fundingProgressOf, settlementIntervalMs } from './funding-book.ts';
import { withHeartbeat } from './heartbeat.ts';
import { createPersistentReads } from './persistent-reads.ts';
import { createPositionDrift } from './position-drift.ts';

/** How soon an acknowledged order or a missing trade is asked for again. */
const settleRetryMs = 200;
/** Wall time after which an order that is still unresolved is a person's business. */
const unresolvedAlertMs = 30_000;
const readingIntervalMs = 10_000;
/** How often a watch is seen alive while it reads a long list. */
const heartbeatMs = 5_000;
/** The watch's name in alerts. */
const watchName = 'watch';
/** A watch returns now and then, so that its workflow's history stays short. */
const watchLifeMs = 6 * 3_600_000;

export interface SettleRequest {
  readonly clientOrderId: string;
  readonly positionKey: string;
  readonly baseCurrency: string;
  /** Of the spot leg its quote coin, of the perpetual its settle coin. */
  readonly quoteCurrency: string;
}

export interface FundingRequest {
  readonly symbol: string;
  /** Market time. */
  readonly sinceMs: number;
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

/** What the venue says, for the comparison with the ledger. */
export interface VenueTruth {
  readonly reading: AccountReading;
  readonly fills: readonly VenueFill[];
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

  return {
    /**
     * Follows one order to its end: looks it up, proves it absent or done, and books its fills from the venue's trade
     * list. Never sends anything. Retried until it knows; whoever waits longer than half a minute is alerted.
     */
    async settleOrder(request: SettleRequest): Promise<OrderSettlement> {
      const alertKey = `unresolved/${request.clientOrderId}`;
      const settlement = await persistent
        .run(null, () => settle(request))
        .catch(async (error: unknown) => {
          const waitedMs = clock.nowMs() - Context.current().info.scheduledTimestampMs;
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
      if (Context.current().info.attempt > 1) await alerts.resolve(alertKey);
      return settlement;
    },

    /** Books the funding payments of a symbol; complete once every expected settlement has its record. */
    async collectFunding(request: FundingRequest): Promise<void> {
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

    async readAccount(input: { symbols: readonly string[] }): Promise<AccountReading> {
      return withFailures(() => read(input.symbols));
    },

    /**
     * Reads the account every 10 s for some hours: stores what it sees, holds its positions against our fills, and
     * books its funding: everything since the declaration in the first pass, then what may be new.
     */
    async watchAccount(input: WatchRequest): Promise<void> {
      await persistent.run(watchName, () => watch(input));
    },

    /**
     * All fills since a market time, and a fresh reading. Funding is booked from an interval before the last payment
     * in the ledger: the watch has read the rest.
     *
     * The fills are read week by week, one request a week at least: its limits are those of one week (200 pages) and
     * the activity's time. At binanceusdm's pace of reads 30 s are enough for about four years of one symbol.
     */
    async readVenueTruth(input: {
      symbols: readonly string[];
      perpetuals: readonly string[];
      sinceMarketMs: number;
    }): Promise<VenueTruth> {
      return withFailures(async () => {
        const booked = await ledger.fundingPaymentsOfAccount(venue.account);
        for (const symbol of input.perpetuals) {
          const last = booked.findLast((payment) => payment.symbol === symbol);
          const sinceMs = Math.max(input.sinceMarketMs, (last?.settledAtMs ?? 0) - settlementIntervalMs);
          await ledger.recordFundingPayments(venue.account, await venue.fundingPaymentsSince(symbol, sinceMs));
        }
        const lists = await Promise.all(input.symbols.map((symbol) => venue.fillsSince(symbol, input.sinceMarketMs)));
        return { reading: await read(input.symbols), fills: lists.flat() };
      });
    },
  };

  async function watch({ symbols, perpetuals, anchor }: WatchRequest): Promise<void> {
    const startedAtMs = clock.nowMs();
    const baseline = await declareBaseline(symbols, anchor);
    const known = fundingProgressOf(Context.current().info.heartbeatDetails);
    const funding = createFundingBook(ports, anchor, baseline.declaredAtMarketMs, known);
    const drift = createPositionDrift(ports, baseline, perpetuals);
    const progress = () => ({ fundingCompleteToMs: funding.progress() });
    const ended = AbortSignal.any([stopping, Context.current().cancellationSignal]);
    for (let pass = 1; clock.nowMs() - startedAtMs < watchLifeMs && !ended.aborted; pass += 1) {
      await drift.compare(await read(symbols));
      heartbeat(progress());
      for (const symbol of perpetuals) {
        // A first pass may take minutes at the venue's pace; each of its requests has a deadline of its own.
        await withHeartbeat(heartbeatMs, () => funding.bookNew(symbol), progress);
        heartbeat(progress());
      }
      await persistent.keysAccepted();
      if (pass === 1) await persistent.accepted(watchName);
      await pause(readingIntervalMs, ended);
    }
  }

  async function read(symbols: readonly string[]): Promise<AccountReading> {
    const reading = await venue.reading(symbols);
    await ledger.writeReading(reading);
    return reading;
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

  async function settle(request: SettleRequest): Promise<OrderSettlement> {
    const row = await mustFind(request.clientOrderId);
    switch (row.state) {
      case 'prepared':
        // Never claimed. Withdrawn, no late worker can send it any more.
        if (await ledger.withdrawOrder(row.clientOrderId, 'never sent')) return { kind: 'absent' };
        throw notYet('order_claimed', 'the order was claimed while it was withdrawn', settleRetryMs);
      case 'absent':
      case 'rejected':
        return { kind: 'absent' };
      case 'done':
        return settlementOf(row, await fillsOf(row), request);
      case 'sending':
      case 'open':
        return observe(row, request);
    }
  }

  async function observe(row: OrderRow, request: SettleRequest): Promise<OrderSettlement> {
    if (row.claimedAtMs === null || row.sendByMs === null)
      throw new Error(`order ${row.clientOrderId} is ${row.state} without a claim`);
    const result = await venue.lookUp({
      clientOrderId: row.clientOrderId,
      symbol: row.symbol,
      venueOrderId: row.venueOrderId,
      claimedAtMs: row.claimedAtMs,
      sendByMs: row.sendByMs,
    });
    switch (result.kind) {
      case 'not_yet_known':
        throw notYet('order_not_yet_known', result.reason, result.retryAtMs - clock.nowMs());
      case 'absent':
        if (await ledger.markAbsent(row.clientOrderId, 'proven absent at the venue')) return { kind: 'absent' };
        throw notYet('order_moved_on', 'the order row moved on while it was looked up', settleRetryMs);
      case 'found': {
        const { order } = result;
        if (order.status === 'open')
          throw notYet('order_open', `${order.filledBase} of ${order.quantityBase} filled`, settleRetryMs);
        const fills = await venue.orderFills({ venueOrderId: order.venueOrderId, symbol: row.symbol });
        if (!filledBase(fills).eq(decimal(order.filledBase))) {
          throw notYet(
            'trades_incomplete',
            `the trades sum to ${filledBase(fills).toFixed()} of ${order.filledBase}`,
            settleRetryMs,
          );
        }
        await ledger.recordSettlement(
          row.clientOrderId,
          { venueOrderId: order.venueOrderId, filledBase: order.filledBase, averagePrice: averagePrice(fills) },
          fills,
        );
        return settlementOf({ ...row, venueOrderId: order.venueOrderId }, fills, request);
      }
    }
  }

  async function mustFind(clientOrderId: string): Promise<OrderRow> {
    const row = await ledger.order(clientOrderId);
    if (row === null) throw new VenueError('bad_request', `no order ${clientOrderId} in the ledger`);
    return row;
  }

  async function fillsOf(row: OrderRow): Promise<VenueFill[]> {
    return (await ledger.fillsOf(row.positionKey)).filter((fill) => fill.clientOrderId === row.clientOrderId);
  }
}

/** Venues stamp a settlement within seconds of its time. */
const settlementToleranceMs = 60_000;

export type AccountActivities = ReturnType<typeof createAccountActivities>;

function settlementOf(row: OrderRow, fills: readonly VenueFill[], request: SettleRequest): OrderSettlement {
  const { baseCurrency, quoteCurrency } = request;
  return {
    kind: 'done',
    venueOrderId: row.venueOrderId,
    filledBase: filledBase(fills).toFixed(),
    receivedBase: receivedBase(fills, baseCurrency).toFixed(),
    averagePrice: averagePrice(fills),
    feesQuote: feesInQuote(fills, baseCurrency, quoteCurrency).toFixed(),
    firstFillAtMs: fills.length === 0 ? null : Math.min(...fills.map((fill) => fill.executedAtMs)),
  };
}

/** Over early when the signal aborts; that is no error. */
async function timer(durationMs: number, signal: AbortSignal): Promise<void> {
  await setTimeout(durationMs, undefined, { signal }).catch(() => undefined);
}
