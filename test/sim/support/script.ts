/** Random scripts of everything that can happen at an exchange with several accounts, and the run of one on a core. */
import * as fc from 'fast-check';
import type { Decimal } from '../../../src/domain/decimal.ts';
import { decimal, divide, floorToStep, maximum, minimum, zero } from '../../../src/domain/decimal.ts';
import type { OrderSide } from '../../../src/domain/order.ts';
import type { TimeInForce } from '../../../src/sim/exchange/events.ts';
import { balanceOf } from '../../../src/sim/exchange/funds.ts';
import type { SimInstrument } from '../../../src/sim/exchange/instruments.ts';
import { accountOf } from '../../../src/sim/exchange/state.ts';
import type { VenueRules } from '../../../src/sim/exchange/rules.ts';
import type { Core } from './core.ts';
import { orderRequest, startCore } from './core.ts';

export const accounts = ['a', 'b', 'c'] as const;
export type ScriptVenue = 'bybit' | 'binanceusdm';

interface PlaceStep {
  readonly kind: 'place';
  readonly account: string;
  readonly isSpot: boolean;
  readonly side: OrderSide;
  /** Distance of the limit from the centre, in ten-thousandths. */
  readonly offset: number;
  readonly cents: number;
  readonly timeInForce: TimeInForce;
  readonly isMarket: boolean;
  readonly reduceOnly: boolean;
  readonly borrow: boolean;
  readonly clientOrderId: string;
}

export type Operation =
  | PlaceStep
  /** One of all open orders: those of others are not its own to cancel. */
  | { readonly kind: 'cancel'; readonly account: string; readonly nth: number }
  | { readonly kind: 'pass'; readonly minutes: number }
  /** Of what there is, when it goes out. */
  | { readonly kind: 'transfer'; readonly account: string; readonly currency: string; readonly cents: number }
  /** A new centre, in ten-thousandths from 1: with the model's depth, or with one level of `depth` on each side. */
  | { readonly kind: 'price'; readonly isSpot: boolean; readonly offset: number; readonly depth: number | null }
  | { readonly kind: 'mark'; readonly offset: number | null }
  | { readonly kind: 'leverage'; readonly account: string; readonly leverage: number }
  | { readonly kind: 'deleverage'; readonly account: string; readonly units: number | null }
  | { readonly kind: 'liquidate'; readonly account: string };

const account = fc.constantFrom(...accounts);
/** Mostly small steps, now and then one that takes a leveraged position. */
const move = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -60, max: 60 }) },
  { weight: 1, arbitrary: fc.integer({ min: -2500, max: 2500 }) },
);

