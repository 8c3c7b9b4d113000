/**
 * One simulated exchange: commands in, journalled transactions out.
 *
 * Every command first advances the exchange to the market time at which it runs: closes that have become known move
 * the book and fill what rests in it, funding that has fallen due is settled, each at its own time. So nothing depends
 * on how often the clock is looked at, and what was missed while the process was down is caught up in order.
 */
import { floorToStep, toText } from '../../domain/decimal.ts';
import type { Decimal, DecimalText } from '../../domain/decimal.ts';
import type { AccountView } from '../views/account-view.ts';
import { accountView } from '../views/account-view.ts';
import { applyEvent, applyTransaction } from './apply.ts';
import { chargeInterest, nextInterestMs } from './borrow.ts';
import type { DepthModel } from './book.ts';
import { centreHouseBook, refillHouseBook } from './book.ts';
import type { CancelReason, OpenedOrder, SimEvent, Transaction } from './events.ts';
import type { FundingSeries } from './funding.ts';
import { nextSettlementMs } from './funding.ts';
import type { SimInstrument } from './instruments.ts';
import type { Strike } from './liquidation.ts';
import { deleverage, forceLiquidation, settleMargins, strike } from './liquidation.ts';
import { indexPriceOf, markPriceOf } from './mark-price.ts';
import { finish, matchIncoming, matchResting } from './matching.ts';
import { newVenueState } from './new-venue-state.ts';
import type { Refusal, RefusalReason } from './placement.ts';
import { killReason, refusalOf } from './placement.ts';
import type { FeesOf, VenueRules } from './rules.ts';
import { settleFunding } from './settlements.ts';
import type { SimMarket, SimOrder, VenueState } from './state.ts';
import { accountOf, marketOf, orderOf } from './state.ts';
import type { TapeBar } from '../feed/tape.ts';
import { lastKnownBar, nextCloseMs } from '../feed/tape.ts';
import type { OrderRequest } from './order-request.ts';
import type { MatchingContext } from './matching-context.ts';

export interface SimClock {
  /** Market time, epoch milliseconds: what orders, trades and funding carry. */
  marketMs(): number;
  /** Wall time, epoch milliseconds: signatures, request expiry, refills. */
  wallMs(): number;
}

export interface ListedInstrument {
  readonly instrument: SimInstrument;
  readonly model: DepthModel;
  readonly bars: readonly TapeBar[];
  /** Null for spot. */
  readonly funding: FundingSeries | null;
}

export interface ExchangeOptions {
  readonly venue: string;
  readonly listed: readonly ListedInstrument[];
  readonly clock: SimClock;
  /** Market time of the first known close. */
  readonly startMs: number;
  /** Ids of the venue's nth order and nth trade, from 1. */
  orderId(sequence: number): string;
  tradeId(sequence: number): string;
  readonly rules: VenueRules;
  readonly feesOf: FeesOf;
  /** Writes one journal line; the caller of a command waits for it to be durable. */
  append(transaction: Omit<Transaction, 'sequence'>): void;
}

export type PlaceResult =
  { readonly kind: 'placed'; readonly order: SimOrder } | { readonly kind: 'refused'; readonly refusal: Refusal };

export type ScriptedLevels = readonly (readonly [DecimalText, DecimalText])[];

/** What a test makes the venue do to the next placement. */
export interface ForcedOutcome {
  /** Refused with this reason, although nothing is wrong with it. */
  readonly refuse?: RefusalReason;
  /** At most this part of its quantity fills on arrival, whatever the book holds. */
  readonly fillFraction?: Decimal;
  /** Queries do not show it for so long (wall time). */
  readonly hideForMs?: number;
  /** Done to positions once the request has been executed, in the same breath. */
  readonly strike?: Strike;
}

/** Absent: as before. Null: as the venue works it out. */
export interface ScriptedMarks {
  readonly mark?: Decimal | null;
  readonly index?: Decimal | null;
}

