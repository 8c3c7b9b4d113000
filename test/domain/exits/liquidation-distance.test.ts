/** How near a perpetual may come to its liquidation before the pair is closed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liquidationDistance, liquidationDistancePct } from '../../../src/domain/exits/liquidation-distance.ts';
import { concernOf, leaves, nowMs, seenOf, watchOf } from './support.ts';

const reading = (liquidationPrice: string | null, markPrice: string | null = '1.0000', readAtMs = nowMs) => ({
  liquidationPrice,
  markPrice,
  readAtMs,
});
const look = (perpReading: ReturnType<typeof reading>, bound = '10') =>
  liquidationDistance(seenOf(watchOf({ liquidationDistancePct: bound }), { perpReading }));

test('the distance is |liquidation / mark − 1|, above the mark of a short and under that of a long', () => {
  assert.equal(liquidationDistancePct(reading('1.3200', '1.1000'))?.toFixed(), '20');
  assert.equal(liquidationDistancePct(reading('0.6600', '1.1000'))?.toFixed(), '40');
  assert.equal(liquidationDistancePct(reading(null)), null, 'nothing to be liquidated');
  assert.equal(liquidationDistancePct(reading('0')), null, 'how some venues write none');
  assert.equal(liquidationDistancePct(reading('1.1', null)), null);
});

test('exactly at its bound it is held, nearer it is left', () => {
  assert.equal(look(reading('1.1000')), null);
  // 1.0989 / 0.9990 − 1 = 10 %; 1.0979 / 0.9990 − 1 = 9.8999 %.
  assert.equal(look(reading('1.0989', '0.9990')), null);
  assert.equal(
    leaves(look(reading('1.0979', '0.9990'))),
    'liquidation distance 9.9 % < 10 % at binance (liquidation at 1.0979, mark 0.9990)',
  );
});

test('the bound is of the plan, and ten percent where an older plan has none', () => {
  assert.equal(look(reading('1.0600'), '5'), null);
  const old = seenOf(watchOf(), { perpReading: reading('1.0999') });
  assert.match(leaves(liquidationDistance(old)), /< 10 %/);
});

test('it needs no prices of the order books', () => {
  const blind = seenOf(watchOf(), { perpReading: reading('1.05'), closing: null, spotQuote: null, perpQuote: null });
  assert.match(leaves(liquidationDistance(blind)), /5\.0 % < 10 %/);
});

test('an old reading decides nothing, and a person hears of it', () => {
  assert.equal(look(reading('1.5', '1', nowMs - 30_000)), null);
  assert.equal(concernOf(look(reading('1.05', '1', nowMs - 30_001))), 'margin_unread');
});
