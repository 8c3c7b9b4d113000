/** The source article's price: best bid × 1.0001 to buy, best ask × 0.9999 to sell, on the tick, never across. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimal, toText } from '../../src/domain/decimal.ts';
import type { MakerStyle } from '../../src/domain/position.ts';
import type { Quote } from '../../src/domain/quote.ts';
import { makerLeg } from '../../src/strategy/plan.ts';
import { isMoved, quotePrice, restingPrice } from '../../src/strategy/quote-price.ts';
import { makerPlan } from '../support/makers.ts';
import { pairOf } from '../support/pairs.ts';

function book(bids: readonly [string, string][], asks: readonly [string, string][], aliveAtMs = 0): Quote {
  const levels = (side: readonly [string, string][]) => side.map(([price, quantityBase]) => ({ price, quantityBase }));
  return { venue: 'binanceusdm', symbol: 'USDC/USDT:USDT', bids: levels(bids), asks: levels(asks), aliveAtMs };
}

describe('where a quote rests', () => {
  const fine = decimal('0.000001');
  const wide = book([['0.999', '5000']], [['0.9992', '5000']]);

  test('a basis point inside the spread, rounded away from the other side', () => {
    // 0.999 × 1.0001 = 0.9990999; 0.9992 × 0.9999 = 0.99910008.
    assert.equal(text(restingPrice(wide, 'buy', fine, null)), '0.999099');
    assert.equal(text(restingPrice(wide, 'sell', fine, null)), '0.999101');
  });

  test('a tick before the other side where the spread is narrower than that', () => {
    const narrow = book([['0.999', '5000']], [['0.99905', '5000']]);
    assert.equal(text(restingPrice(narrow, 'buy', fine, null)), '0.999049');
    assert.equal(text(restingPrice(narrow, 'sell', fine, null)), '0.999001');
  });

  test('at the best price itself where the tick is as coarse as the spread', () => {
    const coarse = book([['0.9995', '5000']], [['0.9996', '5000']]);
    assert.equal(text(restingPrice(coarse, 'buy', decimal('0.0001'), null)), '0.9995');
    assert.equal(text(restingPrice(coarse, 'sell', decimal('0.0001'), null)), '0.9996');
  });

  test('our own order is no one to outbid, another at its price is', () => {
    const own = { limitPrice: '0.999099', quantityBase: '1000' };
    const alone = book(
      [
        ['0.999099', '400'],
        ['0.999', '5000'],
      ],
      [['0.9992', '5000']],
    );
    assert.equal(text(restingPrice(alone, 'buy', fine, own)), '0.999099');
    const joined = book(
      [
        ['0.999099', '1400'],
        ['0.999', '5000'],
      ],
      [['0.9992', '5000']],
    );
    // 0.999099 × 1.0001 = 0.9991989…, before the ask of 0.9992.
    assert.equal(text(restingPrice(joined, 'buy', fine, own)), '0.999198');
  });

  test('nowhere on an empty side', () => {
    assert.equal(restingPrice(book([], [['0.9992', '5000']]), 'buy', fine, null), null);
    const onlyOurs = book([['0.999099', '400']], [['0.9992', '5000']]);
    assert.equal(restingPrice(onlyOurs, 'buy', fine, { limitPrice: '0.999099', quantityBase: '400' }), null);
  });

  test('it moves with half a basis point, and with a whole tick where that is more', () => {
    assert.equal(isMoved('0.999099', '0.999148', '0.000001'), false);
    assert.equal(isMoved('0.999099', '0.999149', '0.000001'), true);
    assert.equal(isMoved('0.9995', '0.9995', '0.0001'), false);
    assert.equal(isMoved('0.9995', '0.9994', '0.0001'), true);
  });
});

describe('whether the gap is there for a quote', () => {
  // Short spot sells at 0.9996; the quote buys the perpetual at 0.999099: (0.9996 − 0.999099) / 0.9996 = 5.012 bps.
  const quotes = {
    spot: book([['0.9996', '5000']], [['0.9997', '5000']]),
    perp: book([['0.999', '5000']], [['0.9992', '5000']]),
  };
  const priced = (minimumEntryBps: string, quantity = '1000', nowMs = 0) => {
    const plan = makerPlan({}, { minimumEntryBps });
    assert.ok(plan.style?.kind === 'maker_hedge');
    return quotePrice(plan, plan.style satisfies MakerStyle, quotes, decimal(quantity), null, nowMs);
  };

  test('is judged at the quote and at what the other leg would fetch', () => {
    assert.deepEqual(priced('5'), { kind: 'quote', prices: { spot: '0.9996', perp: '0.999099' } });
    assert.deepEqual(priced('5.1'), {
      kind: 'none',
      reason: 's·B_open of a quote is 5.01 bps, under the 5.1 bps it needs',
    });
  });

  test('is not there without depth for the hedge, nor on old order books', () => {
    assert.equal(priced('5', '6000').kind, 'none');
    assert.match(JSON.stringify(priced('5', '1000', 2_001)), /2001 ms old/);
  });
});

test('the orders rest on the leg whose maker fee saves most, and on spot when both save alike', () => {
  const pair = pairOf('10', '5');
  const saving = (spot: string, perp: string) =>
    makerLeg({ spot: { ...pair.spot, makerFeeBps: spot }, perp: { ...pair.perp, makerFeeBps: perp } });
  assert.equal(saving('10', '2'), 'perp');
  assert.equal(saving('6', '2'), 'spot');
  assert.equal(saving('7', '2'), 'spot');
  assert.equal(saving('10', '-1'), 'perp');
  assert.equal(makerLeg(pair), 'spot');
});

function text(price: ReturnType<typeof restingPrice>): string | null {
  return price === null ? null : toText(price);
}
