/** Random scripts of operations by several accounts, and the run of one on a core. */
import * as fc from 'fast-check';
import { decimal, divide } from '../../../src/domain/decimal.ts';
import type { TimeInForce } from '../../../src/sim/events.ts';
import type { Core, CoreOptions } from './core.ts';
import { orderRequest, startCore } from './core.ts';

export const accounts = ['a', 'b', 'c'] as const;

export type Operation =
  | {
      readonly kind: 'place';
      readonly account: string;
      readonly side: 'buy' | 'sell';
      /** Distance of the limit from 1, in ten-thousandths. */
      readonly offset: number;
      readonly cents: number;
      readonly timeInForce: TimeInForce;
      readonly market: boolean;
      readonly reduceOnly: boolean;
      readonly clientOrderId: string;
    }
  | { readonly kind: 'cancel'; readonly account: string; readonly nth: number }
  | { readonly kind: 'pass'; readonly minutes: number };

const account = fc.constantFrom(...accounts);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('place' as const),
      account,
      side: fc.constantFrom('buy' as const, 'sell' as const),
      offset: fc.integer({ min: -20, max: 20 }),
      cents: fc.integer({ min: 100, max: 300_000 }),
      timeInForce: fc.constantFrom<TimeInForce>('gtc', 'gtc', 'ioc', 'fok', 'post_only'),
      market: fc.boolean(),
      reduceOnly: fc.boolean(),
      clientOrderId: fc.constantFrom('', 'x', 'y'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), account, nth: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.nat(300) }) },
);

export interface Script {
  readonly operations: readonly Operation[];
  readonly closes: readonly string[];
}

export const script: fc.Arbitrary<Script> = fc.record({
  operations: fc.array(operation, { minLength: 1, maxLength: 60 }),
  closes: fc.array(
    fc.integer({ min: -15, max: 15 }).map((offset) => (1 + offset / 10_000).toFixed(4)),
    { minLength: 1, maxLength: 40 },
  ),
});

export const openingBalances = { USDT: '5000', USDC: '5000' } as const;

export function runScript({ operations, closes }: Script, venue: CoreOptions['venue']): Core {
  const core = startCore({ venue, closes, accounts, balances: openingBalances, fundingRate: '0.00037' });
  for (const step of operations) apply(core, step, venue);
  return core;
}

function apply(core: Core, step: Operation, venue: CoreOptions['venue']): void {
  switch (step.kind) {
    case 'pass':
      core.clock.pass(step.minutes * 60_000);
      core.exchange.advance();
      return;
    case 'cancel': {
      const order = [...core.exchange.state.orders.values()][step.nth];
      if (order !== undefined) core.exchange.cancel(step.account, order.id);
      return;
    }
    case 'place': {
      const cents = decimal(String(step.cents));
      core.exchange.place(
        step.account,
        orderRequest({
          side: step.side,
          type: step.market ? 'market' : 'limit',
          timeInForce: step.timeInForce,
          price: step.market ? null : decimal((1 + step.offset / 10_000).toFixed(4)),
          quantity: divide(cents, decimal('100'), venue === 'bybit' ? 2 : 0, 'up'),
          quantityUnit: venue === 'bybit' && step.market && step.side === 'buy' ? 'quote' : 'base',
          reduceOnly: venue === 'binanceusdm' && step.reduceOnly,
          clientOrderId: step.clientOrderId,
        }),
      );
    }
  }
}
