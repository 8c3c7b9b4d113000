/** One funding payment, several positions: every cent goes to exactly one of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decimal, sum } from '../../src/domain/decimal.ts';
import { fundingShares, holdingsAt } from '../../src/domain/funding-share.ts';
import { fill } from '../support/pnl-inputs.ts';

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
