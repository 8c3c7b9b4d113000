/** A debt in the books: explained to the last unit while it stands, and paid back when its position has ended. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  compareWithVenues,
  type ComparedAccount,
  type ComparedPosition,
} from '../../src/domain/reconciliation/comparison.ts';
import type { PositionStatus } from '../../src/domain/position.ts';
import { fill, planOf, type PnlFill } from '../support/pnl-inputs.ts';

const hourMs = 3_600_000;
const borrow = { hourlyRate: '0.000006', collateralRate: '0.2' };
const plan = { ...planOf('short_spot_long_perp', '1', '1'), borrow };
const sale = fill('spot', 'sell', '10000', '1', '5 USDT', 1);
/** 10,000.69 less half a dollar and a little: 10,000.1899655. */
const purchase = fill('spot', 'buy', '10000.69', '1', '0.5000345 USDC', 2 * hourMs + 1);
const charges = [1, 2].map((hour) => ({
  chargeId: String(hour),
  currency: 'USDC',
  amount: hour === 1 ? '0.06' : '0.06000036',
  chargedAtMs: hour * hourMs,
}));

function bybit(
  usdc: string,
  usdt: string,
  fills: readonly PnlFill[],
  change: Partial<ComparedAccount> = {},
): ComparedAccount {
  return {
    account: 'bybit',
    balancesBefore: [{ currency: 'USDT', total: '50000' }],
    balancesNow: [
      { currency: 'USDT', total: usdt },
      { currency: 'USDC', total: usdc },
    ],
    perpetualsBefore: [],
    perpetualsNow: [],
    venueFills: fills,
    ledgerFills: [...fills],
    openOrderIds: [],
    expectedOrderIds: [],
    paid: [],
    interest: charges,
    ...change,
  };
}

function position(status: PositionStatus): ComparedPosition {
  return { key: 'one', status, plan, acceptedSpotBase: '0', acceptedPerpBase: '0' };
}

const found = (account: ComparedAccount, status: PositionStatus): string[] =>
  compareWithVenues([account], [position(status)]).findings.map(({ kind }) => kind);

describe('a debt of 10,000.12000036 USDC', () => {
  test('is what was sold and charged', () => {
    assert.deepEqual(found(bybit('-10000.12000036', '59995', [sale]), 'closing'), []);
    assert.deepEqual(found(bybit('-10000.12000036', '59995', [sale], { interest: [] }), 'closing'), ['balance']);
  });

  test('is paid back by what was bought, with an hour and a smallest order to spare', () => {
    // 10,000.1899655 − 10,000.12000036 = 0.06996514
    assert.deepEqual(found(bybit('0.06996514', '49994.31', [sale, purchase]), 'closed'), []);
  });

  test('that was left in part is a leg of a position that has ended', () => {
    const short = fill('spot', 'buy', '9990.49', '1', '0.4995245 USDC', 2 * hourMs + 1);
    // 9,989.9904755 − 10,000.12000036
    assert.deepEqual(found(bybit('-10.12952486', '50004.51', [sale, short]), 'closed'), ['one_legged']);
  });

  test('that was bought far beyond is one, too', () => {
    const much = fill('spot', 'buy', '10010.69', '1', '0.5005345 USDC', 2 * hourMs + 1);
    // 10,010.1894655 − 10,000.12000036 = 10.06946514: over 0.06 and the least order of 1
    assert.deepEqual(found(bybit('10.06946514', '49984.31', [sale, much]), 'closed'), ['one_legged']);
  });
});

test('a debt of a person’s own bears its own interest: none of it has to be bought back by a position that has ended', () => {
  // 9,990,000 of it beside ours of 10,000: 60 an hour, of which 0.06 are ours.
  const account = bybit('-9990119.8100345', '49994.31', [sale, purchase], {
    balancesBefore: [
      { currency: 'USDT', total: '50000' },
      { currency: 'USDC', total: '-9990000' },
    ],
    interest: charges.map((charge) => ({ ...charge, amount: '60' })),
  });
  assert.deepEqual(found(account, 'closed'), []);
});
