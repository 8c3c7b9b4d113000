import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decimal, toText, zero } from '../../../src/domain/decimal.ts';
import { decideFlat, decideOpening } from '../../../src/domain/execution/decide.ts';
import { project, type OrderObservation, type OrderResolution } from '../../../src/domain/execution/observation.ts';
import type { PositionPlan } from '../../../src/domain/position.ts';
import { examplePlan } from '../../support/plans.ts';
import { answer, answerOf, fillOf, movesOf, observe, resolutionOf, type Answer } from './answering.ts';
import type { Decision } from '../../../src/domain/execution/decision.ts';

const plan = examplePlan();

describe('opening both legs', () => {
  test('sends both at once, short spot from inventory and long perpetual, each for the whole size', () => {
    const decision = decideOpening(plan, [], 0, null);
    assert.equal(decision.kind, 'send');
    assert.deepEqual(
      movesOf(decision).map(({ leg, side, quantityBase, reduceOnly, step }) => ({
        leg,
        side,
        quantityBase,
        reduceOnly,
        step,
      })),
      [
        { leg: 'spot', side: 'sell', quantityBase: '10000', reduceOnly: false, step: 1 },
        { leg: 'perp', side: 'buy', quantityBase: '10000', reduceOnly: false, step: 1 },
      ],
    );
  });

  test('buys a little more spot where the venue takes its fee out of the coin bought', () => {
    // 10,000 / (1 − 0.00005) = 10,000.500025…, rounded up to the lot of 0.01.
    const long = examplePlan({ direction: 'long_spot_short_perp' });
    const [spot, perp] = movesOf(decideOpening(long, [], 0, null));
    assert.equal(spot?.quantityBase, '10000.51');
    assert.equal(perp?.quantityBase, '10000');
  });

  test('is hedged when both are filled, and when both are filled alike in part', () => {
    for (const size of ['10000', '4000']) {
      const decision = decideOpening(plan, opened(filled(plan, 'spot', size), filled(plan, 'perp', size)), 1_000, 0);
      assert.deepEqual(decision, { kind: 'hedged', spotBase: size, perpBase: size });
    }
  });

  test('sends nothing at all while an order is unresolved', () => {
    const decision = decideOpening(plan, opened(filled(plan, 'spot', '10000'), { kind: 'unresolved' }), 1_000, 0);
    assert.deepEqual(decision, { kind: 'resolve', clientOrderIds: ['perp-1'] });
  });

  test('tops the short leg up to the longer one, not to the plan', () => {
    const decision = decideOpening(plan, opened(filled(plan, 'spot', '7000'), filled(plan, 'perp', '2500')), 1_000, 0);
    const [move, ...rest] = movesOf(decision);
    assert.equal(rest.length, 0);
    assert.deepEqual(
      [move?.leg, move?.side, move?.purpose, move?.quantityBase, move?.step],
      ['perp', 'buy', 'top_up', '4500', 2],
    );
  });

  test('trims the longer leg when the deadline has passed', () => {
    const decision = decideOpening(plan, opened(filled(plan, 'spot', '7000'), filled(plan, 'perp', '2500')), 20_000, 0);
    const [move, ...rest] = movesOf(decision);
    assert.equal(rest.length, 0);
    assert.deepEqual([move?.leg, move?.side, move?.purpose, move?.quantityBase], ['spot', 'buy', 'trim', '4500.23']);
  });

  test('unwinds when one leg filled and the other was refused for good', () => {
    const refusal: OrderResolution = {
      kind: 'not_executed',
      reason: 'no balance',
      retryable: false,
      retryAfterMs: null,
    };
    const decision = decideOpening(plan, opened(refusal, filled(plan, 'perp', '10000')), 1_000, 0);
    assert.deepEqual(decision, { kind: 'unwind', reason: 'no balance' });
  });

  test('trims on, rather than unwind, where a fee in another coin left more than a lot and less than an order', () => {
    // 10,003 bought, 10,002.49985 received: 2.49985 too much are under both least orders, of 5 USDT.
    const of = examplePlan({ direction: 'long_spot_short_perp' });
    const long = { ...of, spot: { ...of.spot, instrument: { ...of.spot.instrument, minimumNotional: '5' } } };
    const [spot, perp] = movesOf(decideOpening(long, [], 0, null));
    assert.ok(spot && perp);
    const start = [observe(long, spot, fillOf(long, spot, '10003')), observe(long, perp, fillOf(long, perp, '10000'))];
    const decision = decideOpening(long, start, 1_000, 0);
    assert.ok(decision.kind === 'unwind' && decision.trims, JSON.stringify(decision));
    const [trim] = movesOf(decision.trims);
    assert.deepEqual([trim?.leg, trim?.side, trim?.purpose, trim?.quantityBase], ['spot', 'sell', 'trim', '14.49']);
    assert.ok(trim);
    // 2.49985 and twice the larger least order, 6 at 0.999. The 11.99015 that it is short of then are an order.
    const trimmed = [...start, observe(long, trim, fillOf(long, trim, '14.49'))];
    const [topUp] = movesOf(decideOpening(long, trimmed, 2_000, 0));
    assert.deepEqual([topUp?.leg, topUp?.side, topUp?.purpose], ['spot', 'buy', 'top_up']);
    assert.ok(topUp);
    const toppedUp = [...trimmed, observe(long, topUp, fillOf(long, topUp, topUp.quantityBase))];
    assert.equal(decideOpening(long, toppedUp, 3_000, 0).kind, 'hedged');
    // Past its deadline the perpetual follows instead.
    const [follows] = movesOf(decideOpening(long, trimmed, 20_000, 0));
    assert.deepEqual([follows?.leg, follows?.side, follows?.quantityBase], ['perp', 'buy', '11']);
  });

  test('tops up after an order that never reached its venue, as the next attempt', () => {
    const notSent: OrderResolution = { kind: 'not_executed', reason: 'no worker', retryable: true, retryAfterMs: null };
    const decision = decideOpening(plan, opened(notSent, filled(plan, 'perp', '10000')), 1_000, 0);
    const [move] = movesOf(decision);
    assert.deepEqual([move?.leg, move?.purpose, move?.quantityBase], ['spot', 'top_up', '10000']);
  });

  test('is flat when neither leg filled', () => {
    assert.deepEqual(decideOpening(plan, opened(filled(plan, 'spot', '0'), filled(plan, 'perp', '0')), 1_000, 0), {
      kind: 'flat',
    });
  });
});

