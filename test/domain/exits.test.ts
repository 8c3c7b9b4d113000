/** When a position is left: one watch, one market moment after another, each rule in its place. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evaluateExits, type ExitObservation } from '../../src/domain/exits.ts';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import { everyPegExempt } from '../../src/domain/peg.ts';
import type { ExitRules } from '../../src/domain/position.ts';
import type { Watch } from '../../src/domain/watch.ts';
import { examplePlan } from '../support/plans.ts';
import { perpBook, spotBook } from '../support/quotes.ts';

const hourMs = 3_600_000;
const now = 1_000_000;
/** Market time runs an hour a second. */
const anchor: ClockAnchor = { wallMs: now - 1_000, marketMs: 0, scale: 3_600, tapeEndMs: null };

/** Long spot: 10,000 bought at 1.0000, sold at 1.0020, 1 USD of fees so far; closing fees of 0.5 bps a leg. */
function watchOf(change: Partial<Watch> = {}, exits: Partial<ExitRules> = {}): Watch {
  const plan = examplePlan({ direction: 'long_spot_short_perp' });
  return {
    key: plan.key,
    workflowId: `position/${plan.key}`,
    plan: { ...plan, exits: { ...plan.exits, ...exits } },
    anchor,
    spotQuantityBase: '10000',
    perpQuantityBase: '10000',
    spotOpenPrice: '1.0000',
    perpOpenPrice: '1.0020',
    openFeesUsd: '1',
    hedgedAtMs: 0,
    ...change,
  };
}

/** The prices at which it would close: the spot bid and the perpetual ask. */
function observe(spotBid: string, perpAsk: string, change: Partial<ExitObservation> = {}): ExitObservation {
  return {
    watch: watchOf(),
    spotQuote: spotBook({ bids: [[spotBid, '20000']], asks: [['2', '20000']], aliveAtMs: now }),
    perpQuote: perpBook({ bids: [['0.1', '20000']], asks: [[perpAsk, '20000']], aliveAtMs: now }),
    fundingUsd: '0',
    expectedCarry: '0.0001',
    pegOf: everyPegExempt,
    perpReading: null,
    nowWallMs: now,
    stopSinceWallMs: null,
    ...change,
  };
}

test('an open gap is held, and the mark says what it would come to', () => {
  const found = evaluateExits(observe('1.0000', '1.0012', { fundingUsd: '0.5' }));
  assert.equal(found.reason, null);
  // 10,000 · (1.0020 − 1.0012) = 8; fees 1 + 0.5 + 0.5006 = 2.0006; net 8 + 0.5 − 2.0006 = 6.4994; / 10,000.
  assert.deepEqual(found.mark, {
    key: watchOf().key,
    atWallMs: now,
    atMarketMs: hourMs,
    closeBasisBps: '12',
    unrealisedPnlUsd: '8',
    fundingUsd: '0.5',
    netUsd: '6.4994',
    ratioPct: '0.064994',
  });
  assert.deepEqual(found.prices, { spot: '1', perp: '1.0012' });
  assert.equal(found.detail, 's·B_close 12.0 bps, ratio +0.065 %, net +6.50 USD, held 1.0 h');
});

test('a short position gains when the discount closes', () => {
  const plan = examplePlan();
  const watch = watchOf({ plan, perpOpenPrice: '0.9980' });
  const found = evaluateExits({
    ...observe('0.5', '2', { watch }),
    spotQuote: spotBook({ asks: [['0.9990', '20000']], aliveAtMs: now }),
    perpQuote: perpBook({ bids: [['0.9988', '20000']], aliveAtMs: now }),
  });
  // Spot sold at 1.0000 and bought back at 0.9990: +10; perpetual bought at 0.9980, sold at 0.9988: +8.
  assert.equal(found.mark?.unrealisedPnlUsd, '18');
  // s·B_close = −(0.9988 − 0.9990)/0.9990 = 2.002 bps: under the exit of 3.
  assert.equal(found.reason, 'convergence');
});

