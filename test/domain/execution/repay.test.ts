/** Paying a loan back: what is bought covers the debt, its interest, the hour that runs and the fee in the coin. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { runningHour } from '../../../src/domain/margin/borrow.ts';
import { decimal, toText, zero } from '../../../src/domain/decimal.ts';
import { decideFlat } from '../../../src/domain/execution/decide.ts';
import type { OrderObservation } from '../../../src/domain/execution/observation.ts';
import type { LegName, OrderPurpose, OrderSide } from '../../../src/domain/order.ts';
import type { PositionPlan } from '../../../src/domain/position.ts';
import { bybitSpot, examplePlan } from '../../support/plans.ts';

const borrow = { hourlyRate: '0.000006', collateralRate: '0.2' };
const plan = examplePlan({ borrow });

function order(leg: LegName, side: OrderSide, purpose: OrderPurpose, filledBase: string, fee = '0'): OrderObservation {
  const { account, instrument } = plan[leg];
  const signed = side === 'buy' ? decimal(filledBase) : zero.minus(decimal(filledBase));
  return {
    order: {
      clientOrderId: `${leg}-${purpose}-${filledBase}`,
      positionKey: plan.key,
      leg,
      account,
      venue: instrument.venue,
      symbol: instrument.symbol,
      side,
      purpose,
      step: 1,
      attempt: 1,
      quantityBase: filledBase,
      limitPrice: '1',
      timeInForce: 'ioc',
      reduceOnly: false,
    },
    resolution: {
      kind: 'done',
      filledBase,
      receivedBase: toText(signed.minus(decimal(fee))),
      averagePrice: '1',
      feesQuote: '0',
      firstFillAtMs: 0,
    },
  };
}

const opened = [order('spot', 'sell', 'open', '10000'), order('perp', 'buy', 'open', '10000')];

function bought(of: PositionPlan, observations: readonly OrderObservation[], interestBase?: string): string[] {
  const decision = decideFlat(of, observations, 'close', false, undefined, interestBase);
  return decision.kind === 'send'
    ? decision.moves.map(({ leg, side, quantityBase }) => `${leg} ${side} ${quantityBase}`)
    : [];
}

describe('a short of 10,000 on a loan', () => {
  test('buys what it sold, the hour that runs, and the fee that the venue takes out of it', () => {
    // (10,000 + 0.06) / (1 − 0.00005) = 10,000.5600280…, up to the lot of 0.01
    assert.deepEqual(bought(plan, opened), ['spot buy 10000.57', 'perp sell 10000']);
  });

  test('buys the interest that was charged as well', () => {
    // (10,000 + 0.12000036 + 0.06) / (1 − 0.00005) = 10,000.6800343…
    assert.deepEqual(bought(plan, opened, '0.12000036'), ['spot buy 10000.69', 'perp sell 10000']);
  });

  test('rounds up where the fee is in the quote coin, too', () => {
    const inQuote = { ...plan, spot: { ...plan.spot, instrument: { ...bybitSpot, feeCurrency: 'quote' as const } } };
    // 10,000.18000036 up to 0.01
    assert.deepEqual(bought(inQuote, opened, '0.12000036'), ['spot buy 10000.19', 'perp sell 10000']);
  });

  test('buys the smallest order for a rest that is under it, where an inventory would be left with dust', () => {
    const closing = [order('spot', 'buy', 'close', '10000', '0.5'), order('perp', 'sell', 'close', '10000')];
    // 10,000.18000036 − 9,999.5 are missing; the least is 1 / 0.99965 USDT, up to the lot
    assert.deepEqual(bought(plan, [...opened, ...closing], '0.12000036'), ['spot buy 1.01']);
    assert.equal(decideFlat(examplePlan(), [...opened, ...closing], 'close').kind, 'flat');
  });

  test('is flat once the debt is covered, and again not when more was charged meanwhile', () => {
    const closing = [order('spot', 'buy', 'close', '10000.57', '0.5000285'), order('perp', 'sell', 'close', '10000')];
    assert.equal(decideFlat(plan, [...opened, ...closing], 'close').kind, 'flat');
    assert.equal(decideFlat(plan, [...opened, ...closing], 'close', false, undefined, '0.06').kind, 'send');
  });

  test('that never sold anything owes nothing', () => {
    assert.equal(decideFlat(plan, [], 'unwind').kind, 'flat');
  });
});

test('whatever was sold and charged, the purchase covers it, by less than a lot or the smallest order too much', () => {
  const world = fc.record({
    cents: fc.integer({ min: 100, max: 10_000_000 }),
    charged: fc.integer({ min: 0, max: 100_000_000 }),
    feeBps: fc.integer({ min: 0, max: 60 }),
  });
  fc.assert(
    fc.property(world, ({ cents, charged, feeBps }) => {
      const quantity = toText(decimal(`${cents}e-2`));
      const interest = toText(decimal(`${charged}e-8`));
      const of = { ...plan, spot: { ...plan.spot, takerFeeBps: String(feeBps) } };
      const decision = decideFlat(of, [order('spot', 'sell', 'open', quantity)], 'unwind', false, undefined, interest);
      assert.ok(decision.kind === 'send');
      const [move] = decision.moves;
      const received = decimal(move?.quantityBase ?? '0').times(decimal('1').minus(decimal(`${feeBps}e-4`)));
      const owed = decimal(quantity)
        .plus(decimal(interest))
        .plus(runningHour(decimal(quantity), borrow));
      assert.ok(received.gte(owed), `${received.toFixed()} does not cover ${owed.toFixed()}`);
      assert.ok(received.minus(owed).lt(decimal('0.01')) || move?.quantityBase === '1.01', received.toFixed());
    }),
  );
});
