/** One funding payment, several positions: every cent goes to exactly one of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { decimal, sum, toText } from '../../src/domain/decimal.ts';
import { fundingOf, fundingShares, holdingsAt, nobody } from '../../src/domain/funding/funding-share.ts';
import { fill, payment } from '../support/pnl-inputs.ts';

const holding = (key: string, quantity: string) => ({ key, quantityBase: decimal(quantity) });
const texts = (shares: ReadonlyMap<string, { toFixed(): string }>) =>
  Object.fromEntries([...shares].map(([key, share]) => [key, share.toFixed()]));

test('pro rata, and the remainder to the last', () => {
  const shares = fundingShares(decimal('1'), [holding('a', '-5'), holding('b', '-5'), holding('c', '-5')]);
  assert.deepEqual(texts(shares), { a: '0.333333333333', b: '0.333333333333', c: '0.333333333334' });
});

test('who held nothing gets nothing; when nobody did, nobody is paid', () => {
  assert.deepEqual(texts(fundingShares(decimal('-2'), [holding('a', '3'), holding('b', '0')])), { a: '-2' });
  assert.equal(fundingShares(decimal('1'), []).size, 0);
  assert.equal(fundingShares(decimal('1'), [holding('a', '0')]).size, 0);
});

test('opposite holdings, such as one that a person accepted as nobody’s, share by size: bounded, and never an error', () => {
  const cancelling = fundingShares(decimal('1'), [holding('a', '5'), holding('b', '-5')]);
  assert.deepEqual(texts(cancelling), { a: '0.5', b: '0.5' });
  // By signed size it would be −999 for `a` and 1,000 for `b`.
  const nearly = fundingShares(decimal('1'), [holding('a', '999'), holding('b', '-1000')]);
  assert.deepEqual(texts(nearly), { a: '0.499749874937', b: '0.500250125063' });
});

test('a fill counts for settlements after it, not for one at the same moment', () => {
  const fills = [
    fill('perp', 'sell', '7', '1', '0 USDT', 10, 'b'),
    fill('perp', 'sell', '5', '1', '0 USDT', 5, 'a'),
    fill('perp', 'buy', '5', '1', '0 USDT', 20, 'a'),
    fill('spot', 'buy', '5', '1', '0 USDT', 5, 'a'),
  ];
  const at = (ms: number) =>
    holdingsAt(ms, 'USDC/USDT:USDT', fills).map(({ key, quantityBase }) => `${key} ${quantityBase.toFixed()}`);
  assert.deepEqual(at(5), []);
  assert.deepEqual(at(10), ['a -5']);
  assert.deepEqual(at(20), ['a -5', 'b -7']);
  assert.deepEqual(at(21), ['a 0', 'b -7']);
});

describe('a short of 90,000 that the account held before any position, beside ours of 10,000', () => {
  const symbol = 'USDC/USDT:USDT';
  const fills = [fill('perp', 'sell', '10000', '1', '0 USDT', 5, 'one')];
  const paid = (key: string, besideBase: string, payments = [payment('10', 10)]) =>
    fundingOf(key, symbol, payments, fills, decimal(besideBase)).toFixed();

  test('is paid nine tenths, which are no position’s', () => {
    // 100,000 · 1 bp = 10.
    assert.deepEqual([paid('one', '-90000'), paid(nobody, '-90000')], ['1', '9']);
    assert.deepEqual([paid('one', '0'), paid(nobody, '0')], ['10', '0']);
  });

  test('is paid everything before ours was opened', () => {
    assert.deepEqual([paid('one', '-90000', [payment('9', 5)]), paid(nobody, '-90000', [payment('9', 5)])], ['0', '9']);
  });

  test('is not there any more when it was a long: nothing would have been opened against it', () => {
    assert.deepEqual([paid('one', '90000'), paid(nobody, '90000')], ['10', '0']);
  });
});

test('what a person has accepted as no longer a position’s is paid for itself, and leaves the others’ shares alone', () => {
  const fills = [
    fill('perp', 'sell', '1000', '1', '0 USDT', 5, 'given up'),
    fill('perp', 'buy', '700', '1', '0 USDT', 6, 'given up'),
    fill('perp', 'sell', '600', '1', '0 USDT', 7, 'two'),
  ];
  const of = (key: string) => fundingOf(key, 'USDC/USDT:USDT', [payment('0.9', 10)], fills, decimal('0')).toFixed();
  assert.deepEqual([of('two'), of('given up')], ['0.6', '0.3']);
});

test('property: what positions and nobody are paid comes to what the venue paid, whatever was there before', () => {
  const quantities = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(quantities, fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer(), (sold, beside, cents) => {
      const fills = sold.map((quantity, index) =>
        fill('perp', 'sell', `${quantity}e-2`, '1', '0 USDT', 1, `p${index}`),
      );
      const payments = [payment(toText(decimal(`${cents}e-8`)), 2)];
      const shares = [nobody, ...sold.map((_, index) => `p${index}`)].map((key) =>
        fundingOf(key, 'USDC/USDT:USDT', payments, fills, decimal(`${beside}e-2`)),
      );
      assert.equal(toText(sum(shares)), payments[0]?.amount);
      // Short like ours it takes its part, and no position is paid another's.
      if (beside < 0) assert.ok(shares.every((share) => share.times(decimal(String(cents))).gte(decimal('0'))));
    }),
  );
});

test('property: the shares add up to the payment exactly', () => {
  const quantities = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(quantities, fc.integer(), fc.boolean(), (held, cents, isShort) => {
      const amount = decimal(`${cents}e-8`);
      const holdings = held.map((quantity, index) => holding(String(index), `${isShort ? '-' : ''}${quantity}e-2`));
      const shares = fundingShares(amount, holdings);
      assert.equal(sum(shares.values()).toFixed(), amount.toFixed());
      assert.equal(shares.size, held.length);
    }),
  );
});
