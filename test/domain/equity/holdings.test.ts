/** What an account should hold by the ledger, and what the venue shows beyond it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toText, type Decimal } from '../../../src/domain/decimal.ts';
import {
  amounts,
  explainedHoldings,
  plus,
  unexplained,
  type AccountFlows,
} from '../../../src/domain/equity/holdings.ts';

const declared = { balances: [{ currency: 'USDT', total: '50000' }], positions: [] };
/** 1,000 bought at 1.0010, 400 sold at 1.0020, and a payment of 0.3. */
const flows: AccountFlows = {
  traded: [{ symbol: 'USDC/USDT:USDT', quantityBase: '600', quoteAmount: '-600.2' }],
  paid: [{ currency: 'USDT', amount: '0.3' }],
  perpetualFills: 2,
};
const holdings = explainedHoldings(declared, flows);

/** The wallet: 50,000 + 400 · (1.0020 − 1.0010) + 0.3; 600 are on since 1.0010. */
const seen = (usdt: string, quantityBase: string, entryPrice = '1.0010') => ({
  balances: [{ currency: 'USDT', total: usdt }],
  positions: quantityBase === '0' ? [] : [{ symbol: 'USDC/USDT:USDT', quantityBase, entryPrice }],
});

const written = (found: ReadonlyMap<string, Decimal>) =>
  Object.fromEntries([...found].map(([name, amount]) => [name, toText(amount)]));

test('what fills, fees and funding explain leaves nothing, to the rounding of each fill and of the entry price', () => {
  for (const usdt of ['50000.7', '50000.69999998', '50000.70000003']) {
    const found = unexplained(seen(usdt, '600'), holdings, 2);
    assert.deepEqual([written(found.coins), written(found.perpetuals)], [{}, {}], usdt);
  }
});

test('a deposit and a withdrawal are what is left over', () => {
  assert.deepEqual(amounts(unexplained(seen('60000.7', '600'), holdings, 2).coins), [
    { currency: 'USDT', amount: '10000' },
  ]);
  const moved = {
    ...seen('0.7', '600'),
    balances: [
      { currency: 'USDT', total: '0.7' },
      { currency: 'USDC', total: '5' },
    ],
  };
  assert.deepEqual(written(unexplained(moved, holdings, 2).coins), { USDC: '5', USDT: '-50000' });
});

test('a coin bought on spot is in its balance, less the fee that was taken from it', () => {
  const bought: AccountFlows = {
    traded: [{ symbol: 'USDC/USDT', quantityBase: '999.5', quoteAmount: '-1000' }],
    paid: [],
    perpetualFills: 0,
  };
  const reading = {
    balances: [
      { currency: 'USDT', total: '49000' },
      { currency: 'USDC', total: '999.5' },
    ],
    positions: [],
  };
  assert.deepEqual(written(unexplained(reading, explainedHoldings(declared, bought), 0).coins), {});
});

test('a liquidation that is not booked shows as a quantity, and the loss with it, not as a withdrawal', () => {
  // 600 sold at 0.9900 by the venue: 600 · (0.9900 − 1.0010) = −6.6.
  const found = unexplained(seen('49994.1', '0'), holdings, 2);
  assert.deepEqual(written(found.perpetuals), { 'USDC/USDT:USDT': '-600' });
  assert.deepEqual(written(found.coins), { USDT: '594' });
  const now = plus(holdings, found);
  assert.deepEqual([written(now.coins), written(now.traded)], [{ USDT: '49994.1' }, { 'USDC/USDT:USDT': '0' }]);
});
