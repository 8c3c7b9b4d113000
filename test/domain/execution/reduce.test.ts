/** Both legs come down together, are equal afterwards, and go to zero where that cannot be. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decimal, toText, zero, type Decimal } from '../../../src/domain/decimal.ts';
import { decideFlat, decideOpening } from '../../../src/domain/execution/decide.ts';
import { builtLegs } from '../../../src/domain/execution/legs.ts';
import { project, type OrderObservation } from '../../../src/domain/execution/observation.ts';
import { decideReduction, reductionTo, type ReduceDecision } from '../../../src/domain/execution/reduce.ts';
import type { PositionPlan } from '../../../src/domain/position.ts';
import { examplePlan } from '../../support/plans.ts';
import { answer, answerOf, fillOf, movesOf, observe, resolutionOf, type Answer } from './answering.ts';

const plan = examplePlan();
const borrow = { hourlyRate: '0.000006', collateralRate: '0.2' };

/** 10,000 on each leg, less the fee in the coin on a spot leg that was bought a little larger for it. */
function opened(one: PositionPlan): OrderObservation[] {
  return movesOf(decideOpening(one, [], 0, null)).map((move) =>
    observe(one, move, fillOf(one, move, move.quantityBase)),
  );
}

/** Every order of the decision, filled for so much. */
function filled(one: PositionPlan, decision: ReduceDecision, spot: string, perp: string): OrderObservation[] {
  return movesOf(decision).map((move) => observe(one, move, fillOf(one, move, move.leg === 'spot' ? spot : perp)));
}

describe('a reduction', () => {
  const orders = opened(plan);
  const reduction = reductionTo(plan, orders, '0.4567');

  test('keeps the share of what is on, rounded down to the coarser lot', () => {
    assert.deepEqual(reduction, { targetBase: '4567', afterStep: 1 });
    assert.equal(reductionTo(plan, orders, '0.45678').targetBase, '4567');
  });

  test('sends both legs at once, reduce-only on the perpetual, with the fee of the purchase on top', () => {
    // 10,000 − 4,567 = 5,433; bought back 5,433 / (1 − 0.00005) = 5,433.27…, rounded up to 0.01.
    const moves = movesOf(decideReduction(plan, orders, reduction));
    assert.deepEqual(
      moves.map(({ leg, side, purpose, quantityBase, reduceOnly, slippageBps, step }) => [
        leg,
        side,
        purpose,
        quantityBase,
        reduceOnly,
        slippageBps,
        step,
      ]),
      [
        ['spot', 'buy', 'reduce', '5433.28', false, '5', 2],
        ['perp', 'sell', 'reduce', '5433', true, '5', 2],
      ],
    );
  });

  test('is over when both legs hold what is to remain', () => {
    const done = [...orders, ...filled(plan, decideReduction(plan, orders, reduction), '5433.28', '5433')];
    // 5,433.28 · 0.99995 = 5,433.008336 came back.
    assert.deepEqual(decideReduction(plan, done, reduction), {
      kind: 'hedged',
      spotBase: '4566.991664',
      perpBase: '4567',
    });
  });

  test('goes on with the leg that lags, wider each time, and nothing while an order is unresolved', () => {
    const half = [...orders, ...filled(plan, decideReduction(plan, orders, reduction), '5433.28', '2000')];
    const [move, ...rest] = movesOf(decideReduction(plan, half, reduction));
    assert.deepEqual(rest, []);
    // Down to the 4,566.991664 of the other leg: 8,000 less that, rounded down to the lot of 1.
    assert.deepEqual([move?.leg, move?.quantityBase, move?.slippageBps, move?.step], ['perp', '3433', '10', 3]);
    assert.ok(move);
    const lost = [...half, observe(plan, move, { kind: 'unresolved' })];
    assert.deepEqual(decideReduction(plan, lost, reduction), { kind: 'resolve', clientOrderIds: ['perp-3'] });
  });

  test('a second one begins with its first slippage again', () => {
    const done = [...orders, ...filled(plan, decideReduction(plan, orders, reduction), '5433.28', '5433')];
    const again = reductionTo(plan, done, '0.5');
    assert.deepEqual(again, { targetBase: '2283', afterStep: 2 });
    assert.deepEqual(
      movesOf(decideReduction(plan, done, again)).map(({ slippageBps }) => slippageBps),
      ['5', '5'],
    );
  });

  test('of what would leave too little closes whole', () => {
    // The perpetual takes no order under 5 USDT.
    for (const share of ['0.0005', '0']) {
      const small = reductionTo(plan, orders, share);
      assert.equal(decideReduction(plan, orders, small).kind, 'whole', share);
    }
  });

  test('that finds no liquidity, or is refused without end, closes whole', () => {
    const none = (): Answer => ({ kind: 'fill', share: 0 });
    assert.deepEqual(reduce(plan, '0.5', none).end, { kind: 'whole', reason: 'no liquidity within 20 bps' });
    const refused = (): Answer => ({ kind: 'refuse', share: 0 });
    assert.deepEqual(reduce(plan, '0.5', refused).end, {
      kind: 'whole',
      reason: '5 orders were not executed: refused',
    });
  });

  test('in which the venue takes something off a leg closes whole', () => {
    const [, perp] = orders;
    assert.ok(perp);
    const order = { ...perp.order, purpose: 'venue', side: 'sell', clientOrderId: 'venue-1', step: 2 } as const;
    const struck = [...orders, { order, resolution: fillOf(plan, { leg: 'perp', side: 'sell' }, '3000') }];
    assert.equal(decideReduction(plan, struck, reduction).kind, 'whole');
  });
});

