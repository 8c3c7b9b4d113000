/** The executable basis: what both order books would really pay for a size, on either side, opening and closing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  depthWithinBps,
  executableCloseBasisBps,
  executableOpenBasisBps,
  executablePrice,
  midBasisBps,
} from '../../src/domain/basis.ts';
import { decimal, type Decimal } from '../../src/domain/decimal.ts';
import { perpBook, spotBook } from '../support/quotes.ts';

const spot = spotBook({
  bids: [['0.9998', '20000']],
  asks: [
    ['1.0000', '6000'],
    ['1.0002', '6000'],
  ],
});
const perp = perpBook({ bids: [['1.0020', '20000']], asks: [['1.0024', '20000']] });
const size = decimal('10000');
const places = (value: Decimal | undefined, count: number): string | undefined => value?.round(count, 1).toFixed(count);

test('long spot opens at the spot asks and the perpetual bids, volume-weighted', () => {
  // Spot: (6,000 · 1.0000 + 4,000 · 1.0002) / 10,000 = 1.00008. B = 1.0020 − 1.00008 = 0.00192; / 1.00008 = 19.19846 bps.
  const open = executableOpenBasisBps(spot, perp, 'long_spot_short_perp', size);
  assert.equal(open?.spotPrice.toFixed(), '1.00008');
  assert.equal(open?.perpPrice.toFixed(), '1.002');
  assert.equal(places(open?.basisBps, 5), '19.19846');
  assert.equal(places(open?.signedBasisBps, 5), '19.19846');
});

test('short spot opens at the spot bids and the perpetual asks, and a premium is against it', () => {
  // B = 1.0024 − 0.9998 = 0.0026; / 0.9998 = 26.00520 bps; s·B = −26.00520.
  const open = executableOpenBasisBps(spot, perp, 'short_spot_long_perp', size);
  assert.equal(places(open?.basisBps, 5), '26.00520');
  assert.equal(places(open?.signedBasisBps, 5), '-26.00520');
});

test('closing uses the opposite sides: long spot closes where short spot opens', () => {
  const close = executableCloseBasisBps(spot, perp, 'long_spot_short_perp', size);
  assert.equal(close?.spotPrice.toFixed(), '0.9998');
  assert.equal(close?.perpPrice.toFixed(), '1.0024');
  assert.equal(places(close?.signedBasisBps, 5), '26.00520');
  // Opened and closed at once, the position loses both spreads: 19.2 bps in, 26.0 bps out.
});

test('legs that hold different quantities close each for its own', () => {
  const close = executableCloseBasisBps(spot, perp, 'short_spot_long_perp', decimal('12000'), decimal('5000'));
  assert.equal(close?.spotPrice.toFixed(), '1.0001'); // (6,000 · 1.0000 + 6,000 · 1.0002) / 12,000
  assert.equal(close?.perpPrice.toFixed(), '1.002');
});

test('without the depth there is no price, and no basis', () => {
  assert.equal(executablePrice(spot.asks, decimal('12000.01')), null);
  assert.equal(executablePrice(spot.asks, decimal('12000'))?.toFixed(), '1.0001');
  assert.equal(executablePrice(spot.asks, decimal('0')), null);
  assert.equal(executableOpenBasisBps(spot, perp, 'long_spot_short_perp', decimal('15000')), null);
  assert.equal(midBasisBps(spotBook({ asks: [['1', '1']] }), perp), null);
});

test('the mid basis lies between the two executable ones', () => {
  // Mids 0.9999 and 1.0022: 0.0023 / 0.9999 = 23.00230 bps.
  assert.equal(places(midBasisBps(spot, perp) ?? undefined, 5), '23.00230');
});

test('depth counts the levels no further than so many bps from the best', () => {
  assert.equal(depthWithinBps(spot, 'buy', decimal('1.99')).toFixed(), '6000');
  assert.equal(depthWithinBps(spot, 'buy', decimal('2')).toFixed(), '12000');
  assert.equal(depthWithinBps(spotBook({}), 'sell', decimal('2')).toFixed(), '0');
});

test('property: a larger size never trades at a better price', () => {
  const level = fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 10_000 }));
  fc.assert(
    fc.property(
      fc.array(level, { minLength: 1, maxLength: 8 }),
      fc.nat(10_000),
      fc.nat(10_000),
      (steps, one, other) => {
        let price = 10_000;
        const asks = steps.map(([step, quantity]) => {
          price += step;
          return { price: `${price}e-4`, quantityBase: String(quantity) };
        });
        const [small, large] = [Math.min(one, other), Math.max(one, other)].map((quantity) =>
          executablePrice(asks, decimal(String(quantity))),
        );
        if (small && large) assert.ok(small.lte(large));
        if (large) assert.ok(one === 0 || other === 0 || small);
      },
    ),
  );
});