describe('convergence', () => {
  test('net: the gap has closed and leaving pays', () => {
    const found = evaluateExits(observe('1.0000', '1.00026'));
    // 10,000 · (1.0020 − 1.00026) = 17.4; fees 1 + 0.5 + 0.50013; net 15.39987.
    assert.equal(found.reason, 'convergence');
    assert.equal(found.detail, 's·B_close 2.6 bps ≤ exit 3.0 bps, ratio +0.154 %, net +15.40 USD, held 1.0 h');
  });

  test('net: at a loss it waits for the carry, unless none is left', () => {
    // Opened at a gap of 3 bps: 10,000 · 0.00004 = 0.4 does not pay 2 USD of fees.
    const watch = watchOf({ perpOpenPrice: '1.0003' });
    assert.equal(evaluateExits(observe('1.0000', '1.00026', { watch })).reason, null);
    const found = evaluateExits(observe('1.0000', '1.00026', { watch, expectedCarry: '0' }));
    assert.equal(found.reason, 'convergence');
    assert.match(found.detail, /no carry is left to wait for/);
  });

  test('net: while the funding rate is not known, nobody can say that no carry is left', () => {
    const watch = watchOf({ perpOpenPrice: '1.0003' });
    assert.equal(evaluateExits(observe('1.0000', '1.00026', { watch, expectedCarry: null })).reason, null);
    assert.equal(evaluateExits(observe('1.0000', '1.00026', { expectedCarry: null })).reason, 'convergence');
  });

  test('net: a gap that has gone far to the other side has converged too', () => {
    assert.equal(evaluateExits(observe('1.0000', '0.9990')).reason, 'convergence');
  });

  test("literal: the article's rule, on the size of the gap alone, whatever it costs", () => {
    const watch = watchOf({ perpOpenPrice: '0.9990' }, { convergence: 'literal' });
    assert.equal(evaluateExits(observe('1.0000', '1.0002', { watch })).reason, 'convergence', 'at a loss of 12 USD');
    assert.equal(evaluateExits(observe('1.0000', '0.9998', { watch })).reason, 'convergence');
    assert.equal(evaluateExits(observe('1.0000', '0.9990', { watch })).reason, null, 'wide on the other side');
    assert.equal(evaluateExits(observe('1.0000', '1.0003', { watch })).reason, null, 'at the threshold, not under it');
  });
});

/** Closing at 1.0600: 10,000 · (1.0020 − 1.0600) = −580, less 2.03 of fees: −5.82 %. */
function stopAt(ms: number, since: number | null, perpAsk = '1.0600') {
  const observed = observe('1.0000', perpAsk, { nowWallMs: now + ms, stopSinceWallMs: since });
  const alive = { aliveAtMs: now + ms };
  return evaluateExits({
    ...observed,
    spotQuote: observed.spotQuote && { ...observed.spotQuote, ...alive },
    perpQuote: observed.perpQuote && { ...observed.perpQuote, ...alive },
  });
}

describe('stop loss', () => {
  test('must hold for three seconds of wall time', () => {
    const first = stopAt(0, null);
    assert.equal(first.reason, null);
    assert.equal(first.stopSinceWallMs, now);
    assert.equal(stopAt(2_999, first.stopSinceWallMs).reason, null);
    const last = stopAt(3_000, first.stopSinceWallMs);
    assert.equal(last.reason, 'stop_loss');
    assert.match(last.detail, /^ratio at or under -5 % for 3\.0 s, s·B_close 600\.0 bps, ratio -5\.820 %/);
  });

  test('starts anew after a recovery, and after a time in which nothing was seen', () => {
    assert.equal(stopAt(1_000, now, '1.0030').stopSinceWallMs, null);
    const blind = evaluateExits({ ...observe('1.0000', '1.0600', { stopSinceWallMs: now }), perpQuote: null });
    assert.equal(blind.stopSinceWallMs, null);
    assert.equal(stopAt(4_000, null).reason, null);
  });
});

/** The perpetual's asks hold 6,000 of the 10,000 that the close has to buy. */
function thin(asks: readonly [string, string][], change: Partial<ExitObservation> = {}): ExitObservation {
  return observe('1.0000', '2', { perpQuote: perpBook({ bids: [['0.1', '20000']], asks, aliveAtMs: now }), ...change });
}