describe('a reduction of a short on a loan', () => {
  const lent = examplePlan({ borrow });
  const orders = opened(lent);
  const reduction = reductionTo(lent, orders, '0.4');
  const reduced = [...orders, ...filled(lent, decideReduction(lent, orders, reduction), '6000.31', '6000')];

  test('pays its share of it back, and no interest: that is owed until the end', () => {
    const moves = movesOf(decideReduction(lent, orders, reduction));
    // 6,000 / (1 − 0.00005) = 6,000.30001…, up to the lot of 0.01.
    assert.deepEqual(
      moves.map(({ leg, side, quantityBase, reduceOnly }) => [leg, side, quantityBase, reduceOnly]),
      [
        ['spot', 'buy', '6000.31', false],
        ['perp', 'sell', '6000', true],
      ],
    );
    // 10,000 − 6,000.31 · 0.99995 = 3,999.9900155 are owed, beside the interest.
    assert.deepEqual(decideReduction(lent, reduced, reduction), {
      kind: 'hedged',
      spotBase: '3999.9900155',
      perpBase: '4000',
    });
  });

  test('buys no smallest order for a rest that is under it: that would only make the legs unequal', () => {
    // 0.49999 more than the target is still owed, for which the least order would be 1.01.
    const almost = [...orders, ...filled(lent, decideReduction(lent, orders, reduction), '5999.8', '6000')];
    assert.equal(decideReduction(lent, almost, reduction).kind, 'hedged');
  });

  test('leaves the close to buy what is owed, all of the interest, and the hour that runs', () => {
    // (3,999.9900155 + 0.12 + 0.06 of the running hour of all that was sold) / (1 − 0.00005) = 4,000.370…, up to 0.01.
    const decision = decideFlat(lent, reduced, 'close', false, undefined, '0.12');
    assert.deepEqual(
      decision.kind === 'send' && decision.moves.map(({ leg, side, quantityBase }) => [leg, side, quantityBase]),
      [
        ['spot', 'buy', '4000.38'],
        ['perp', 'sell', '4000'],
      ],
    );
  });
});

test('what was taken off is realised against the opening prices, and the size at open is remembered', () => {
  const orders = opened(plan).map((one) => priced(one, one.order.leg === 'spot' ? '1.0000' : '0.9990'));
  const reduction = reductionTo(plan, orders, '0.4');
  const reducing = filled(plan, decideReduction(plan, orders, reduction), '6000.31', '6000');
  const done = [...orders, ...reducing.map((one) => priced(one, one.order.leg === 'spot' ? '1.2000' : '1.1980'))];
  const legs = builtLegs(plan.direction, done);
  assert.deepEqual([legs?.spotOpenPrice, legs?.perpOpenPrice, legs?.perpBase], ['1', '0.999', '4000']);
  assert.equal(legs?.reduction?.openedSpotBase, '10000');
  // Spot: 6,000.31 · 0.99995 = 6,000.0099845 came back, at 0.2 more: −1,200.0019969. Perpetual: 6,000 · 0.199 = 1,194.
  assert.equal(legs?.reduction?.realisedUsd, '-6.0019969');
  assert.equal(builtLegs(plan.direction, orders)?.reduction, undefined);
});

test('what an opening filled too much of and took back is realised too, and is no reduction of what was opened', () => {
  const long = examplePlan({ direction: 'long_spot_short_perp' });
  const prices = { spot: '1.0002', perp: '1.0012' };
  const orders = movesOf(decideOpening(long, [], 0, null)).map((move) =>
    priced(observe(long, move, fillOf(long, move, move.leg === 'spot' ? '10000' : '4000')), prices[move.leg]),
  );
  const bought = movesOf(decideOpening(long, [], 0, null)).find(({ leg }) => leg === 'spot');
  assert.ok(bought);
  const sale = { ...bought, side: 'sell', purpose: 'trim', step: 2, quantityBase: '6000' } as const;
  const trimmed = [...orders, priced(observe(long, sale, fillOf(long, sale, '6000')), '0.9995')];
  const legs = builtLegs(long.direction, trimmed);
  // 6,000 bought at 1.0002 and sold at 0.9995: 10.5 bps of the 4,000 that are held, and gone.
  assert.deepEqual([legs?.spotOpenPrice, legs?.trimmedUsd, legs?.reduction], ['1.0002', '-4.2', undefined]);
  assert.equal(builtLegs(long.direction, orders)?.trimmedUsd, undefined);

  const reducing = filled(long, decideReduction(long, trimmed, reductionTo(long, trimmed, '0.5')), '2000', '2000');
  const reduced = builtLegs(long.direction, [...trimmed, ...reducing.map((one) => priced(one, prices[one.order.leg]))]);
  assert.deepEqual([reduced?.trimmedUsd, reduced?.reduction?.realisedUsd], ['-4.2', '0'], 'at the opening prices');
  // 10,000 less the fee of half a basis point in the coin, less the 6,000.
  assert.equal(reduced?.reduction?.openedSpotBase, '3999.5', 'what was hedged, not what was bought first');
});

