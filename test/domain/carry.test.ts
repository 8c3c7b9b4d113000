/** Carry: which settlements a position takes part in, what they are expected to pay, and what is left after fees. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  breakEvenDays,
  constantOutlook,
  expectedCarry,
  expectedFunding,
  expectedReturn,
  requiredBasisBps,
  settlementsCrossed,
  type FundingOutlook,
  type ReturnTerms,
} from '../../src/domain/carry.ts';
import { decimal, type Decimal } from '../../src/domain/decimal.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const midnight = Date.UTC(2025, 9, 10);

function terms(change: Partial<Record<keyof ReturnTerms, string>> = {}): ReturnTerms {
  const value = (name: Exclude<keyof ReturnTerms, 'side'>, usual: string): Decimal => decimal(change[name] ?? usual);
  return {
    side: change.side === '-1' ? -1 : 1,
    signedOpenBasisBps: value('signedOpenBasisBps', '20'),
    centreBps: value('centreBps', '0'),
    exitBps: value('exitBps', '5'),
    carry: value('carry', '0'),
    fees: value('fees', '0.0030'),
    borrow: value('borrow', '0'),
    leverage: value('leverage', '3'),
    spotCapital: value('spotCapital', '1'),
    horizonDays: value('horizonDays', '7'),
  };
}

test('a settlement counts when it comes after the open and no later than the close', () => {
  const crossed = (opened: number, closed: number): number => settlementsCrossed(opened, closed, midnight, 8);
  assert.equal(crossed(midnight - 1, midnight), 1, 'closed at the very settlement: still in it');
  assert.equal(crossed(midnight, midnight + 1), 0, 'opened at the very settlement: not in it');
  assert.equal(crossed(midnight, midnight + 8 * hourMs), 1);
  assert.equal(crossed(midnight + 1, midnight + 8 * hourMs - 1), 0);
  assert.equal(crossed(midnight + 1, midnight + 7 * dayMs), 21);
  assert.equal(settlementsCrossed(midnight + 1, midnight + 7 * dayMs, midnight, 1), 7 * 24);
  assert.equal(crossed(midnight - dayMs, midnight - dayMs + hourMs), 0, 'the grid reaches back before the next one');
});

test('property: the count is that of the settlements listed one by one', () => {
  const hours = fc.integer({ min: -200, max: 200 });
  fc.assert(
    fc.property(hours, fc.nat(300), fc.constantFrom(1, 4, 8), fc.nat(7), (start, length, interval, offset) => {
      const next = midnight + offset * hourMs;
      const [opened, closed] = [midnight + start * hourMs, midnight + (start + length) * hourMs];
      let listed = 0;
      for (let k = -600; k <= 600; k += 1) {
        const at = next + k * interval * hourMs;
        if (opened < at && at <= closed) listed += 1;
      }
      assert.equal(settlementsCrossed(opened, closed, next, interval), listed);
    }),
  );
});

test('the forecast returns to the mean, from the settled rate or from the coming one', () => {
  const outlook: FundingOutlook = {
    rate: '0.0005',
    rateOf: 'last_settlement',
    nextSettlementAtMs: midnight,
    intervalHours: 8,
    meanRate: '0.0001',
    persistence: '0.5',
  };
  // Distance from the mean 0.0004, halved each time: 0.0003 + 0.0002 + 0.00015 after the settled one.
  assert.equal(expectedFunding(outlook, midnight - 1, midnight + 16 * hourMs).toFixed(), '0.00065');
  // The coming rate itself first: 0.0005 + 0.0003 + 0.0002.
  const coming: FundingOutlook = { ...outlook, rateOf: 'next_settlement' };
  assert.equal(expectedFunding(coming, midnight - 1, midnight + 16 * hourMs).toFixed(), '0.001');
});

test('a constant rate is added up, not compounded, and paid by longs to shorts', () => {
  const outlook = constantOutlook({ rate: '0.0001', nextSettlementAtMs: midnight, intervalHours: 8 });
  const until = midnight + 7 * dayMs - 1;
  assert.equal(expectedCarry(1, outlook, midnight - 1, until).toFixed(), '0.0021', 'short perpetual: received');
  assert.equal(expectedCarry(-1, outlook, midnight - 1, until).toFixed(), '-0.0021', 'long perpetual: paid');
});

test("the article's +29.0 bps is −27.6 bps for a short spot trade at positive funding", () => {
  // Spot 8 bps over the perpetual, 0.01 % every 8 hours, 7 days; four fees of 9.6 bps; exit at 5 bps.
  const articleBps = (8e-4 + (1 + 0.0001) ** 21 - 1) * 1e4; // |basis| + (1 + f)^(3·7) − 1: 8 + 21.0 bps
  assert.equal(articleBps.toFixed(1), '29.0');
  // In truth 3 bps of the gap (8 → 5) are gained, 21 · 1 bps of funding paid, and 9.6 bps of fees: 3 − 21 − 9.6.
  const outlook = constantOutlook({ rate: '0.0001', nextSettlementAtMs: midnight, intervalHours: 8 });
  const carry = expectedCarry(-1, outlook, midnight - 1, midnight + 7 * dayMs - 1).toFixed();
  const { net } = expectedReturn(terms({ side: '-1', signedOpenBasisBps: '8', carry, fees: '0.00096' }));
  assert.equal(net.times(decimal('10000')).toFixed(), '-27.6');
});

test('net, capital, APR and APY of a long spot trade, by hand', () => {
  // Gap 65 → 5 gains 60 bps; carry 10; fees 30: net 40 bps of notional.
  // Capital: 1 + (1 + 0.0065)/3 = 1.3355 of notional. On capital 0.0040/1.3355 = 0.2995133 %; · 365/7 = 15.61748 %.
  const found = expectedReturn(terms({ signedOpenBasisBps: '65', carry: '0.0010' }));
  assert.equal(found.net.toFixed(), '0.004');
  assert.equal(found.capital.toFixed(), '1.3355');
  assert.equal(found.aprPct.toFixed(5), '15.61748');
  // (1 + 0.00299513)^(365/7) − 1: e^(52.142857 · ln 1.002995133) = e^(52.142857 · 0.0029906565) = e^0.15594137.
  assert.equal(found.apyPct.toFixed(3), '16.876');
});

test('a gap that is already under the exit gains nothing by closing, and loses nothing either', () => {
  const found = expectedReturn(terms({ signedOpenBasisBps: '-12', carry: '0.0040' }));
  assert.equal(found.net.toFixed(), '0.001');
});

test('at default fees 15 % a year over 7 days needs about 71 bps', () => {
  // Four fees 30 bps (bybit spot 10, binance perpetual 5, twice), exit 5 bps, leverage 3, no funding.
  // 1.15^(7/365) − 1 = 26.8396 bps on capital; times 4/3 of notional: 35.7861; 5 + 30 + 35.7861 = 70.7861 bps;
  // and the margin grows with the gap: / (1 − 0.00268396/3) = 70.8495 bps.
  const required = requiredBasisBps(terms(), decimal('15'));
  assert.equal(required?.toFixed(4), '70.8495');
});

test('a centre moves the margin, not the gap: at a basis of −4.7 + 20 bps the capital is that of 15.3', () => {
  // Gap 20 → 5 is 15 bps, fees 30; capital 1 + (1 + 0.00153)/3 = 1.33384333….
  const found = expectedReturn(terms({ centreBps: '-4.7', fees: '0.0003' }));
  assert.equal(found.net.toFixed(), '0.0012');
  assert.equal(found.capital.toFixed(8), '1.33384333');
  // The other side of the mirror: a basis of 4.7 − 20 bps, a gap of 20 for the short spot side, as much net.
  const mirror = expectedReturn(terms({ side: '-1', centreBps: '4.7', fees: '0.0003' }));
  assert.ok(mirror.net.eq(found.net));
  assert.equal(mirror.capital.toFixed(8), '1.33282333', '1 + (1 − 0.00153)/3');
});

test('property: at the required basis the net APY is the one asked for', () => {
  const bps = fc.integer({ min: 0, max: 80 });
  fc.assert(
    fc.property(
      bps,
      bps,
      fc.integer({ min: 0, max: 60 }),
      fc.constantFrom('1' as const, '-1' as const),
      fc.integer({ min: -50, max: 50 }),
      (fees, carry, apy, side, centreBps) => {
        const centre = { centreBps: String(centreBps) };
        const asked = terms({ side, ...centre, fees: `${fees}e-4`, carry: `${carry - 40}e-4` });
        const required = requiredBasisBps(asked, decimal(String(apy)));
        const at = required ?? asked.exitBps;
        const { apyPct } = expectedReturn({ ...asked, signedOpenBasisBps: at });
        const difference = apyPct.minus(decimal(String(apy)));
        if (required === null) assert.ok(difference.gte(decimal('-1e-15')), 'the carry alone pays it');
        else assert.ok(difference.abs().lt(decimal('1e-15')), `${apyPct.toFixed()} % instead of ${apy} %`);
      },
    ),
    { numRuns: 60 },
  );
});

test('break-even: the days of carry that pay what the gap does not', () => {
  // Gap 20 → 5 pays 15 of 30 bps; 3 settlements of 1 bps a day: 15 / 3 = 5 days.
  assert.equal(breakEvenDays(terms(), decimal('0.0003'))?.toFixed(), '5');
  assert.equal(breakEvenDays(terms(), decimal('0')), null, 'no carry: never');
  assert.equal(breakEvenDays(terms(), decimal('-0.0003')), null, 'a cost: never');
  assert.equal(breakEvenDays(terms({ signedOpenBasisBps: '35' }), decimal('-0.0003'))?.toFixed(), '0');
});
