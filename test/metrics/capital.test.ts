/** What capital earned while it was tied up, and how much of it was. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { apy } from '../../src/metrics/apy.ts';
import { deployedApr } from '../../src/metrics/deployed-apr.ts';
import { deploymentOf } from '../../src/metrics/trade.ts';
import { utilisation } from '../../src/metrics/utilisation.ts';
import { watchOf } from '../activities/watching/support.ts';
import { dailyCurve, dayMs, isNear, startMs } from './support/marks.ts';

const held = (capitalUsd: string, fromDays: number, toDays: number | null) => ({
  capitalUsd,
  openedAtMs: startMs + fromDays * dayMs,
  closedAtMs: toDays === null ? null : startMs + toDays * dayMs,
});

describe('capital', () => {
  test('of a position is Q·S and a third of Q·P, at the opening fills', () => {
    const watch = watchOf({ spotOpenPrice: '0.9996', perpOpenPrice: '0.9990' });
    const position = {
      key: watch.key,
      plan: watch.plan,
      status: 'closed' as const,
      exitReason: null,
      attribution: null,
      openedAtMarketMs: startMs,
      closedAtMarketMs: startMs + dayMs,
    };
    // 10,000 · 0.9996 + 10,000 · 0.9990 / 3
    assert.equal(deploymentOf({ position, watch })?.capitalUsd, '13326');
    assert.equal(deploymentOf({ position, watch: null }), null, 'never hedged');
  });

  test('earned 7.3 % a year: 8 USD on 10,000 for a day and 30,000 for one', () => {
    const ended = [
      { realisedUsd: '10', deployment: held('10000', 0, 1) },
      { realisedUsd: '-2', deployment: held('30000', 1, 2) },
      { realisedUsd: '0', deployment: null },
    ];
    // 8 / 40,000 · 365
    const ratio = deployedApr(ended, 14);
    assert.ok(isNear(ratio.value, 0.073));
    assert.deepEqual([ratio.days, ratio.n], [14, 3]);
    assert.equal(deployedApr([], 14).value, null);
  });

  test('was used to a quarter: 10,000 for two of four days, of 10,000 to 30,000 of equity', () => {
    // Each mark lasts to the next: 10,000 + 10,000 + 30,000 + 30,000 = 80,000 dollar-days; 20,000 of them used.
    const curve = dailyCurve(10, 10, 30, 30, 30);
    assert.ok(isNear(utilisation([held('10000', 1, 3)], curve).value, 0.25));
    assert.ok(isNear(utilisation([held('10000', 2, null)], curve).value, 0.25), 'and still is');
    assert.ok(isNear(utilisation([held('10000', -9, 2)], curve).value, 0.25), 'within the marks alone');
    assert.equal(utilisation([], []).value, null);
  });

  test('on all equity compounds: 1 % in 36.5 days is 1.01^10 − 1 a year', () => {
    assert.ok(isNear(apy({ value: 0.01, days: 36.5, n: 9 }).value, 0.10462212541120453));
    assert.equal(apy({ value: 0.01, days: 0.5, n: 9 }).value, null, 'half a day says nothing of a year');
    assert.equal(apy({ value: null, days: 0, n: 0 }).value, null);
  });

  test('property: the deployed return is linear: every P&L twice as large, or half as long, is twice as much', () => {
    fc.assert(
      fc.property(fc.integer({ min: -900, max: 900 }), fc.integer({ min: 1, max: 30 }), (pnl, length) => {
        const of = (usd: number, toDays: number) =>
          deployedApr([{ realisedUsd: String(usd), deployment: held('12000', 0, toDays) }], 60).value ?? NaN;
        assert.ok(isNear(of(2 * pnl, length), 2 * of(pnl, length)));
        assert.ok(isNear(of(pnl, length / 2), 2 * of(pnl, length)));
      }),
    );
  });
});