const place = fc.record({
  kind: fc.constant('place' as const),
  account,
  isSpot: fc.boolean(),
  side: fc.constantFrom('buy' as const, 'sell' as const),
  offset: fc.integer({ min: -20, max: 20 }),
  cents: fc.oneof(fc.integer({ min: 100, max: 300_000 }), fc.integer({ min: 300_000, max: 6_000_000 })),
  timeInForce: fc.constantFrom<TimeInForce>('gtc', 'gtc', 'ioc', 'fok', 'post_only'),
  isMarket: fc.boolean(),
  reduceOnly: fc.boolean(),
  borrow: fc.boolean(),
  clientOrderId: fc.constantFrom('', '', '', '', 'x', 'y'),
});

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 24, arbitrary: place },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('cancel' as const), account, nth: fc.nat(100) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.nat(300) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('transfer' as const),
      account,
      currency: fc.constantFrom('USDT', 'USDT', 'USDC'),
      cents: fc.integer({ min: -300_000, max: 300_000 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('price' as const),
      isSpot: fc.boolean(),
      offset: move,
      depth: fc.option(fc.nat(5000)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('mark' as const), offset: fc.option(move) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('leverage' as const),
      account,
      leverage: fc.integer({ min: 5, max: 50 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('deleverage' as const), account, units: fc.option(fc.nat(2000)) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('liquidate' as const), account }) },
);

export interface Script {
  readonly operations: readonly Operation[];
  readonly closes: readonly string[];
}

export function scriptOf(minLength: number, maxLength: number): fc.Arbitrary<Script> {
  return fc.record({
    operations: fc.array(operation, { minLength, maxLength, size: 'max' }),
    closes: fc.array(fc.integer({ min: -15, max: 15 }).map(priceAt), { minLength: 1, maxLength: 40 }),
  });
}

export const openingBalances = { USDT: '5000', USDC: '5000' } as const;

/** @param check called after every so many operations, and at the end */
export function runScript(
  { operations, closes }: Script,
  venue: ScriptVenue,
  every = Infinity,
  check: (core: Core) => void = () => undefined,
  rules: Partial<VenueRules> = {},
): Core {
  const core = startCore({ venue, rules, closes, accounts, balances: openingBalances, fundingRate: '0.00037' });
  for (const [index, step] of operations.entries()) {
    apply(core, step);
    if ((index + 1) % every === 0) check(core);
  }
  check(core);
  return core;
}

function apply(core: Core, step: Operation): void {
  const { exchange } = core;
  switch (step.kind) {
    case 'place':
      submit(core, step);
      return;
    case 'pass':
      core.clock.pass(step.minutes * 60_000);
      exchange.advance();
      return;
    case 'cancel': {
      const open = [...exchange.state.accounts.values()].flatMap((holder) => [...holder.openOrders]);
      const order = open[step.nth % Math.max(1, open.length)];
      if (order !== undefined) exchange.cancel(step.account, order.id);
      return;
    }
    case 'transfer': {
      const there = maximum(zero, balanceOf(accountOf(exchange.state, step.account), step.currency));
      exchange.adjustBalance(step.account, step.currency, maximum(hundredths(step.cents), there.neg()));
      return;
    }
    case 'price': {
      const { id } = instrumentOf(core, step.isSpot);
      const sides = step.depth === null ? null : [step.offset - 3, step.offset + 3].map(priceAt);
      const level = (price: string | undefined): [string, string][] => [[price ?? '1', String((step.depth ?? 0) + 1)]];
      const [bids, asks] = sides === null ? [null, null] : [level(sides[0]), level(sides[1])];
      exchange.setLevels(id, decimal(priceAt(step.offset)), bids, asks);
      return;
    }
    case 'mark':
      exchange.setMarks(perpetualOf(core).id, { mark: step.offset === null ? null : decimal(priceAt(step.offset)) });
      return;
    case 'leverage':
      exchange.setLeverage(step.account, perpetualOf(core).id, step.leverage);
      return;
    case 'deleverage':
      exchange.deleverage(
        step.account,
        perpetualOf(core).id,
        step.units === null ? null : decimal(String(step.units + 1)),
      );
      return;
    case 'liquidate':
      exchange.liquidate(step.account, perpetualOf(core).id);
  }
}

function submit({ exchange, ...core }: Core, step: PlaceStep): void {
  const instrument = instrumentOf({ exchange, ...core }, step.isSpot);
  const isSpot = instrument.kind === 'spot';
  const centre = exchange.state.markets.get(instrument.id)?.house.centre ?? decimal('1');
  const offset = divide(decimal(String(step.offset)), decimal('10000'), 4);
  const quantity = floorToStep(hundredths(step.cents), instrument.quantityStep);
  exchange.place(
    step.account,
    orderRequest({
      instrument: instrument.id,
      side: step.side,
      type: step.isMarket ? 'market' : 'limit',
      timeInForce: step.timeInForce,
      price: step.isMarket ? null : floorToStep(centre.plus(offset), instrument.priceTick),
      quantity: isSpot ? quantity : minimum(quantity, instrument.maximumQuantity),
      quantityUnit: isSpot && step.isMarket && step.side === 'buy' ? 'quote' : 'base',
      reduceOnly: !isSpot && step.reduceOnly,
      clientOrderId: step.clientOrderId,
      ...(isSpot && step.borrow ? { borrow: true } : {}),
    }),
  );
}

export function perpetualOf(core: Core): SimInstrument {
  return instrumentOf(core, false);
}

/** The perpetual where there is no spot market. */
function instrumentOf({ exchange }: Core, isSpot: boolean): SimInstrument {
  const all = [...exchange.state.markets.values()].map((market) => market.instrument);
  const found = all.find(({ kind }) => (kind === 'spot') === isSpot) ?? all[0];
  if (found === undefined) throw new Error('nothing is listed');
  return found;
}

function hundredths(cents: number): Decimal {
  return divide(decimal(String(cents)), decimal('100'), 2);
}

/** Ten-thousandths from 1. */
function priceAt(offset: number): string {
  return (1 + offset / 10_000).toFixed(4);
}
