/** Short spot from inventory, long perpetual, 10,000 USDC: quotes rest on the perpetual, and spot is sold for each fill. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decideFlat, decideOpening, type Move } from '../../../src/domain/execution/decide.ts';
import type { OrderObservation, OrderResolution } from '../../../src/domain/execution/observation.ts';
import type { QuoteMoment } from '../../../src/domain/execution/quoting.ts';
import type { LegName, OrderPurpose, OrderSide } from '../../../src/domain/order.ts';
import type { PositionPlan } from '../../../src/domain/position.ts';
import { makerPlan } from '../../support/makers.ts';
import { orderOf } from './quoting-venue.ts';
import type { Decision } from '../../../src/domain/execution/decision.ts';

const plan = makerPlan();
const quoting: QuoteMoment = {
  startedAtMs: 0,
  unequalSinceMs: null,
  isOver: false,
  isQuoteStale: false,
  mayConvert: true,
};

describe('the quote', () => {
  test('is at most what may be unhedged, in whole lots: 1,000 USD at 0.9990635 are 1,000.937 USDC', () => {
    const decision = decideOpening(plan, [], 0, null, quoting);
    assert.ok(decision.kind === 'quote');
    const { leg, side, purpose, quantityBase, step } = decision.move;
    assert.deepEqual(
      { leg, side, purpose, quantityBase, step },
      {
        leg: 'perp',
        side: 'buy',
        purpose: 'open',
        quantityBase: '1000',
        step: 1,
      },
    );
    assert.equal(decision.afterMs, 0);
  });

  test('is grossed up by the maker fee where a spot venue takes it out of what is bought', () => {
    // 1,000 USD at 0.99965 are 1,000.35 USDC, 1,000 in lots of the perpetual; 1,000 / (1 − 0.0002) = 1,000.20004….
    const long = makerPlan({ makerLeg: 'spot' }, { direction: 'long_spot_short_perp' });
    const priced: PositionPlan = { ...long, spot: { ...long.spot, makerFeeBps: '2' } };
    assert.equal(quoted(decideOpening(priced, [], 0, null, quoting)).quantityBase, '1000.21');
  });

  test('is left alone until the other leg can follow: 5 USD at 0.99965 and a lot', () => {
    const decision = decideOpening(plan, [resting('perp', 1, '1000', '0')], 0, 0, quoting);
    // Spot takes orders from 1 USD: 1.01 USDC in lots of 0.01, and a lot of the perpetual.
    assert.deepEqual(decision, { kind: 'watch', clientOrderId: 'perp/open/1/1', wakeAtBase: '3' });
  });

  test('is ended when its price has moved, when time is up, and when a close is asked for', () => {
    const orders = [resting('perp', 1, '1000', '0')];
    const end = { kind: 'resolve', clientOrderIds: ['perp/open/1/1'] };
    assert.deepEqual(decideOpening(plan, orders, 1_000, 0, { ...quoting, isQuoteStale: true }), end);
    assert.deepEqual(decideOpening(plan, orders, 60_000, 0, quoting), end);
    assert.deepEqual(decideOpening(plan, orders, 1_000, 0, { ...quoting, isOver: true }), end);
    assert.equal(decideOpening(plan, orders, 59_999, 0, quoting).kind, 'watch');
  });

  test('is not repeated at once after one that was refused, nor without end', () => {
    const refused: OrderResolution = {
      kind: 'not_executed',
      reason: 'would take',
      retryable: false,
      retryAfterMs: null,
    };
    let orders: OrderObservation[] = [];
    for (let step = 1; step <= 5; step += 1) {
      const decision = decideOpening(plan, orders, 0, 0, quoting);
      assert.ok(decision.kind === 'quote');
      assert.equal(decision.afterMs, step === 1 ? 0 : 1_000);
      orders = [...orders, { order: orderOf(plan, decision.move, 'post_only'), resolution: refused }];
    }
    assert.deepEqual(decideOpening(plan, orders, 0, 0, quoting), { kind: 'flat' });
  });
});

describe('a fill', () => {
  test('is hedged at once for exactly what was received, while the rest of the quote stays', () => {
    const decision = decideOpening(plan, [resting('perp', 1, '1000', '400')], 1_000, 0, {
      ...quoting,
      unequalSinceMs: 1_000,
    });
    assert.ok(decision.kind === 'send');
    assert.equal(decision.afterMs, 0);
    assert.deepEqual(decision.moves.map(summary), ['spot sell 400 hedge step 2']);
  });

  test('of a spot quote is hedged net of the fee in coin: 400 less 2 bps are 399.92, 399 in lots of the perpetual', () => {
    const long = makerPlan({ makerLeg: 'spot' }, { direction: 'long_spot_short_perp' });
    const fill = observed(long, 'spot', 'buy', 'open', 1, '1000.21', { kind: 'resting', ...filled('400', '399.92') });
    const decision = decideOpening(long, [fill], 1_000, 0, { ...quoting, unequalSinceMs: 1_000 });
    assert.ok(decision.kind === 'send');
    assert.deepEqual(decision.moves.map(summary), ['perp sell 399 hedge step 2']);
  });

  test('that is hedged makes way for the next quote only when the first has ended', () => {
    const hedge = taken('spot', 'sell', 'hedge', 2, '400', '-400');
    const decision = decideOpening(plan, [resting('perp', 1, '1000', '400'), hedge], 1_000, 0, quoting);
    assert.equal(decision.kind, 'watch');
    const ended = [done('perp', 'buy', 'open', 1, '1000', '400', '400'), hedge];
    assert.equal(quoted(decideOpening(plan, ended, 1_000, 0, quoting)).quantityBase, '1000');
  });

  test('whose hedge is not known yet sends nothing', () => {
    const unknown = observed(plan, 'spot', 'sell', 'hedge', 2, '400', { kind: 'unresolved' });
    assert.deepEqual(decideOpening(plan, [resting('perp', 1, '1000', '400'), unknown], 1_000, 0, quoting), {
      kind: 'resolve',
      clientOrderIds: ['spot/hedge/2/1'],
    });
  });

  test('whose hedge venue asks for two minutes is waited for until its deadline, and nothing rests meanwhile', () => {
    // Unhedged since 1 s, with 20 s to be hedged: at 1.5 s there are 19.5 s left of the 120 s that the venue asks for.
    const asked = observed(plan, 'spot', 'sell', 'hedge', 2, '400', {
      kind: 'not_executed',
      reason: 'too many requests',
      retryable: true,
      retryAfterMs: 120_000,
    });
    const since = { ...quoting, unequalSinceMs: 1_000 };
    const waiting = decideOpening(plan, [resting('perp', 1, '1000', '400'), asked], 1_500, 0, since);
    assert.ok(waiting.kind === 'send');
    assert.deepEqual([waiting.afterMs, waiting.endFirst], [19_500, ['perp/open/1/1']]);
    const ended = [done('perp', 'buy', 'open', 1, '1000', '500', '500'), asked];
    const next = decideOpening(plan, ended, 2_000, 0, since);
    assert.ok(next.kind === 'send');
    assert.deepEqual(
      [next.moves.map(summary), next.afterMs, next.endFirst],
      [['spot sell 500 hedge step 3'], 19_000, undefined],
    );
    const late = decideOpening(plan, ended, 21_000, 0, since);
    assert.deepEqual(late, { kind: 'unwind', reason: 'one leg did not fill' });
  });

  test('whose hedge is sent again within a second leaves the rest of the quote where it is', () => {
    const asked = observed(plan, 'spot', 'sell', 'hedge', 2, '400', {
      kind: 'not_executed',
      reason: 'too many requests',
      retryable: true,
      retryAfterMs: 1_000,
    });
    const since = { ...quoting, unequalSinceMs: 1_000 };
    const soon = decideOpening(plan, [resting('perp', 1, '1000', '400'), asked], 1_500, 0, since);
    assert.ok(soon.kind === 'send');
    assert.deepEqual([soon.afterMs, soon.endFirst], [1_000, undefined]);
  });

  test('whose hedge is refused for good is taken back, the quote first', () => {
    const refusal = observed(plan, 'spot', 'sell', 'hedge', 2, '400', {
      kind: 'not_executed',
      reason: 'no balance',
      retryable: false,
      retryAfterMs: null,
    });
    const since = { ...quoting, unequalSinceMs: 1_000 };
    assert.deepEqual(decideOpening(plan, [resting('perp', 1, '1000', '400'), refusal], 1_000, 0, since), {
      kind: 'resolve',
      clientOrderIds: ['perp/open/1/1'],
    });
    const ended = [done('perp', 'buy', 'open', 1, '1000', '400', '400'), refusal];
    assert.deepEqual(decideOpening(plan, ended, 1_000, 0, since), { kind: 'unwind', reason: 'no balance' });
  });

  test('that is still unhedged at its own deadline is trimmed, however late in the opening it came', () => {
    // 1,000 are hedged; 400 more came at 50 s, and the hedge has found nothing until 70 s.
    const orders = [
      done('perp', 'buy', 'open', 1, '1000', '1000', '1000'),
      taken('spot', 'sell', 'hedge', 2, '1000', '-1000'),
      done('perp', 'buy', 'open', 3, '1000', '400', '400'),
      taken('spot', 'sell', 'hedge', 4, '0', '0'),
    ];
    const since = { ...quoting, unequalSinceMs: 50_000 };
    const again = decideOpening(plan, orders, 69_999, 0, since);
    assert.ok(again.kind === 'send');
    assert.deepEqual([summary(again.moves[0]), again.afterMs], ['spot sell 400 hedge step 5', 1]);
    const trim = decideOpening(plan, orders, 70_000, 0, since);
    assert.ok(trim.kind === 'send');
    assert.deepEqual(trim.moves.map(summary), ['perp sell 400 trim step 5']);
  });
});

describe('what a position may cost its workflow', () => {
  const quote = (step: number) => done('perp', 'buy', 'open', step, '10', '10', '10');
  const hedge = (step: number) => taken('spot', 'sell', 'hedge', step, '10', '-10');
  const alternating = (count: number) =>
    Array.from({ length: count }, (_, index) => [quote(2 * index + 1), hedge(2 * index + 2)]).flat();

  test('ends with its twentieth quote', () => {
    assert.equal(decideOpening(plan, alternating(19), 1_000, 0, quoting).kind, 'quote');
    assert.deepEqual(decideOpening(plan, alternating(20), 1_000, 0, quoting), {
      kind: 'hedged',
      spotBase: '200',
      perpBase: '200',
    });
  });

  test('ends with its hundredth hedge, though the quote could go on', () => {
    const crumbs = (count: number) => Array.from({ length: count }, (_, index) => hedge(index + 2));
    const rests = (filledBase: string) => resting('perp', 1, '1000', filledBase);
    assert.equal(decideOpening(plan, [rests('990'), ...crumbs(99)], 1_000, 0, quoting).kind, 'watch');
    assert.deepEqual(decideOpening(plan, [rests('1000'), ...crumbs(100)], 1_000, 0, quoting), {
      kind: 'resolve',
      clientOrderIds: ['perp/open/1/1'],
    });
  });
});

describe('the deadline', () => {
  const half = [
    done('perp', 'buy', 'open', 1, '1000', '1000', '1000'),
    taken('spot', 'sell', 'hedge', 2, '1000', '-1000'),
  ];

  test('stops: the position is as large as what was filled', () => {
    assert.deepEqual(decideOpening(plan, half, 60_000, 0, quoting), {
      kind: 'hedged',
      spotBase: '1000',
      perpBase: '1000',
    });
    assert.deepEqual(decideOpening(plan, [], 60_000, 0, quoting), { kind: 'flat' });
  });

  test('converts: both legs are taken up to the plan, once', () => {
    const converting = makerPlan({ atMakerDeadline: 'convert' });
    const decision = decideOpening(converting, half, 60_000, 0, quoting);
    assert.ok(decision.kind === 'convert');
    assert.equal(decision.quantityBase, '9000');
    assert.deepEqual(decision.moves.map(summary), ['spot sell 9000 open step 3', 'perp buy 9000 open step 3']);
    const nothing = [taken('spot', 'sell', 'open', 3, '0', '0'), taken('perp', 'buy', 'open', 3, '0', '0')];
    assert.equal(decideOpening(converting, [...half, ...nothing], 61_000, 0, quoting).kind, 'hedged');
    assert.equal(decideOpening(converting, half, 60_000, 0, { ...quoting, mayConvert: false }).kind, 'hedged');
  });

  test('with an excess that is too small to trade reduces both legs instead of unwinding the position', () => {
    // Both venues take orders from 5 USD, so 3 USDC can neither follow nor be sold alone. The smallest order of the
    // perpetual is 6 whole coins at 0.9990635: 3 + 2 × 6 = 15 are sold, and 12 bought again.
    const bought = makerPlan({ makerLeg: 'spot' }, { direction: 'long_spot_short_perp' });
    const instrument = { ...bought.spot.instrument, minimumNotional: '5' };
    const long: PositionPlan = { ...bought, spot: { ...bought.spot, instrument } };
    const orders = [
      observed(long, 'spot', 'buy', 'open', 1, '1000', { kind: 'done', ...filled('1000', '1000') }),
      observed(long, 'perp', 'sell', 'hedge', 2, '1000', { kind: 'done', ...filled('1000', '-1000') }),
      observed(long, 'spot', 'buy', 'open', 3, '1000', { kind: 'done', ...filled('3', '3') }),
    ];
    const decision = decideOpening(long, orders, 60_000, 0, { ...quoting, unequalSinceMs: 59_000 });
    assert.ok(decision.kind === 'send');
    assert.deepEqual(decision.moves.map(summary), ['spot sell 15 trim step 4']);
    const trimmed = observed(long, 'spot', 'sell', 'trim', 4, '15', { kind: 'done', ...filled('15', '-15') });
    const next = decideOpening(long, [...orders, trimmed], 61_000, 0, { ...quoting, unequalSinceMs: 59_000 });
    assert.ok(next.kind === 'send');
    assert.deepEqual(next.moves.map(summary), ['spot buy 12.01 top_up step 5']);
  });
});

test('bringing both legs to zero ends what rests before anything is sent', () => {
  assert.deepEqual(decideFlat(plan, [resting('perp', 1, '1000', '400')], 'unwind'), {
    kind: 'resolve',
    clientOrderIds: ['perp/open/1/1'],
  });
});

function quoted(decision: Decision): Move {
  assert.ok(decision.kind === 'quote', decision.kind);
  return decision.move;
}

function summary(move: Move | undefined): string {
  return move === undefined
    ? 'none'
    : `${move.leg} ${move.side} ${move.quantityBase} ${move.purpose} step ${move.step}`;
}

function filled(filledBase: string, receivedBase: string) {
  return { filledBase, receivedBase, averagePrice: null, feesQuote: '0', firstFillAtMs: null };
}

function resting(leg: 'perp', step: number, quantityBase: string, base: string): OrderObservation {
  return observed(plan, leg, 'buy', 'open', step, quantityBase, { kind: 'resting', ...filled(base, base) });
}

function done(
  leg: LegName,
  side: OrderSide,
  purpose: OrderPurpose,
  step: number,
  quantityBase: string,
  filledBase: string,
  receivedBase: string,
): OrderObservation {
  return observed(plan, leg, side, purpose, step, quantityBase, { kind: 'done', ...filled(filledBase, receivedBase) });
}

function taken(leg: LegName, side: OrderSide, purpose: OrderPurpose, step: number, base: string, received: string) {
  const resolution: OrderResolution = { kind: 'done', ...filled(base, received) };
  return observed(plan, leg, side, purpose, step, base === '0' ? '1' : base, resolution, 'ioc');
}

function observed(
  one: PositionPlan,
  leg: LegName,
  side: OrderSide,
  purpose: OrderPurpose,
  step: number,
  quantityBase: string,
  resolution: OrderResolution,
  timeInForce: 'ioc' | 'post_only' = 'post_only',
): OrderObservation {
  const move = { leg, side, purpose, quantityBase, reduceOnly: false, slippageBps: '0', step, attempt: 1 };
  return { order: orderOf(one, move, timeInForce), resolution };
}