describe('whatever the venues answer', () => {
  test('no leg grows or turns round, no id comes twice, and it ends equal and smaller, or whole and then flat', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        fc.constantFrom<Partial<PositionPlan>>(
          { direction: 'long_spot_short_perp' },
          { direction: 'short_spot_long_perp' },
          { direction: 'short_spot_long_perp', borrow },
        ),
        fc.array(fc.integer({ min: 1, max: 9_999 }), { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(answer),
        (change, shares, stream) => {
          const one = examplePlan(change);
          const { direction } = one;
          let orders = opened(one);
          const next = answersOf(stream);
          let isWhole = false;
          for (const share of shares) {
            const before = project(direction, orders);
            const result = reduce(one, toText(decimal(`${share}e-4`)), next, orders);
            orders = result.orders;
            const after = project(direction, orders);
            for (const leg of ['spot', 'perp'] as const) {
              assert.ok(after[leg].heldBase.lte(before[leg].heldBase), `${leg} grew`);
              assert.ok(after[leg].heldBase.gte(zero), `${leg} turned round`);
            }
            seen.add(result.end.kind);
            isWhole = result.end.kind === 'whole';
            if (isWhole) break;
            const difference = after.spot.heldBase.minus(after.perp.heldBase).abs();
            assert.ok(difference.lte(decimal('1')), `unequal by ${toText(difference)}`);
            // What is left over the target is less than the venues take an order for.
            const most = decimal(result.targetBase).plus(decimal('6.1'));
            assert.ok(maximumOf(after.spot.heldBase, after.perp.heldBase).lte(most));
          }
          const ids = orders.map(({ order }) => `${order.leg}/${order.purpose}/${order.step}/${order.attempt}`);
          assert.equal(new Set(ids).size, ids.length);
          for (const { order } of orders) {
            if (order.purpose === 'reduce') assert.equal(order.reduceOnly, order.leg === 'perp');
          }
          assert.ok(closesWhole(one, orders));
        },
      ),
      { numRuns: Number(process.env['EPISODES'] ?? 500) },
    );
    assert.deepEqual([...seen].toSorted(), ['hedged', 'whole']);
  });
});

function maximumOf(one: Decimal, other: Decimal): Decimal {
  return one.gt(other) ? one : other;
}

function answersOf(stream: Iterable<Answer>): () => Answer {
  const iterator = stream[Symbol.iterator]();
  return () => {
    const next: Answer = iterator.next().value;
    return next;
  };
}

/** One reduction to its end. */
function reduce(
  one: PositionPlan,
  keepShare: string,
  next: () => Answer,
  from: readonly OrderObservation[] = opened(one),
) {
  let orders = [...from];
  const reduction = reductionTo(one, orders, keepShare);
  for (let turn = 0; turn < 200; turn += 1) {
    const decision = decideReduction(one, orders, reduction);
    switch (decision.kind) {
      case 'resolve':
        orders = orders.map((known) =>
          known.resolution.kind === 'unresolved'
            ? { ...known, resolution: resolutionOf(one, known.order, next()) }
            : known,
        );
        break;
      case 'send': {
        const { moves } = decision;
        assert.equal(new Set(moves.map(({ leg }) => leg)).size, moves.length);
        const { spot, perp } = project(one.direction, orders);
        assert.deepEqual([spot.unresolved, perp.unresolved], [[], []], 'nothing is sent beside what is on its way');
        orders.push(
          ...moves.map((move) => {
            const answered = next();
            return observe(
              one,
              move,
              answered.kind === 'lose' ? { kind: 'unresolved' } : answerOf(one, move, answered),
            );
          }),
        );
        break;
      }
      case 'hedged':
      case 'whole':
        return { end: decision, orders, targetBase: reduction.targetBase };
    }
  }
  return assert.fail('it never came to an end');
}

/** From wherever it stands: venues that fill bring both legs to what nobody takes an order for. */
function closesWhole(one: PositionPlan, from: readonly OrderObservation[]): boolean {
  let orders = [...from];
  for (let turn = 0; turn < 10; turn += 1) {
    const decision = decideFlat(one, orders, 'close', true);
    if (decision.kind === 'flat') {
      const { spot, perp } = project(one.direction, orders);
      return [spot, perp].every(({ heldBase }) => heldBase.abs().lt(decimal('6.1')));
    }
    orders = [...orders, ...movesOf(decision).map((move) => observe(one, move, fillOf(one, move, move.quantityBase)))];
  }
  return false;
}

function priced(observation: OrderObservation, averagePrice: string): OrderObservation {
  const { resolution } = observation;
  assert.ok(resolution.kind === 'done');
  return { ...observation, resolution: { ...resolution, averagePrice } };
}
