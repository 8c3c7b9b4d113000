/** Two positions on one perpetual: what each has been paid does not change when the other one closes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFundingToDate, fundingToDate } from '../../../activities/watching/funding-to-date.ts';
import { examplePlan } from '../../support/plans.ts';
import { fill, payment } from '../../support/pnl-inputs.ts';
import { fakeClock, watchOf } from './support.ts';

const mine = watchOf({ plan: examplePlan({ key: 'one', direction: 'long_spot_short_perp' }) });
const theirs = watchOf({ plan: examplePlan({ key: 'two', direction: 'long_spot_short_perp' }) });

const fills = [
  fill('perp', 'sell', '3000', '1', '0 USDT', 5, 'one'),
  fill('perp', 'sell', '1000', '1', '0 USDT', 15, 'two'),
  fill('perp', 'buy', '1000', '1', '0 USDT', 25, 'two'),
].map((one) => ({ ...one, clientOrderId: one.venueOrderId }));
const payments = [payment('100', 4), payment('3', 10), payment('4', 20), payment('3', 30)].map((one) => ({
  ...one,
  account: 'binance',
}));

test('each settlement is shared by what was held at it', () => {
  // At 4 neither was open. At 10 alone: 3. At 20, 3,000 of 4,000: 3 of 4. At 30, the other has closed: 3.
  assert.equal(fundingToDate(mine, payments, fills, []), '9');
  assert.equal(fundingToDate(theirs, payments, fills, []), '1');
});

test('what the account was short before any position is paid its own part', () => {
  const positions = [{ symbol: 'USDC/USDT:USDT', quantityBase: '-3000' }];
  const baselines = [{ account: 'binance', balances: [], positions }];
  // Of 3, 4 and 3: 3,000 of 6,000, then of 7,000, then of 6,000 = 1.5 + 12/7 + 1.5.
  assert.equal(fundingToDate(mine, payments, fills, baselines), '4.714285714285');
  assert.equal(fundingToDate(mine, payments, fills, [{ account: 'another', balances: [], positions }]), '9');
});

test('without a fill in the ledger nothing is its own', () => {
  assert.equal(fundingToDate(mine, payments, [], []), '0');
});

function book(change: { fills?: typeof fills } = {}) {
  const clock = fakeClock();
  const reads = { payments: 0, fills: 0 };
  const held = { payments: payments.slice(0, 2), fills: change.fills ?? fills };
  const warnings: string[] = [];
  const fundingSoFar = createFundingToDate({
    clock,
    warn: (message) => void warnings.push(message),
    ledger: {
      fundingPaymentsOfAccount: () => {
        reads.payments += 1;
        return Promise.resolve(held.payments);
      },
      baselines: () => Promise.resolve([]),
      fillsOfAccount: () => {
        reads.fills += 1;
        return Promise.resolve(held.fills);
      },
    },
  });
  return { clock, reads, held, warnings, fundingSoFar };
}

test('one read an account, and fills only when something was paid, somebody is new, or a minute has passed', async () => {
  const { clock, reads, held, fundingSoFar } = book();
  assert.deepEqual(Object.fromEntries(await fundingSoFar.read([mine, theirs])), { one: '3', two: '0' });
  assert.deepEqual(reads, { payments: 1, fills: 1 });
  assert.equal((await fundingSoFar.read([mine, theirs])).size, 0);
  assert.deepEqual(reads, { payments: 2, fills: 1 });
  held.payments = payments.slice(0, 3);
  assert.deepEqual(Object.fromEntries(await fundingSoFar.read([mine, theirs])), { one: '6', two: '1' });
  assert.deepEqual(Object.fromEntries(await fundingSoFar.read([mine])), { one: '6' }, 'the other one has closed');
  assert.equal(reads.fills, 3);
  clock.ms += 60_000;
  await fundingSoFar.read([mine]);
  assert.equal(reads.fills, 4);
  assert.deepEqual(Object.fromEntries(await fundingSoFar.read([{ ...mine }])), { one: '6' }, 'armed again');
});

test('a payment that cannot be shared is told, and does not stop the watcher', async () => {
  const { warnings, fundingSoFar } = book({ fills: fills.map((one) => ({ ...one, quantityBase: 'a lot' })) });
  assert.equal((await fundingSoFar.read([mine])).size, 0);
  assert.match(warnings[0] ?? '', /one: its funding is not known: not a decimal/);
});
