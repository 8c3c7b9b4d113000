/** Loans in the ledger: charges booked once and counted in what an account did, orders that borrow, and who may owe beside whom. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intent, nowMs, opening, plan, reading, request } from './support/requests.ts';
import { withLedger } from './support/with-ledger.ts';

const borrow = { hourlyRate: '0.000006', collateralRate: '0.2' };
const charge = (chargeId: string, amount: string, chargedAtMs = nowMs) => ({
  chargeId,
  currency: 'USDC',
  amount,
  chargedAtMs,
});

test('a charge is booked once, by account and id; another figure under its id is a mistake', () =>
  withLedger(async ({ ledger }) => {
    await ledger.recordInterest('bybit', [charge('2', '0.0600'), charge('1', '0.01', nowMs - 1)]);
    await ledger.recordInterest('bybit', [charge('2', '0.06')]);
    await ledger.recordInterest('other', [charge('2', '9')]);
    await assert.rejects(
      ledger.recordInterest('bybit', [charge('2', '0.07'), charge('3', '0.5', nowMs + 1)]),
      /interest 2 of bybit is booked as 0\.06 USDC, the venue says 0\.07 USDC/,
    );
    assert.deepEqual(await ledger.interestOfAccount('bybit'), [
      charge('1', '0.01', nowMs - 1),
      charge('2', '0.06'),
      // What came along with the mistake is booked all the same.
      charge('3', '0.5', nowMs + 1),
    ]);
  }));

test('what was charged is a flow of the account, and no moment of a charge is a quiet one', () =>
  withLedger(async ({ ledger }) => {
    await ledger.recordInterest('bybit', [charge('1', '0.01', nowMs - 1), charge('2', '0.06')]);
    // After the one time, and up to the other.
    assert.deepEqual((await ledger.accountFlows('bybit', nowMs - 1, nowMs)).paid, [
      { currency: 'USDC', amount: '-0.06' },
    ]);
    assert.deepEqual((await ledger.accountFlows('bybit', nowMs - 2, nowMs - 1)).paid, [
      { currency: 'USDC', amount: '-0.01' },
    ]);
    assert.equal(await ledger.isAccountQuiet('bybit', nowMs, nowMs + 5), false);
    assert.equal(await ledger.isAccountQuiet('bybit', nowMs + 1, nowMs + 5), true);
  }));

test('an order that borrows is one when it is read again', () =>
  withLedger(async ({ ledger }) => {
    for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '10000'));
    const short = plan('S', { direction: 'short_spot_long_perp', borrow });
    const intents = [intent({ side: 'sell', borrows: true }), intent({ step: 2, side: 'buy' })];
    const prepared = await ledger.prepareOpening(opening(short, { intents }));
    assert.equal(prepared.kind, 'prepared');
    assert.deepEqual(
      (await ledger.ordersOf(short.key)).map(({ side, borrows }) => [side, borrows]),
      [
        ['sell', true],
        ['buy', undefined],
      ],
    );
  }));

test('in one account a borrowed coin is not held long, nor sold from an inventory, at the same time', () =>
  withLedger(async ({ ledger }) => {
    for (const account of ['bybit', 'binance', 'other', 'third']) await ledger.writeReading(reading(account, '100000'));
    const perp = { ...plan('X').perp, account: 'other' };
    const lent = plan('LENT', { direction: 'short_spot_long_perp', borrow });
    assert.equal((await ledger.reserve(request(lent))).kind, 'reserved');
    for (const beside of [plan('LONG', { perp }), plan('STOCK', { perp, direction: 'short_spot_long_perp' })]) {
      const result = await ledger.reserve(request(beside));
      const words = `one direction a borrowed coin: ${lent.key} holds short_spot_long_perp in USDC at bybit`;
      assert.deepEqual(result, { kind: 'refused', reasons: [words] });
    }
    const another = plan('MORE', { direction: 'short_spot_long_perp', borrow, perp });
    assert.equal((await ledger.reserve(request(another))).kind, 'reserved');
    const elsewhere = plan('ELSE', { perp: { ...perp, account: 'third' }, spot: { ...lent.spot, account: 'other' } });
    assert.equal((await ledger.reserve(request(elsewhere))).kind, 'reserved');
  }));