describe('order books that hold less than the position', () => {
  test('the stop is evaluated, with the missing size at the worst level seen', () => {
    // 4,000 at 1.0400 and 2,000 at 1.0700; the missing 4,000 at 1.0700 too: 1.0580 on average.
    const asks: [string, string][] = [
      ['1.0400', '4000'],
      ['1.0700', '2000'],
    ];
    const first = evaluateExits(thin(asks));
    assert.equal(first.notEvaluable, null);
    assert.equal(first.stopSinceWallMs, now);
    const stopped = evaluateExits(thin(asks, { stopSinceWallMs: now - 3_000 }));
    assert.equal(stopped.reason, 'stop_loss');
    assert.deepEqual(stopped.prices, { spot: '1', perp: '1.058' });
    // 10,000 · (1.0020 − 1.0580) = −560; fees 1 + 0.5 + 0.529; net −562.029.
    assert.equal(stopped.mark?.ratioPct, '-5.62029');
    assert.match(stopped.detail, /the order books do not hold 10000 and 10000/);
  });

  test('a profit is not taken on a price that nobody quotes for the whole size', () => {
    const rich = evaluateExits(thin([['0.9500', '6000']]));
    assert.equal(rich.reason, null, 'five per cent, and a gap far beyond convergence');
    assert.match(rich.shortDepth ?? '', /do not hold 10000 and 10000/);
    const literal = watchOf({}, { convergence: 'literal' });
    assert.equal(evaluateExits(thin([['1.0001', '6000']], { watch: literal })).reason, null);
    assert.equal(evaluateExits(thin([['1.0001', '10000']], { watch: literal })).reason, 'convergence');
  });

  test('a spot book that is too thin is walked to its worst level too', () => {
    const spotQuote = spotBook({ bids: [['0.9400', '1']], asks: [['2', '20000']], aliveAtMs: now });
    const found = evaluateExits(observe('1', '1.0010', { spotQuote, stopSinceWallMs: now - 3_000 }));
    assert.equal(found.reason, 'stop_loss');
    assert.deepEqual(found.prices, { spot: '0.94', perp: '1.001' });
  });
});

test('the first rule that holds wins: stop, target, convergence, holding, end of tape', () => {
  const ended = { ...anchor, tapeEndMs: hourMs };
  const everything = { profitTargetPct: '-100', exitBps: '10000', maxHoldingMs: hourMs };
  const reasons: (string | null)[] = [];
  const look = (exits: Partial<ExitRules>, since: number | null = now - 3_000): void => {
    const watch = watchOf({ anchor: ended }, exits);
    reasons.push(
      evaluateExits(observe('1.0000', '1.0600', { watch, stopSinceWallMs: since, expectedCarry: '0' })).reason,
    );
  };
  look(everything);
  look(everything, null); // the stop has not held for three seconds
  look({ ...everything, profitTargetPct: '2' }, null);
  look({ ...everything, profitTargetPct: '2', exitBps: '3' }, null);
  look({ maxHoldingMs: hourMs + 1 }, null);
  assert.deepEqual(reasons, ['stop_loss', 'profit_target', 'convergence', 'max_holding', 'end_of_tape']);
});

test('the profit target is reached at its ratio', () => {
  // 10,000 · (1.0020 − 0.9817) = 203; fees 1 + 0.5 + 0.49085 = 1.99085; ratio 2.0100915 %.
  assert.equal(evaluateExits(observe('1.0000', '0.9817')).reason, 'profit_target');
});

describe('without quotes that can be compared', () => {
  const notEvaluable: readonly [string, Partial<ExitObservation>, RegExp][] = [
    ['no quote', { spotQuote: null }, /no quote of the spot leg/],
    ['an old quote', { nowWallMs: now + 2_001 }, /bybit USDC\/USDT is 2001 ms old/],
    [
      'quotes too far apart',
      { perpQuote: perpBook({ asks: [['1.0002', '20000']], aliveAtMs: now - 1_001 }) },
      /1001 ms apart/,
    ],
    [
      'an empty book side',
      { perpQuote: perpBook({ asks: [], aliveAtMs: now }) },
      /nothing to close the perpetual with/,
    ],
  ];
  for (const [name, change, reason] of notEvaluable) {
    test(`${name}: no price rule is evaluated, and the reason is given`, () => {
      const found = evaluateExits(observe('1.0000', '1.0002', change));
      assert.equal(found.reason, null);
      assert.match(found.notEvaluable ?? '', reason);
      assert.equal(found.mark, null);
      assert.equal(found.prices, null);
    });

    test(`${name}: the longest holding and the end of the tape still end it`, () => {
      const held = watchOf({}, { maxHoldingMs: hourMs });
      const holding = evaluateExits(observe('1.0000', '1.0012', { ...change, watch: held }));
      assert.equal(holding.reason, 'max_holding');
      const ended = watchOf({ anchor: { ...anchor, tapeEndMs: hourMs } });
      const end = evaluateExits(observe('1.0000', '1.0012', { ...change, watch: ended }));
      assert.equal(end.reason, 'end_of_tape');
    });
  }

  test('exactly two seconds old and one second apart is still good', () => {
    const perpQuote = perpBook({ asks: [['1.00026', '20000']], aliveAtMs: now + 1_000 });
    const found = evaluateExits(observe('1.0000', '1.0012', { nowWallMs: now + 2_000, perpQuote }));
    assert.equal(found.reason, 'convergence');
  });
});