describe('closing both legs', () => {
  const hedged = opened(filled(plan, 'spot', '10000'), filled(plan, 'perp', '10000'));

  test('buys the inventory back with its fee on top, and sells the perpetual reduce-only, both at once', () => {
    const moves = movesOf(decideFlat(plan, hedged, 'close'));
    assert.deepEqual(
      moves.map(({ leg, side, quantityBase, reduceOnly, slippageBps }) => ({
        leg,
        side,
        quantityBase,
        reduceOnly,
        slippageBps,
      })),
      [
        { leg: 'spot', side: 'buy', quantityBase: '10000.51', reduceOnly: false, slippageBps: '5' },
        { leg: 'perp', side: 'sell', quantityBase: '10000', reduceOnly: true, slippageBps: '5' },
      ],
    );
  });

  test('widens its slippage after each step that left something, up to the cap, and is then stuck', () => {
    let observations = hedged;
    const widths: string[] = [];
    for (;;) {
      const decision = decideFlat(plan, observations, 'close');
      if (decision.kind !== 'send') {
        assert.deepEqual(decision, { kind: 'stuck', reason: 'no liquidity within 20 bps' });
        break;
      }
      widths.push(movesOf(decision)[0]?.slippageBps ?? '');
      observations = [
        ...observations,
        ...movesOf(decision).map((move) => observe(plan, move, fillOf(plan, move, '0'))),
      ];
    }
    assert.deepEqual(widths, ['5', '10', '20', '20']);
    assert.equal(decideFlat(plan, observations, 'close', true).kind, 'send');
  });

  test('is stuck after five refusals in a row, and tries again when it is told to', () => {
    let observations = hedged;
    for (let refusal = 0; refusal < 5; refusal += 1) {
      const decision = decideFlat(plan, observations, 'close');
      const reason: OrderResolution = {
        kind: 'not_executed',
        reason: 'reduce-only rejected',
        retryable: false,
        retryAfterMs: null,
      };
      observations = [
        ...observations,
        ...movesOf(decision).map((move) =>
          observe(plan, move, move.leg === 'perp' ? reason : fillOf(plan, move, move.quantityBase)),
        ),
      ];
    }
    const stuck = decideFlat(plan, observations, 'close');
    assert.deepEqual(stuck, { kind: 'stuck', reason: '5 orders were not executed: reduce-only rejected' });
    const [retry] = movesOf(decideFlat(plan, observations, 'close', true));
    assert.deepEqual([retry?.leg, retry?.attempt], ['perp', 6]);
  });
});

