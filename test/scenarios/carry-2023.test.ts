/** Positions on the carry over the recorded BTC funding of 2023: reviewed week by week at okx, and in a flip at bybit. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { constantOutlook, expectedCarry } from '../../src/domain/carry.ts';
import { decimal, sum, zero } from '../../src/domain/decimal.ts';
import { carryAhead } from '../../src/domain/exits/carry-ahead.ts';
import { fundingFlip } from '../../src/domain/exits/funding-flip.ts';
import { extendedHoldingMs, holdingEnd } from '../../src/domain/exits/max-holding.ts';
import type { SettledRate } from '../../src/domain/funding/funding-history.ts';
import { evaluateSide } from '../../src/strategy/evaluate.ts';
import { rank } from '../../src/strategy/rank.ts';
import { closingAt, concernOf, leaves, seenOf, watchOf } from '../domain/exits/support.ts';
import { marketOf, pairOf, rulesOf } from '../support/pairs.ts';
import { perpBook, spotBook } from '../support/quotes.ts';
import { outlookAt, recordedRates } from './support/stories.ts';

const hourMs = 3_600_000;
const weekMs = 7 * 24 * hourMs;
/** The series, each with the ρ that the defaults have for its exchange. */
const [okx, bybit] = [
  { settled: recordedRates('btc-funding-2023.csv', 'okx'), persistence: '0.15' },
  { settled: recordedRates('btc-funding-2023.csv', 'bybit'), persistence: '0.66' },
];
const inBps = (rates: readonly SettledRate[]) => sum(rates.map(({ rate }) => decimal(rate))).times(decimal('10000'));
/** Weekly reviews, over the next week each, without an end. */
const reviewed = { fundingFlip: 'on', maxHoldingMs: weekMs, reviewMs: weekMs, maxLifeMs: null } as const;

test('a position entered at okx on 15 January 2023 outlives its seven days by 37 weeks', () => {
  const enteredAtMs = Date.parse('2023-01-15T00:00Z');
  let watch = { ...watchOf(reviewed, { kind: 'funding' }), hedgedAtMs: enteredAtMs };
  const reviews: string[] = [];
  for (;;) {
    const atMs = enteredAtMs + watch.plan.exits.maxHoldingMs;
    const heldForMs = atMs - enteredAtMs;
    const carry = carryAhead(watch, outlookAt(okx.settled, atMs, okx.persistence), atMs);
    const end = holdingEnd(watch.plan, heldForMs, carry);
    reviews.push(`${new Date(atMs).toISOString().slice(0, 10)} ${end ?? 'goes on'}`);
    if (end !== null) break;
    const maxHoldingMs = extendedHoldingMs(watch.plan, heldForMs);
    watch = { ...watch, plan: { ...watch.plan, exits: { ...watch.plan.exits, maxHoldingMs } } };
  }
  assert.equal(reviews.length, 38);
  assert.equal(reviews[0], '2023-01-22 goes on');
  // r = −0.022 and μ = 0.439 bps: 21 · 0.439 − 0.461 · 0.15/0.85 = +9.1. Taken to stay, r alone would have been −0.5.
  assert.equal(reviews[1], '2023-01-29 goes on');
  // r = −0.003 and μ = −0.0692: −1.453 + 0.066 · 0.176 = −1.44.
  assert.equal(reviews[37], '2023-10-08 held 6384.0 h ≥ 6384.0 h, and the carry expected from here is -1.4 bps');
  const earned = okx.settled.filter(
    ({ settledAtMs }) => settledAtMs > enteredAtMs && settledAtMs <= enteredAtMs + 38 * weekMs,
  );
  assert.equal(earned.length, 798, 'three a day for 266 days');
  // 261.5 bps for the short, where leaving after seven days would have had 8.8.
  assert.equal(inBps(earned).toFixed(1), '261.5');
  assert.equal(inBps(earned.slice(0, 21)).toFixed(1), '8.8');
});