export interface Exchange {
  readonly venue: string;
  readonly state: VenueState;
  readonly clock: SimClock;
  readonly listed: ReadonlyMap<string, ListedInstrument>;
  readonly feesOf: FeesOf;
  /** What the account's own queries show now. */
  viewOf(account: string): AccountView;
  /** Null for spot. */
  fundingOf(market: SimMarket): FundingSeries | null;
  /** Null until the first price. */
  markPrice(market: SimMarket): Decimal | null;
  indexPrice(market: SimMarket): Decimal | null;
  /** Runs a request with a forced outcome for what it places. */
  force<T>(outcome: ForcedOutcome, request: () => T): T;
  /** Applies journalled transactions, once, before anything else. */
  restore(transactions: Iterable<Transaction>): void;
  /** Brings the exchange to the present and returns the market time that it is at. */
  advance(): number;
  openAccount(account: string, balances: Readonly<Record<string, DecimalText>>): void;
  place(account: string, request: OrderRequest): PlaceResult;
  /** Null when there is no such open order. @param reason `user` unless said otherwise */
  cancel(account: string, orderId: string, reason?: CancelReason): SimOrder | null;
  setLeverage(account: string, instrument: string, leverage: number): void;
  adjustBalance(account: string, currency: string, amount: Decimal): void;
  /** Sets a price from outside the tape; null levels mean the depth model. */
  setLevels(instrument: string, centre: Decimal, bids: ScriptedLevels | null, asks: ScriptedLevels | null): void;
  /** Sets mark and index price, until they are set again. */
  setMarks(instrument: string, marks: ScriptedMarks): void;
  /** Funding settles every so many hours from now on, at multiples of them in UTC. */
  setFundingInterval(instrument: string, hours: number): void;
  /** Takes base units (null: all) off a position at the mark price, by an order of the venue. Null: there is none. */
  deleverage(account: string, instrument: string, quantity: Decimal | null): SimOrder | null;
  /** Liquidates a position whatever its margin, by an order of the venue. Null: there is none. */
  liquidate(account: string, instrument: string): SimOrder | null;
  /** Market data that is not journalled itself; the fills that it causes are. */
  feed(instrument: string, change: (market: SimMarket) => void): void;
  /** Calls a coin back, or lends it again. */
  setLending(currency: string, isLent: boolean): void;
  stopTape(): void;
  onTransaction(listener: (transaction: Omit<Transaction, 'sequence'>) => void): void;
}

