/** The mean that funding returns to: of thirty days, of one interval, and not believed before there are seven. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { approximateFunding, expectedCarry, expectedFunding, type FundingOutlook } from '../../src/domain/carry.ts';
import { approximate, zero } from '../../src/domain/decimal.ts';
import { knownUntilMs, outlookFrom, outlookWords, type SettledRate } from '../../src/domain/funding/funding-history.ts';

const hourMs = 3_600_000;
const nowMs = Date.UTC(2025, 6, 1, 4);
const lastMs = nowMs - 4 * hourMs;
const coming = { rate: '0.0005', nextSettlementAtMs: nowMs + 4 * hourMs, intervalHours: 8 };

/** The newest of `count` settlements is at `endMs`; oldest first. */
function settlements(count: number, rate: string, endMs = lastMs, hours = 8): SettledRate[] {
  return Array.from({ length: count }, (_, index) => ({
    rate,
    settledAtMs: endMs - (count - 1 - index) * hours * hourMs,
  }));
}

describe('the mean', () => {
  test('is of the last thirty days, and the forecast goes there from the coming rate', () => {
    // Of 32 days: 6 settlements of 1 % before the window, 90 in it. 60 at 1 bps and 30 at 4 bps are 180/90 = 2 bps.
    const old = settlements(6, '0.01', lastMs - 90 * 8 * hourMs);
    const settled = [...old, ...settlements(60, '0.0001', lastMs - 30 * 8 * hourMs), ...settlements(30, '0.0004')];
    const outlook = outlookFrom(coming, settled, nowMs, '0.5');
    assert.equal(outlook.meanRate, '0.0002');
    assert.equal(outlook.historyDays, 30);
    // r = 5 bps, μ = 2: 2 + 3, 2 + 1.5, 2 + 0.75 = 11.25 bps over the next three settlements.
    assert.equal(expectedFunding(outlook, nowMs, nowMs + 20 * hourMs).toFixed(), '0.001125');
    assert.equal(outlookWords(outlook), '5.000 bps each 8 h, returning to 2.000, the mean of 30.0 days, by ρ 0.5');
  });

  test('is not believed with less than seven days: the rate is taken to stay, and the words say so', () => {
    // The first of 21 has no one before it that would tell its interval.
    const outlook = outlookFrom(coming, settlements(21, '0.0001'), nowMs, '0.5');
    assert.equal(outlook.meanRate, null);
    assert.equal(expectedFunding(outlook, nowMs, nowMs + 20 * hourMs).toFixed(), '0.0015', 'three times 5 bps');
    assert.equal(outlookWords(outlook), '5.000 bps each 8 h, taken to stay: 6.7 of 7 days of settled rates are known');
    assert.equal(outlookFrom(coming, settlements(22, '0.0001'), nowMs, '0.5').meanRate, '0.0001');
  });

  test('leaves out what was settled under another interval: eight hours of funding are not one', () => {
    const hourly = { ...coming, intervalHours: 1, nextSettlementAtMs: nowMs + hourMs };
    const before = settlements(60, '0.0008', nowMs - 200 * hourMs);
    // 200 of an hour each: 8.3 days; the one of eight hours among them is left out by its distance.
    const outlook = outlookFrom(hourly, [...before, ...settlements(200, '0.0001', nowMs, 1)], nowMs, '0.9');
    assert.equal(outlook.meanRate, '0.0001');
    assert.equal(outlook.historyDays?.toFixed(2), (200 / 24).toFixed(2));
    // Fewer, and nothing is known of the new interval yet.
    assert.equal(
      outlookFrom(hourly, [...before, ...settlements(100, '0.0001', nowMs, 1)], nowMs, '0.9').meanRate,
      null,
    );
  });

  test('takes the milliseconds by which a venue stamps its settlements for none', () => {
    const late = settlements(30, '0.0001').map((one, index) => ({ ...one, settledAtMs: one.settledAtMs + index }));
    assert.equal(outlookFrom(coming, late, nowMs, '0.5').meanRate, '0.0001');
  });
});

test('an outlook that is two settlements old has gone two steps towards the mean', () => {
  const outlook = outlookFrom(coming, settlements(60, '0.0001'), nowMs, '0.5');
  // r = 5, μ = 1. Over the first two: from 5 to 1 + 4 · 0.25 = 2 at the third, and 1.5 at the fourth.
  const fromMs = coming.nextSettlementAtMs + 8 * hourMs;
  assert.equal(expectedFunding(outlook, fromMs, fromMs + 16 * hourMs).toFixed(), '0.00035');
});

describe('what is missing', () => {
  const fromMs = lastMs - 10 * 8 * hourMs;

  test('nothing, without a gap: it is known up to the last settlement', () => {
    assert.equal(knownUntilMs(settlements(10, '0'), fromMs, 8), lastMs);
  });

  test('everything from a gap on, and all of it without a history', () => {
    const [first, second, , fourth] = settlements(10, '0');
    assert.equal(
      knownUntilMs(
        [first, second, fourth].flatMap((one) => one ?? []),
        fromMs,
        8,
      ),
      second?.settledAtMs,
    );
    assert.equal(knownUntilMs([], fromMs, 8), fromMs);
    assert.equal(knownUntilMs(settlements(2, '0'), fromMs, 8), fromMs, 'the beginning is missing');
  });
});

const outlooks = fc
  .record({
    rate: fc.integer({ min: -30, max: 30 }),
    mean: fc.option(fc.integer({ min: -30, max: 30 })),
    persistence: fc.integer({ min: 0, max: 10 }),
    rateOf: fc.constantFrom('next_settlement' as const, 'last_settlement' as const),
    intervalHours: fc.constantFrom(1, 4, 8),
    // At most an interval ahead, or passed since it was read.
    nextHours: fc.integer({ min: -40, max: 1 }),
  })
  .map(({ rate, mean, persistence, nextHours, ...rest }): FundingOutlook => ({
    ...rest,
    rate: `${rate}e-5`,
    meanRate: mean === null ? null : `${mean}e-5`,
    persistence: (persistence / 10).toFixed(1),
    nextSettlementAtMs: nowMs + nextHours * hourMs,
  }));

test('property: each settlement alone, summed, is the whole; and the side, or all rates, swapped swap the sign', () => {
  fc.assert(
    fc.property(outlooks, fc.integer({ min: 1, max: 100 }), (outlook, length) => {
      const untilMs = nowMs + length * hourMs;
      const whole = expectedFunding(outlook, nowMs, untilMs);
      let summed = zero;
      for (let hour = 0; hour < length; hour += 1)
        summed = summed.plus(expectedFunding(outlook, nowMs + hour * hourMs, nowMs + (hour + 1) * hourMs));
      assert.ok(whole.minus(summed).abs().lt('1e-20'), `${whole.toFixed()} and ${summed.toFixed()}`);
      assert.ok(
        expectedCarry(-1, outlook, nowMs, untilMs)
          .plus(expectedCarry(1, outlook, nowMs, untilMs))
          .eq(zero),
      );
      const swapped = (rate: string): string => (rate.startsWith('-') ? rate.slice(1) : `-${rate}`);
      const { meanRate } = outlook;
      const mirror = {
        ...outlook,
        rate: swapped(outlook.rate),
        meanRate: meanRate === null ? null : swapped(meanRate),
      };
      assert.ok(expectedFunding(mirror, nowMs, untilMs).plus(whole).eq(zero));
      assert.ok(
        Math.abs(approximateFunding(outlook, nowMs, untilMs) - approximate(whole)) < 1e-12,
        'the same in floats',
      );
    }),
  );
});