describe('the funding of bybit flips, from 9 to 14 January 2023', () => {
  const enteredAtMs = Date.parse('2023-01-08T08:00Z');
  /** Fees of 10 and 5 bps, or 0.5 each: four are 30, or 2; and a spread of 2 bps. */
  const looks = (spotFee: string, perpFee: string) => {
    const { plan } = watchOf();
    const [spot, perp] = [
      { ...plan.spot, takerFeeBps: spotFee },
      { ...plan.perp, takerFeeBps: perpFee },
    ];
    const watch = { ...watchOf(reviewed, { kind: 'funding', spot, perp }), hedgedAtMs: enteredAtMs };
    return bybit.settled
      .filter(({ settledAtMs }) => settledAtMs >= enteredAtMs && settledAtMs <= Date.parse('2023-01-31T00:00Z'))
      .map(({ settledAtMs }) => {
        const seen = seenOf(watch, {
          closing: closingAt(watch, '1.0000', '1.0012'),
          expectedCarry: carryAhead(watch, outlookAt(bybit.settled, settledAtMs, bybit.persistence), settledAtMs),
        });
        return { at: new Date(settledAtMs).toISOString().slice(0, 13), answer: fundingFlip(seen) };
      });
  };

  test('at list fees a person is told, and the position stays: the worst week to expect costs less than coming back', () => {
    const seen = looks('10', '5');
    assert.deepEqual(
      seen.filter(({ answer }) => answer?.kind === 'leave'),
      [],
    );
    // r = −4.531, μ = −0.225: −4.73 − 4.306 · 0.66/0.34 = −13.1 bps. Taken to stay, r alone would have been −95.2.
    const worst = seen.find(({ at }) => at === '2023-01-14T00');
    assert.equal(concernOf(worst?.answer ?? null), 'funding_flip');
    assert.match(leaves(worst?.answer ?? null), /-13\.1 bps.*coming back would cost \+?32\.0 bps/);
    // It passes: eight hours later 1 bp was settled.
    assert.match(leaves(seen.find(({ at }) => at === '2023-01-14T08')?.answer ?? null), /-1\.8 bps/);
  });

  test('where coming back costs 4 bps, it is left on the 13th, once the mean has followed the rate', () => {
    const left = looks('0.5', '0.5').filter(({ answer }) => answer?.kind === 'leave');
    // r = −3.561, μ = +0.084: 1.76 − 3.645 · 1.941 = −5.3. On the 11th, at −4.2, the mean of 0.42 still outweighed it.
    assert.equal(left[0]?.at, '2023-01-13T00');
    assert.match(leaves(left[0]?.answer ?? null), /what is ahead is -5\.3 bps, carry -5\.3 bps of it/);
  });
});

describe('an hourly venue against one that settles every eight hours, with scripted rates', () => {
  // 0.2 bps an hour and 1.5 bps every eight hours: the first pays more, though its rate looks smaller.
  const hourly = constantOutlook({ rate: '0.00002', nextSettlementAtMs: hourMs, intervalHours: 1 });
  const eighthly = constantOutlook({ rate: '0.00015', nextSettlementAtMs: 8 * hourMs, intervalHours: 8 });

  test('over a day 24 of one and 3 of the other are crossed', () => {
    assert.equal(expectedCarry(1, hourly, 0, 24 * hourMs).toFixed(), '0.00048');
    assert.equal(expectedCarry(1, eighthly, 0, 24 * hourMs).toFixed(), '0.00045');
  });

  test('within its eight hours the one has paid nothing yet, the other seven times', () => {
    const almost = 8 * hourMs - 1;
    assert.equal(expectedCarry(1, hourly, 0, almost).toFixed(), '0.00014');
    assert.ok(expectedCarry(1, eighthly, 0, almost).eq(zero));
    assert.equal(expectedCarry(-1, eighthly, 0, 8 * hourMs).toFixed(), '-0.00015', 'at the very settlement it pays');
  });

  test('the hourly one is entered first, and the short side of neither', () => {
    const rules = rulesOf({ funding: { minNetApyPct: '1', maxLifeDays: null } });
    const flat = { bids: [['1', '1000000']], asks: [['1', '1000000']] } as const;
    const sides = [
      { name: 'eighthly', funding: eighthly },
      { name: 'hourly', funding: hourly },
    ].flatMap(({ name, funding }) => {
      const market = marketOf(spotBook(flat), perpBook(flat), '0', { funding });
      return (['long_spot_short_perp', 'short_spot_long_perp'] as const).map((direction) =>
        evaluateSide(pairOf('5', '5', name), rules, market, direction, decimal('10000'), 'funding'),
      );
    });
    // A week: 168 · 0.2 = 33.6 and 21 · 1.5 = 31.5 bps, less four fees of 20, are 13.6 and 11.5 on 1 + 1/3 of capital.
    assert.deepEqual(
      rank(sides.filter((side) => side.kind === 'approved')).map(({ pair, expected, direction }) =>
        [pair.pairId, direction.slice(0, 4), expected.net.times(decimal('10000')).toFixed(1)].join(' '),
      ),
      ['hourly long 13.6', 'eighthly long 11.5'],
    );
  });

  test('seven of the one and none of the other are enough to pay for a day that begins after a settlement', () => {
    // From one settlement of both to a moment before the next of the slower: what a position of a day would miss.
    const fromMs = 8 * hourMs;
    assert.equal(expectedCarry(1, hourly, fromMs, fromMs + 8 * hourMs - 1).toFixed(), '0.00014');
    assert.ok(expectedCarry(1, eighthly, fromMs, fromMs + 8 * hourMs - 1).eq(zero));
  });
});