describe('whatever the venues answer', () => {
  test('no leg ever exceeds the plan by a lot, two orders never share an id, and an opening ends hedged or flat', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('long_spot_short_perp' as const, 'short_spot_long_perp' as const),
        fc.infiniteStream(answer),
        fc.integer({ min: 100, max: 5_000 }),
        (direction, answers, elapsedMs) => {
          const one = examplePlan({ direction });
          const end = run(one, answers, elapsedMs);
          const projection = project(direction, end.observations);
          const lot = decimal('1.01');
          for (const leg of [projection.spot, projection.perp]) {
            assert.ok(leg.heldBase.lte(decimal(one.quantityBase).plus(lot)), `held ${toText(leg.heldBase)}`);
            assert.ok(leg.heldBase.gte(zero.minus(lot)), `held ${toText(leg.heldBase)}`);
          }
          const ids = end.observations.map(
            ({ order }) => `${order.leg}/${order.purpose}/${order.step}/${order.attempt}`,
          );
          assert.equal(new Set(ids).size, ids.length);
          const difference = projection.spot.heldBase.minus(projection.perp.heldBase).abs();
          if (end.kind === 'hedged') assert.ok(difference.lte(decimal('1')));
          if (end.kind === 'flat')
            assert.ok(projection.spot.heldBase.lt(decimal('5.1')) && projection.perp.heldBase.lt(decimal('5.1')));
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** Runs an opening, and an unwind where it fails, against a stream of answers. */
function run(one: PositionPlan, answers: Iterable<Answer>, elapsedMs: number) {
  const stream = answers[Symbol.iterator]();
  let observations: OrderObservation[] = [];
  let phase: 'opening' | 'unwinding' = 'opening';
  let force = false;
  for (let turn = 0, nowMs = 0; turn < 400; turn += 1, nowMs += elapsedMs) {
    const decided: Decision =
      phase === 'opening' ? decideOpening(one, observations, nowMs, 0) : decideFlat(one, observations, 'unwind', force);
    // As workflows do that began with the present code.
    const decision: Decision = decided.kind === 'unwind' ? (decided.trims ?? decided) : decided;
    force = false;
    if (decision.kind === 'unwind') phase = 'unwinding';
    else if (decision.kind === 'stuck') force = true;
    else if (decision.kind === 'resolve') {
      observations = observations.map((observation) =>
        observation.resolution.kind === 'unresolved'
          ? { ...observation, resolution: resolutionOf(one, observation.order, stream.next().value) }
          : observation,
      );
    } else if (decision.kind === 'send') {
      assert.equal(new Set(decision.moves.map(({ leg }) => leg)).size, decision.moves.length);
      observations = [
        ...observations,
        ...decision.moves.map((move) => {
          const next: Answer = stream.next().value;
          return observe(one, move, next.kind === 'lose' ? { kind: 'unresolved' } : answerOf(one, move, next));
        }),
      ];
    } else return { kind: decision.kind, observations };
  }
  // Only venues that refuse or fill nothing for ever keep an unwind going; the exposure bound still holds.
  return { kind: 'unfinished' as const, observations };
}

function opened(spot: OrderResolution, perp: OrderResolution): OrderObservation[] {
  return movesOf(decideOpening(plan, [], 0, null)).map((move) =>
    observe(plan, move, move.leg === 'spot' ? spot : perp),
  );
}

/** The leg's opening order, filled for this much. */
function filled(one: PositionPlan, leg: 'spot' | 'perp', quantity: string): OrderResolution {
  const move = movesOf(decideOpening(one, [], 0, null)).find((candidate) => candidate.leg === leg);
  assert.ok(move);
  return fillOf(one, move, quantity);
}