/** @throws Error from its commands when an account or instrument does not exist: protocols check both first. */
export function createExchange(options: ExchangeOptions): Exchange {
  const { venue, clock } = options;
  const listed = new Map(options.listed.map((entry) => [entry.instrument.id, entry]));
  const state = newVenueState(venue, options.rules, options.feesOf, options.listed);
  const listeners: ((transaction: Omit<Transaction, 'sequence'>) => void)[] = [];
  let cursorMs = options.startMs;
  let forced: ForcedOutcome = {};
  for (const market of state.markets.values()) followTape(market, cursorMs);

  function followTape(market: SimMarket, atMs: number): void {
    const bar = lastKnownBar(listed.get(market.instrument.id)?.bars ?? [], atMs);
    if (state.tapeStopped || bar === null || bar.closeAtMs <= (market.scriptedAtMs ?? -1)) return;
    centreHouseBook(market.house, bar.close, market.instrument, market.model);
    market.lastPrice = bar.close;
    market.recordedMark = bar.mark ?? null;
    market.recordedIndex = bar.index ?? null;
    market.scriptedAtMs = null;
  }

  function run<T>(atMs: number, command: (context: MatchingContext) => T): T {
    const events: SimEvent[] = [];
    const context: MatchingContext = {
      state,
      wallMs: clock.wallMs(),
      atMs,
      fundingSeriesOf: ({ instrument }) => listed.get(instrument.id)?.funding ?? null,
      emit: (event) => {
        applyEvent(state, event, atMs);
        events.push(event);
      },
      nextTradeId: () => options.tradeId(state.tradeCount + 1),
      nextOrderId: () => options.orderId(state.orderCount + 1),
      feesOf: options.feesOf,
      rules: options.rules,
      fillLimit: null,
      marksMoved: false,
    };
    try {
      const result = command(context);
      settleMargins(context, events);
      return result;
    } finally {
      // Also after an error: what has been applied is written, so that the journal always folds into this state.
      if (events.length > 0) {
        const transaction = { venue, atMs, events };
        options.append(transaction);
        for (const listener of listeners) listener(transaction);
      }
    }
  }

  function advance(): number {
    const nowMs = Math.max(cursorMs, clock.marketMs());
    for (;;) {
      const interestMs = nextInterestMs(state, cursorMs);
      const dueMs = earliest([nextDueMs(cursorMs), interestMs]);
      if (dueMs === null || dueMs > nowMs) break;
      cursorMs = dueMs;
      // One transaction for everything that falls due at one time: a crash leaves all of it done or none.
      run(dueMs, (context) => {
        for (const market of state.markets.values()) stepMarket(context, market, dueMs);
        if (interestMs === dueMs) chargeInterest(context);
      });
    }
    cursorMs = nowMs;
    for (const market of state.markets.values()) refillIfDue(market);
    return nowMs;
  }

  function nextDueMs(afterMs: number): number | null {
    let dueMs: number | null = null;
    for (const { bars, funding } of listed.values()) {
      const closeMs = state.tapeStopped ? null : nextCloseMs(bars, afterMs);
      const settlementMs = funding === null ? null : nextSettlementMs(funding, afterMs);
      dueMs = earliest([dueMs, closeMs, settlementMs]);
    }
    return dueMs;
  }

  /** A new close first, then funding at the mark price that it makes. */
  function stepMarket(context: MatchingContext, market: SimMarket, atMs: number): void {
    const entry = listed.get(market.instrument.id);
    if (lastKnownBar(entry?.bars ?? [], atMs)?.closeAtMs === atMs && !state.tapeStopped) {
      followTape(market, atMs);
      context.marksMoved = true;
      matchResting(context, market);
    }
    const funding = entry?.funding ?? null;
    if (funding !== null && nextSettlementMs(funding, atMs - 1) === atMs) {
      settleFunding(context, market, funding.rateAt(atMs));
    }
  }

  function hide(order: SimOrder): void {
    if (forced.hideForMs === undefined) return;
    order.hiddenUntilMs = clock.wallMs() + forced.hideForMs;
    const account = accountOf(state, order.account);
    account.lagsUntilMs = Math.max(account.lagsUntilMs, order.hiddenUntilMs);
  }

  function fillLimit(order: SimOrder): Decimal | null {
    if (forced.fillFraction === undefined || order.quantityUnit === 'quote') return null;
    return floorToStep(order.quantity.times(forced.fillFraction), order.instrument.quantityStep);
  }

  function refillIfDue(market: SimMarket): void {
    const { consumedAtMs } = market.house;
    if (consumedAtMs === null || clock.wallMs() < consumedAtMs + market.model.refillMs) return;
    refillHouseBook(market.house);
    run(cursorMs, (context) => matchResting(context, market));
  }

  return {
    venue,
    state,
    clock,
    listed,
    feesOf: options.feesOf,
    viewOf: (account) => accountView(accountOf(state, account), (id) => state.orders.get(id), clock.wallMs()),
    fundingOf: (market) => listed.get(market.instrument.id)?.funding ?? null,
    markPrice: markPriceOf,
    indexPrice: (market) => indexPriceOf(state, market),
    force(outcome, request) {
      forced = outcome;
      try {
        const result = request();
        const { strike: step } = outcome;
        if (step !== undefined) run(advance(), (context) => strike(context, step));
        return result;
      } finally {
        forced = {};
      }
    },
    advance,
    restore(transactions) {
      for (const transaction of transactions) applyTransaction(state, transaction);
      cursorMs = Math.max(cursorMs, state.lastEventAtMs ?? cursorMs);
      for (const market of state.markets.values()) followTape(market, cursorMs);
    },
    openAccount(account, balances) {
      run(advance(), (context) => context.emit({ kind: 'account_opened', account, balances }));
    },
    place(account, request) {
      const atMs = advance();
      const market = marketOf(state, request.instrument);
      const refusal = refusalOf(state, accountOf(state, account), market, request);
      if (refusal !== null) return { kind: 'refused', refusal };
      if (forced.refuse !== undefined) return { kind: 'refused', refusal: { reason: forced.refuse, detail: '' } };
      const killed = killReason(market, request);
      const rule = killed === 'post_only_would_take' ? options.rules.postOnlyKill : options.rules.fillOrKill;
      if (killed !== null && rule === 'refused') return { kind: 'refused', refusal: { reason: killed, detail: '' } };
      return run(atMs, (context) => {
        const id = context.nextOrderId();
        context.emit({ kind: 'order_opened', order: openedOrder(id, account, request) });
        const order = orderOf(state, id);
        hide(order);
        context.fillLimit = fillLimit(order);
        if (killed !== null) finish(context, order, 'cancelled', killed);
        else matchIncoming(context, order);
        const rests = request.timeInForce === 'gtc' || request.timeInForce === 'post_only';
        if (order.status === 'open' && (!rests || request.type === 'market')) finish(context, order, 'expired', 'ioc');
        return { kind: 'placed', order };
      });
    },
    cancel(account, orderId, reason = 'user') {
      const atMs = advance();
      const order = state.orders.get(orderId);
      if (order === undefined || order.account !== account || order.status !== 'open') return null;
      run(atMs, (context) => finish(context, order, 'cancelled', reason));
      return order;
    },
    setLeverage(account, instrument, leverage) {
      run(advance(), (context) => context.emit({ kind: 'leverage_set', account, instrument, leverage }));
    },
    adjustBalance(account, currency, amount) {
      run(advance(), (context) =>
        context.emit({ kind: 'balance_adjusted', account, currency, amount: toText(amount) }),
      );
    },
    setLevels(instrument, centre, bids, asks) {
      run(advance(), (context) => {
        context.emit({ kind: 'levels_set', instrument, centre: toText(centre), bids, asks });
        matchResting(context, marketOf(state, instrument));
      });
    },
    setMarks(instrument, { mark, index }) {
      run(advance(), (context) =>
        context.emit({
          kind: 'marks_set',
          instrument,
          ...(mark === undefined ? {} : { mark: mark === null ? null : toText(mark) }),
          ...(index === undefined ? {} : { index: index === null ? null : toText(index) }),
        }),
      );
    },
    setFundingInterval(instrument, hours) {
      run(advance(), (context) => context.emit({ kind: 'funding_interval_set', instrument, hours }));
    },
    deleverage(account, instrument, quantity) {
      return run(advance(), (context) =>
        deleverage(context, accountOf(state, account), marketOf(state, instrument), quantity),
      );
    },
    liquidate(account, instrument) {
      return run(advance(), (context) =>
        forceLiquidation(context, accountOf(state, account), marketOf(state, instrument)),
      );
    },
    feed(instrument, change) {
      run(advance(), (context) => {
        const market = marketOf(state, instrument);
        change(market);
        context.marksMoved = true;
        matchResting(context, market);
      });
    },
    setLending(currency, isLent) {
      run(advance(), (context) => context.emit({ kind: 'lending_set', currency, isLent }));
    },
    stopTape() {
      if (!state.tapeStopped) run(advance(), (context) => context.emit({ kind: 'tape_stopped' }));
    },
    onTransaction: (listener) => listeners.push(listener),
  };
}

function earliest(times: readonly (number | null)[]): number | null {
  let first: number | null = null;
  for (const time of times) if (time !== null && (first === null || time < first)) first = time;
  return first;
}

function openedOrder(id: string, account: string, request: OrderRequest): OpenedOrder {
  return {
    id,
    clientOrderId: request.clientOrderId,
    account,
    instrument: request.instrument,
    side: request.side,
    type: request.type,
    timeInForce: request.type === 'market' ? 'ioc' : request.timeInForce,
    price: request.price === null ? null : toText(request.price),
    quantity: toText(request.quantity),
    quantityUnit: request.quantityUnit,
    reduceOnly: request.reduceOnly,
    ...(request.feeIn === undefined ? {} : { feeIn: request.feeIn }),
    ...(request.borrow === true ? { borrow: true } : {}),
  };
}
