/** Which opportunity comes first when there are several. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constantOutlook } from '../../src/domain/carry.ts';
import { decimal } from '../../src/domain/decimal.ts';
import type { ApprovedSide } from '../../src/strategy/evaluate.ts';
import { rank, riskScore } from '../../src/strategy/rank.ts';
import { pairOf } from '../support/pairs.ts';
import type { Direction } from '../../src/domain/direction.ts';

function side(pairId: string, apyPct: string, net: string, spotVenue = 'bybit', direction?: Direction): ApprovedSide {
  const pair = pairOf('10', '5', pairId);
  const one = decimal('1');
  return {
    kind: 'approved',
    pair: { ...pair, spot: { ...pair.spot, instrument: { ...pair.spot.instrument, venue: spotVenue } } },
    direction: direction ?? 'long_spot_short_perp',
    quantityBase: one,
    enteredFor: 'basis',
    centreBps: decimal('0'),
    requiredBasisBps: one,
    funding: constantOutlook({ rate: '0', nextSettlementAtMs: 0, intervalHours: 8 }),
    basis: { spotPrice: one, perpPrice: one, basisBps: one, signedBasisBps: one },
    expected: { net: decimal(net), capital: one, aprPct: decimal(apyPct), apyPct: decimal(apyPct) },
    breakEvenDays: null,
  };
}

const order = (sides: readonly ApprovedSide[]): string[] => rank(sides).map(({ pair }) => pair.pairId);

test('a score is the mean of the two venues, 3 for one that is not known', () => {
  assert.equal(riskScore('coinbase', 'dydx').toFixed(), '1.25');
  assert.equal(riskScore('bybit', 'binanceusdm').toFixed(), '2.1');
  assert.equal(riskScore('bybit', 'toString').toFixed(), '3');
  assert.equal(riskScore('coinbase', 'coinbase', decimal('1.5')).toFixed(), '1.5', 'times the volatility multiplier');
});

test('less pay at less risk comes before more pay at more', () => {
  // 20 % / 2.1 = 9.52 at bybit and binance; 18 % / 1.1 = 16.36 at coinbase and binance.
  assert.deepEqual(order([side('risky', '20', '0.01'), side('safe', '18', '0.01', 'coinbase')]), ['safe', 'risky']);
});

test('ties go to the larger net return, then to the pair id, then to the long side', () => {
  const tied = [side('b', '20', '0.01'), side('a', '20', '0.01'), side('c', '20', '0.02')];
  assert.deepEqual(order(tied), ['c', 'a', 'b']);
  assert.deepEqual(order(tied.toReversed()), ['c', 'a', 'b'], 'whatever the order they came in');
  const both = [side('a', '20', '0.01', 'bybit', 'short_spot_long_perp'), side('a', '20', '0.01')];
  assert.deepEqual(
    rank(both).map(({ direction }) => direction),
    ['long_spot_short_perp', 'short_spot_long_perp'],
  );
});
