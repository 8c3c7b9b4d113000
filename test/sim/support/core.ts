/** An exchange in this process: a clock that the test moves, a journal in memory, prices that the test sets. */
import type { Decimal } from '../../../src/domain/decimal.ts';
import { decimal } from '../../../src/domain/decimal.ts';
import type { DepthModel } from '../../../src/sim/exchange/book.ts';
import type { Exchange, SimClock } from '../../../src/sim/exchange/exchange.ts';
import { createExchange } from '../../../src/sim/exchange/exchange.ts';
import { constantFunding } from '../../../src/sim/exchange/funding.ts';
import type { SimInstrument } from '../../../src/sim/exchange/instruments.ts';
import { memoryJournal } from '../../../src/sim/journal/journal.ts';
import type { RefusalReason } from '../../../src/sim/exchange/placement.ts';
import { countedIds } from '../../../src/sim/protocols/profile.ts';
import { profileOf } from '../../../src/sim/protocols/registry.ts';
import type { VenueRules } from '../../../src/sim/exchange/rules.ts';
import type { SimOrder } from '../../../src/sim/exchange/state.ts';
import type { TapeBar } from '../../../src/sim/feed/tape.ts';
import type { OrderRequest } from '../../../src/sim/exchange/order-request.ts';

export const startMs = Date.UTC(2025, 9, 9, 1);
export const hourMs = 3_600_000;

export interface ManualClock extends SimClock {
  /** Moves both clocks. */
  pass(milliseconds: number): void;
}

export function manualClock(): ManualClock {
  let passedMs = 0;
  return {
    marketMs: () => startMs + passedMs,
    wallMs: () => 1_000_000 + passedMs,
    pass(milliseconds) {
      passedMs += milliseconds;
    },
  };
}

/** Hourly closes; the first is known at `startMs`, each next an hour later. */
export function barsOf(closes: readonly string[]): TapeBar[] {
  return closes.map((close, index) => ({
    openAtMs: startMs + (index - 1) * hourMs,
    closeAtMs: startMs + index * hourMs,
    open: decimal(close),
    high: decimal(close),
    low: decimal(close),
    close: decimal(close),
    volume: decimal('1000'),
  }));
}

export const testModel: DepthModel = {
  spreadTicks: decimal('1'),
  levels: 3,
  levelQuantity: decimal('1000'),
  levelTicks: decimal('1'),
  refillMs: 60_000,
};

export interface CoreOptions {
  readonly venue: string;
  /** Unified symbols; those that the venue lists by default otherwise. */
  readonly symbols?: readonly string[];
  readonly rules?: Partial<VenueRules>;
  readonly closes: readonly string[];
  readonly balances?: Readonly<Record<string, string>>;
  readonly accounts?: readonly string[];
  readonly fundingRate?: string;
  readonly clock?: ManualClock;
}

export interface Core {
  readonly exchange: Exchange;
  readonly clock: ManualClock;
  readonly lines: readonly string[];
  /** The order, of account `a`. Fails the test when it is refused. */
  place(request: Partial<OrderRequest>): SimOrder;
  refusal(request: Partial<OrderRequest>): RefusalReason | null;
}

export const takerBps: Decimal = decimal('10');
export const makerBps: Decimal = decimal('2');

/** What a venue lists by default, or the named symbols. */
export function listedInstruments(venue: string, symbols?: readonly string[]): readonly SimInstrument[] {
  const instruments = profileOf(venue)?.instruments ?? [];
  return instruments.filter(({ symbol, listedByDefault }) => symbols?.includes(symbol) ?? listedByDefault);
}

export function startCore(options: CoreOptions): Core {
  const clock = options.clock ?? manualClock();
  const journal = memoryJournal();
  const rate = decimal(options.fundingRate ?? '0.0001');
  const profile = profileOf(options.venue);
  if (profile === null) throw new Error(`no venue ${options.venue}`);
  const exchange = createExchange({
    venue: options.venue,
    clock,
    startMs,
    orderId: countedIds(1_000_000n),
    tradeId: countedIds(100_000n),
    rules: { ...profile.rules, ...options.rules },
    listed: listedInstruments(options.venue, options.symbols).map((instrument) => ({
      instrument,
      model: testModel,
      bars: barsOf(options.closes),
      funding: instrument.kind === 'perpetual' ? constantFunding(rate, 8) : null,
    })),
    feesOf: () => ({ takerBps, makerBps }),
    append: (transaction) => journal.append(transaction),
  });
  for (const account of options.accounts ?? ['a']) {
    exchange.openAccount(account, options.balances ?? { USDT: '100000', USDC: '100000' });
  }
  const submit = (request: Partial<OrderRequest>): ReturnType<Exchange['place']> =>
    exchange.place('a', orderRequest(request));
  return {
    exchange,
    clock,
    lines: journal.lines,
    place(request) {
      const result = submit(request);
      if (result.kind === 'refused') throw new Error(`refused: ${result.refusal.reason}`);
      return result.order;
    },
    refusal(request) {
      const result = submit(request);
      return result.kind === 'refused' ? result.refusal.reason : null;
    },
  };
}

/** A limit buy of 100 at 1, good till cancelled, unless said otherwise. */
export function orderRequest(request: Partial<OrderRequest>): OrderRequest {
  const price = request.type === 'market' ? null : decimal('1');
  return {
    instrument: 'USDCUSDT',
    clientOrderId: '',
    side: 'buy',
    type: 'limit',
    timeInForce: 'gtc',
    price,
    quantity: decimal('100'),
    quantityUnit: 'base',
    reduceOnly: false,
    ...request,
  };
}
