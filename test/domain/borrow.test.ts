/** Interest of an account's loans: whose it is, and what an hour that has begun will cost. Worked out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { interestOf, interestOver, loanOf, runningHour, type InterestCharge } from '../../src/domain/margin/borrow.ts';
import { decimal, sum, toText, zero } from '../../src/domain/decimal.ts';
import { nobody } from '../../src/domain/funding/funding-share.ts';
import { fill } from '../support/pnl-inputs.ts';
import { examplePlan } from '../support/plans.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const terms = { hourlyRate: '0.000006', collateralRate: '0.2' };

function charge(amount: string, chargedAtMs: number, currency = 'USDC'): InterestCharge {
  return { chargeId: `${currency}-${chargedAtMs}`, currency, amount, chargedAtMs };
}

function sold(key: string, quantity: string, atMs: number) {
  return fill('spot', 'sell', quantity, '1', '5 USDT', atMs, key);
}

/** 10 bps of what is bought are kept by the venue, in the coin. */
function repaid(key: string, quantity: string, fee: string, atMs: number) {
  return fill('spot', 'buy', quantity, '1', `${fee} USDC`, atMs, key);
}

const shares = (charges: readonly InterestCharge[], fills: Parameters<typeof interestOf>[3]): string[] =>
  ['one', 'two'].map((key) => toText(interestOf(key, 'USDC', charges, fills, zero)));

test('a position alone is charged everything in its coin, and nothing that was charged before it sold', () => {
  const charges = [
    charge('9', 0),
    charge('0.06', hourMs),
    charge('0.06000036', 2 * hourMs),
    charge('7', hourMs, 'BTC'),
  ];
  assert.deepEqual(shares(charges, [sold('one', '10000', 30 * minuteMs)]), ['0.12000036', '0']);
});

test('two positions share by what each owes at the charge, and the last one bears the rest', () => {
  const fills = [
    sold('one', '10000', 0),
    sold('two', '30000', 10 * minuteMs),
    repaid('two', '30031', '30.031', 80 * minuteMs),
  ];
  // 0.24 by 1 to 3; then 0.06 of the one that is left.
  assert.deepEqual(shares([charge('0.24', hourMs), charge('0.06', 2 * hourMs)], fills), ['0.12', '0.18']);
});

test('an hour that was begun is charged after the debt is gone, to whom owed in it; a later one is nobody’s', () => {
  const fills = [sold('one', '10000', 30 * minuteMs), repaid('one', '10011', '10.011', 62 * minuteMs)];
  assert.deepEqual(shares([charge('0.06', 65 * minuteMs)], fills), ['0.06', '0']);
  assert.deepEqual(shares([charge('0.06', 185 * minuteMs)], fills), ['0', '0']);
});

test('a person’s own debt of 30,000 bears its part of every charge, also of an hour that one of ours began', () => {
  const fills = [sold('one', '10000', 30 * minuteMs), repaid('one', '10011', '10.011', 62 * minuteMs)];
  const owed = (key: string, amount: string, atMs: number) =>
    toText(interestOf(key, 'USDC', [charge(amount, atMs)], fills, decimal('30000')));
  const both = (amount: string, atMs: number) => ['one', nobody].map((key) => owed(key, amount, atMs));
  // 0.18 an hour on 30,000; 0.24 with ours of 10,000.
  assert.deepEqual(both('0.18', 20 * minuteMs), ['0', '0.18']);
  assert.deepEqual(both('0.24', 60 * minuteMs), ['0.06', '0.18']);
  assert.deepEqual(both('0.24', 65 * minuteMs), ['0.06', '0.18']);
  assert.deepEqual(both('0.18', 185 * minuteMs), ['0', '0.18']);
});

test('shares add up to what was charged, whatever the positions and the times', () => {
  const world = fc.record({
    sales: fc.array(fc.tuple(fc.integer({ min: 1, max: 90_000 }), fc.integer({ min: 0, max: 59 })), {
      minLength: 1,
      maxLength: 5,
    }),
    cents: fc.integer({ min: 1, max: 1_000_000 }),
  });
  fc.assert(
    fc.property(world, ({ sales, cents }) => {
      const fills = sales.map(([quantity, minute], index) => sold(`p${index}`, String(quantity), minute * minuteMs));
      const charges = [charge(`${cents}e-8`, hourMs)];
      const all = sales.map((_, index) => interestOf(`p${index}`, 'USDC', charges, fills, zero));
      assert.equal(toText(sum(all)), toText(decimal(`${cents}e-8`)));
    }),
  );
});

test('interest is simple, by the hour, and the running hour is rounded up', () => {
  // 0.000006 · 24 · 7
  assert.equal(toText(interestOver('0.000006', decimal('168'))), '0.001008');
  assert.equal(toText(runningHour(decimal('10000'), terms)), '0.06');
  // 2,000.012 · 0.000006 = 0.012000072
  assert.equal(toText(runningHour(decimal('2000.012'), terms)), '0.01200008');
});

test('a long spot leg has no loan, whatever its plan says', () => {
  assert.equal(loanOf(examplePlan({ borrow: terms })), terms);
  assert.equal(loanOf(examplePlan()), null);
  assert.equal(loanOf(examplePlan({ direction: 'long_spot_short_perp', borrow: terms })), null);
});
