/** Time-weighted: what is put in and taken out is no return, and changes none. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { decimal, sum } from '../../src/domain/decimal.ts';
import { equityCurve } from '../../src/metrics/equity-curve.ts';
import { totalReturn } from '../../src/metrics/total-return.ts';
import { isNear, markAt } from './support/marks.ts';

describe('the equity curve', () => {
  test('takes a deposit out: 1 % before it and 2 % after it are 3.02 %, whatever was put in', () => {
    // 1,000 → 1,010; then 9,090 more are put in, 10,100 → 10,302, of which 2 % are gains.
    const curve = equityCurve([
      markAt(0, '1000'),
      markAt(1, '1010'),
      markAt(2, '10100', '10090'),
      markAt(3, '10302', '10090'),
    ]);
    assert.deepEqual(
      curve.map(({ transferUsd }) => transferUsd),
      ['0', '0', '9090', '0'],
    );
    const { value, days, n } = totalReturn(curve);
    assert.ok(isNear(value, 1.01 * 1.02 - 1), String(value));
    assert.deepEqual([days, n], [3 / 24, 4]);
  });

  test('takes a withdrawal out at the price of its coin', () => {
    const held = (amount: string, priceUsd: string) => [{ account: 'bybit', currency: 'USDC', amount, priceUsd }];
    const curve = equityCurve([
      { ...markAt(0, '999'), transfers: held('1000', '0.999') },
      // 400 are taken out; what is left is worth 600 · 0.998. The price has lost 1/999.
      { ...markAt(1, '598.8'), transfers: held('600', '0.998') },
    ]);
    assert.equal(curve[1]?.transferUsd, '-399.2');
    // 1,000 coins lost 0.001 each by being held: no trade did that.
    assert.deepEqual([curve[1]?.heldUsd, curve[1]?.tradingUsd], ['-1', '0']);
    assert.equal(totalReturn(curve).value, 0);
    assert.ok(isNear(totalReturn(curve, 'indexWithHeld').value, -1 / 999));
  });

  test('takes the price of coins held out of what trading gained, whatever it does', () => {
    const held = (hours: number, equityUsd: string, amount: string, priceUsd: string) => ({
      ...markAt(hours, equityUsd),
      transfers: [{ account: 'bybit', currency: 'BTC', amount, priceUsd }],
    });
    // 1 BTC falls from 50,000 to 40,000 while a trade gains 100; 1 BTC more is put in at 40,000, and both rise to
    // 45,000 while a trade loses 90.1.
    const curve = equityCurve([
      held(0, '50000', '1', '50000'),
      held(1, '40100', '1', '40000'),
      held(2, '80100', '2', '40000'),
      held(3, '90009.9', '2', '45000'),
    ]);
    assert.deepEqual(
      curve.map(({ transferUsd, heldUsd, tradingUsd }) => [transferUsd, heldUsd, tradingUsd]),
      [
        ['0', '0', '0'],
        ['0', '-10000', '100'],
        ['40000', '0', '0'],
        ['0', '10000', '-90.1'],
      ],
    );
    assert.ok(isNear(totalReturn(curve).value, 1.002 * (1 - 90.1 / 80_100) - 1));
    assert.ok(isNear(totalReturn(curve, 'indexWithHeld').value, 0.802 * (90_009.9 / 80_100) - 1));
  });

  test('an account that comes later comes with what it holds, and one that everything left earns nothing', () => {
    const second = { account: 'binance', currency: 'USDT', amount: '500', priceUsd: '1' };
    const first = markAt(0, '1000');
    const both = { ...markAt(1, '1500'), transfers: [...first.transfers, second] };
    assert.equal(totalReturn(equityCurve([first, both])).value, 0);
    const emptied = [markAt(0, '1000'), markAt(1, '0', '0'), markAt(2, '0', '0'), markAt(3, '700', '700')];
    assert.equal(totalReturn(equityCurve(emptied)).value, 0);
  });

  test('tells nothing of one mark, or of none', () => {
    assert.deepEqual(totalReturn(equityCurve([])), { value: null, days: 0, n: 0 });
    assert.deepEqual(totalReturn(equityCurve([markAt(0, '1000')])), { value: null, days: 0, n: 1 });
  });

  test('property: transfers, coins held and trading add up to the change of equity exactly', () => {
    const mark = fc.record({
      equity: fc.integer({ min: 0, max: 1e9 }),
      coins: fc.array(
        fc.record({
          currency: fc.constantFrom('USDT', 'USDC', 'BTC'),
          amount: fc.integer({ min: -100, max: 1e6 }),
          price: fc.integer({ min: 0, max: 1e6 }),
        }),
        { maxLength: 3 },
      ),
    });
    const places = (value: number, digits: number): string => (value / 10 ** digits).toFixed(digits);
    fc.assert(
      fc.property(fc.array(mark, { minLength: 2, maxLength: 12 }), (marks) => {
        const points = marks.map(({ equity, coins }, hour) => ({
          ...markAt(hour, places(equity, 4)),
          transfers: [...new Map(coins.map((coin) => [coin.currency, coin])).values()].map(
            ({ currency, amount, price }) => ({
              account: 'bybit',
              currency,
              amount: places(amount, 2),
              priceUsd: places(price, 5),
            }),
          ),
        }));
        const curve = equityCurve(points);
        const parts = curve.flatMap(({ transferUsd, heldUsd, tradingUsd }) => [transferUsd, heldUsd, tradingUsd]);
        const [first, last] = [points[0]?.equityUsd ?? '', points.at(-1)?.equityUsd ?? ''];
        assert.equal(sum(parts.map(decimal)).toFixed(), decimal(last).minus(decimal(first)).toFixed());
      }),
    );
  });

  test('property: deposits and withdrawals anywhere leave the return of the gains alone', () => {
    const step = fc.record({ gain: fc.integer({ min: -500, max: 500 }), putIn: fc.integer({ min: -50, max: 100 }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        // Everything is put in or taken out in parts of what is there, and gains are bps of what was there.
        let [equity, putIn, index] = [1000, 1000, 1];
        const marks = [markAt(0, '1000')];
        for (const [hour, { gain, putIn: part }] of steps.entries()) {
          const moved = Math.round(equity * part) / 100;
          equity = equity * (1 + gain / 10_000) + moved;
          putIn += moved;
          index *= 1 + gain / 10_000;
          marks.push(markAt(hour + 1, equity.toFixed(9), putIn.toFixed(9)));
        }
        assert.ok(isNear(totalReturn(equityCurve(marks)).value, index - 1, 1e-7));
      }),
    );
  });
});
