/** How near a perpetual may come to its liquidation before both legs are reduced, and by how much. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liquidationDistance, liquidationDistancePct } from '../../../src/domain/exits/liquidation-distance.ts';
import type { RuleAnswer } from '../../../src/domain/exits/seen.ts';
import { perpBook } from '../../support/quotes.ts';
import { concernOf, leaves, nowMs, seenOf, watchOf } from './support.ts';

const reading = (liquidationPrice: string | null, markPrice: string | null = '1.0000', readAtMs = nowMs) => ({
  liquidationPrice,
  markPrice,
  readAtMs,
});
const look = (perpReading: ReturnType<typeof reading>, bound = '10') =>
  liquidationDistance(seenOf(watchOf({ liquidationDistancePct: bound }), { perpReading }));

function reduces(answer: RuleAnswer | null): string {
  return answer?.kind === 'reduce' ? answer.detail : 'no';
}

test('the distance is |liquidation / mark − 1|, above the mark of a short and under that of a long', () => {
  assert.equal(liquidationDistancePct(reading('1.3200', '1.1000'))?.toFixed(), '20');
  assert.equal(liquidationDistancePct(reading('0.6600', '1.1000'))?.toFixed(), '40');
  assert.equal(liquidationDistancePct(reading(null)), null, 'nothing to be liquidated');
  assert.equal(liquidationDistancePct(reading('0')), null, 'how some venues write none');
  assert.equal(liquidationDistancePct(reading('1.1', null)), null);
});

test('exactly at its bound it is held, nearer both legs are reduced to distance / 20 %, rounded down', () => {
  assert.equal(look(reading('1.1000')), null);
  // 1.0989 / 0.9990 − 1 = 10 %; 1.0979 / 0.9990 − 1 = 9.8999 %, of 20 %: 0.494995.
  assert.equal(look(reading('1.0989', '0.9990')), null);
  const seen = 'liquidation distance 9.9 % < 10 % at binance (liquidation at 1.0979, mark 0.9990)';
  assert.deepEqual(look(reading('1.0979', '0.9990')), {
    kind: 'reduce',
    detail: `${seen}; both legs are reduced to 49.5 %, for a distance of 20 %`,
    keepShare: '0.4949',
  });
});

test('at the share that is kept the distance is the target at least, of either direction and any tier', () => {
  // Liquidation: E ∓ Q·(L − P) = m·Q·L, so L = (E ± Q·P) / (Q·(m ± 1)); E is what a reduction leaves as it is.
  const distance = (direction: 1 | -1, equity: number, quantity: number, rate: number): number =>
    Math.abs((quantity * direction - equity) / (quantity * (direction - rate)) - 1);
  for (const direction of [1, -1] as const) {
    for (const rate of [0.004, 0.02, 0.05]) {
      for (const equity of [600, 900, 1_100]) {
        const before = distance(direction, equity, 10_000, rate);
        const liquidation = (1 - direction * before).toFixed(8);
        const answer = look(reading(liquidation));
        if (before >= 0.1) assert.equal(answer, null);
        else {
          assert.ok(answer?.kind === 'reduce');
          const after = distance(direction, equity, 10_000 * Number(answer.keepShare), rate);
          assert.ok(after >= 0.2, `${direction} ${rate} ${equity}: ${before} to ${after}`);
          // The smaller the maintenance rate, which is left out, the nearer it is to the target.
          if (rate === 0.004 && equity === 900) assert.ok(after < 0.21, `${after}`);
        }
      }
    }
  }
});

test('with a target at or under the bound it is left whole', () => {
  const rules = { liquidationDistancePct: '10', liquidationTargetPct: '10' };
  const seen = seenOf(watchOf(rules), { perpReading: reading('1.0979', '0.9990') });
  assert.equal(
    leaves(liquidationDistance(seen)),
    'liquidation distance 9.9 % < 10 % at binance (liquidation at 1.0979, mark 0.9990)',
  );
});

test('a reading from before the last reduction says nothing', () => {
  const reduced = { openedSpotBase: '10000', realisedUsd: '0', atWallMs: nowMs - 4_000 };
  const of = { ...watchOf(), reduced };
  const at = (readAtMs: number) => liquidationDistance(seenOf(of, { perpReading: reading('1.05', '1', readAtMs) }));
  assert.equal(at(nowMs - 4_000), null);
  assert.equal(at(nowMs - 3_999)?.kind, 'reduce');
});

test('the bound is of the plan, and ten percent where an older plan has none', () => {
  assert.equal(look(reading('1.0600'), '5'), null);
  const old = seenOf(watchOf(), { perpReading: reading('1.0999') });
  assert.match(reduces(liquidationDistance(old)), /< 10 %.*for a distance of 20 %/);
});

test('it needs no prices of the order books', () => {
  const blind = seenOf(watchOf(), { perpReading: reading('1.05'), closing: null, spotQuote: null, perpQuote: null });
  assert.match(reduces(liquidationDistance(blind)), /5\.0 % < 10 %/);
});

test('an old reading decides nothing, and a person hears of it', () => {
  assert.equal(look(reading('1.5', '1', nowMs - 30_000)), null);
  assert.equal(concernOf(look(reading('1.05', '1', nowMs - 30_001))), 'margin_unread');
});

test('without a mark the middle of the perpetual’s order book stands in for it', () => {
  const perpReading = reading('1.0979', null);
  const book = (aliveAtMs: number) => perpBook({ bids: [['0.9989', '1']], asks: [['0.9991', '1']], aliveAtMs });
  const at = (perpQuote: ReturnType<typeof book> | null) =>
    liquidationDistance(seenOf(watchOf({ liquidationDistancePct: '10' }), { perpReading, perpQuote }));
  const answer = at(book(nowMs - 30_000));
  assert.ok(answer?.kind === 'reduce');
  assert.equal(answer.keepShare, '0.4949');
  assert.match(answer.detail, /liquidation at 1\.0979, mark 0\.999\)/);
  // Nothing tells how far away it is, and a person hears of it.
  assert.equal(concernOf(at(book(nowMs - 30_001))), 'margin_unread');
  assert.equal(concernOf(at(perpBook({ bids: [['0.9989', '1']], aliveAtMs: nowMs }))), 'margin_unread');
  assert.equal(concernOf(at(null)), 'margin_unread');
});
