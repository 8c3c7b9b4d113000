/** Fills that the venue made by itself, shared among the positions that they shrank. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decimal, sum, toText, zero } from '../../src/domain/decimal.ts';
import type { VenueFill } from '../../src/domain/fill.ts';
import { mostShrunk, shareVenueFills, type HeldLeg } from '../../src/domain/reconciliation/venue-fills.ts';

function fill(change: Partial<VenueFill>): VenueFill {
  return {
    venueOrderId: 'v1',
    tradeId: 't1',
    symbol: 'USDC/USDT:USDT',
    side: 'buy',
    price: '1',
    quantityBase: '100',
    fee: '0.05',
    feeCurrency: 'USDT',
    role: 'taker',
    executedAtMs: 1,
    ...change,
  };
}

const leg = (positionKey: string, held: string): HeldLeg => ({ positionKey, heldBase: decimal(held) });

describe('a fill of the venue', () => {
  test('shrinks the position that held the other side of it', () => {
    const { shares, unexplained } = shareVenueFills([fill({ quantityBase: '40' })], [leg('a', '-100')]);
    assert.deepEqual(
      shares.map(({ positionKey, piece, fill: { quantityBase, fee } }) => [positionKey, piece, quantityBase, fee]),
      [['a', 0, '40', '0.05']],
    );
    assert.deepEqual(unexplained, []);
  });

  test('larger than one position goes on to the next, its fee in proportion and to the last digit', () => {
    // 70 of 100: 0.05 · 0.7 = 0.035; the rest takes what is left.
    const { shares } = shareVenueFills([fill({})], [leg('old', '-70'), leg('long', '500'), leg('new', '-70')]);
    assert.deepEqual(
      shares.map(({ positionKey, piece, fill: { quantityBase, fee } }) => [positionKey, piece, quantityBase, fee]),
      [
        ['old', 0, '70', '0.035'],
        ['new', 1, '30', '0.015'],
      ],
    );
  });

  test('that no position explains is nobody’s, also when only a part of it is', () => {
    const lone = fill({ side: 'sell' });
    assert.deepEqual(shareVenueFills([lone], [leg('a', '-100')]), { shares: [], unexplained: [lone] });
    const larger = shareVenueFills([fill({ quantityBase: '130' })], [leg('a', '-100')]);
    assert.deepEqual(
      larger.shares.map(({ fill: { quantityBase } }) => quantityBase),
      ['100'],
    );
    assert.equal(larger.unexplained.length, 1);
  });

  test('shrinks what was there when it happened: neither what was opened since, nor what has been closed since', () => {
    // At 10 the closed one held 100 and the open one nothing; now it is the other way round, and the third held all along.
    const at = (before: string, since: string) => (atMs: number) => decimal(atMs < 20 ? before : since);
    const { shares, unexplained } = shareVenueFills(
      [fill({ executedAtMs: 10 })],
      [
        { ...leg('closed since', '0'), heldAt: at('-100', '0') },
        { ...leg('opened since', '-100'), heldAt: at('0', '-100') },
        { ...leg('there', '-100'), heldAt: at('-100', '-100') },
      ],
    );
    assert.deepEqual(
      shares.map(({ positionKey, fill: { quantityBase } }) => [positionKey, quantityBase]),
      [['there', '100']],
    );
    assert.deepEqual(unexplained, []);
  });

  test('shrinks positions no further than the venue holds less than they do', () => {
    const legs = [leg('old', '-70'), leg('new', '-30')];
    // −100 held by positions, −60 left at the venue: 40 are gone; what else was bought was nobody’s.
    const { shares, unexplained } = shareVenueFills([fill({})], legs, mostShrunk(legs, decimal('-60')));
    assert.deepEqual(
      shares.map(({ positionKey, fill: { quantityBase } }) => [positionKey, quantityBase]),
      [['old', '40']],
    );
    assert.equal(unexplained.length, 1);
    const whole = shareVenueFills([fill({})], legs, mostShrunk(legs, decimal('-100')));
    assert.deepEqual(whole.shares, [], 'the venue holds all that they do');
    const turned = shareVenueFills([fill({})], legs, mostShrunk(legs, decimal('50')));
    assert.equal(turned.shares.length, 2, 'the venue holds nothing of theirs');
  });

  test('beside what a person holds the other way shrinks nobody, as long as the venue holds the difference', () => {
    const legs = [leg('a', '-100')];
    // +50 of a person's, netted with the −100: −50. Bought and sold again by hand, it is −50 as before.
    assert.deepEqual(shareVenueFills([fill({})], legs, mostShrunk(legs, decimal('-50'), decimal('50'))).shares, []);
    const taken = shareVenueFills([fill({})], legs, mostShrunk(legs, decimal('-30'), decimal('50')));
    assert.deepEqual(
      taken.shares.map(({ fill: { quantityBase } }) => quantityBase),
      ['20'],
    );
    // The same way, it may be closed by hand before anything is taken from the position.
    assert.deepEqual(shareVenueFills([fill({})], legs, mostShrunk(legs, decimal('-100'), decimal('-50'))).shares, []);
    const long = [leg('a', '100')];
    const sold = [fill({ side: 'sell' })];
    assert.deepEqual(shareVenueFills(sold, long, mostShrunk(long, decimal('50'), decimal('-50'))).shares, []);
    assert.equal(shareVenueFills(sold, long, mostShrunk(long, decimal('30'), decimal('-50'))).shares.length, 1);
  });

  test('that struck one which closed all the same has shrunk the one whose quantity was closed with it', () => {
    const { shares, unexplained } = shareVenueFills(
      [fill({ executedAtMs: 10 })],
      [
        { ...leg('closed since', '0'), heldAt: () => decimal('-100') },
        { ...leg('opened since', '-120'), heldAt: () => zero },
      ],
    );
    assert.deepEqual(
      shares.map(({ positionKey, fill: { quantityBase } }) => [positionKey, quantityBase]),
      [['opened since', '100']],
    );
    assert.deepEqual(unexplained, []);
  });

  test('shares add up to the fill, never take more than a position holds, and never turn one around', () => {
    const quantity = fc.integer({ min: 1, max: 1_000_000 }).map((value) => (value / 1000).toFixed(3));
    const fills = fc.array(fc.tuple(quantity, fc.boolean(), fc.integer({ min: -500, max: 500 })), { maxLength: 8 });
    const held = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { maxLength: 6 });
    fc.assert(
      fc.property(fills, held, (rawFills, rawHeld) => {
        const given = rawFills.map(([quantityBase, buys, fee], index) =>
          fill({ tradeId: String(index), quantityBase, side: buys ? 'buy' : 'sell', fee: (fee / 1000).toFixed(3) }),
        );
        const legs = rawHeld.map((value, index) => leg(String(index), (value / 1000).toFixed(3)));
        const { shares, unexplained } = shareVenueFills(given, legs);
        for (const { tradeId, quantityBase, fee } of given) {
          const own = shares.filter((share) => share.fill.tradeId === tradeId);
          const taken = sum(own.map((share) => decimal(share.fill.quantityBase)));
          const isWhole = !unexplained.some((one) => one.tradeId === tradeId);
          assert.ok(isWhole ? taken.eq(decimal(quantityBase)) : taken.lt(decimal(quantityBase)));
          if (isWhole) assert.equal(toText(sum(own.map((share) => decimal(share.fill.fee)))), toText(decimal(fee)));
        }
        for (const { positionKey, heldBase } of legs) {
          const change = sum(
            shares
              .filter((share) => share.positionKey === positionKey)
              .map(({ fill: { side, quantityBase } }) =>
                side === 'buy' ? decimal(quantityBase) : zero.minus(decimal(quantityBase)),
              ),
          );
          const after = heldBase.plus(change);
          assert.ok(after.abs().lte(heldBase.abs()) && (after.eq(zero) || after.gt(zero) === heldBase.gt(zero)));
        }
      }),
    );
  });
});
