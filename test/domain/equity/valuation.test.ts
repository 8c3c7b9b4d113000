/** What a book is worth: its coins, and what it has on, closed at the order books as they stand. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { executableCloseBasisBps } from '../../../src/domain/basis.ts';
import { decimal, sum, toText, zero } from '../../../src/domain/decimal.ts';
import { explainedHoldings, type AccountFlows, type Holdings } from '../../../src/domain/equity/holdings.ts';
import { coinPrice, valueHoldings, type Prices, type ValuationResult } from '../../../src/domain/equity/valuation.ts';
import { unrealisedPnl } from '../../../src/domain/pnl.ts';
import { watchOf } from '../../activities/watching/support.ts';
import { examplePlan } from '../../support/plans.ts';
import { perpBook, spotBook } from '../../support/quotes.ts';

const nowWallMs = 10_000;
const spot = spotBook({ bids: [['0.9995', '60000']], asks: [['0.9997', '60000']], aliveAtMs: nowWallMs });
const perp = perpBook({ bids: [['0.9989', '60000']], asks: [['0.9991', '60000']], aliveAtMs: nowWallMs });

function pricesOf(books = [spot, perp], atMs = nowWallMs): Prices {
  return {
    markets: [spot, perp].map(({ venue, symbol }) => ({ venue, symbol })),
    quote: (venue, symbol) => books.find((book) => book.venue === venue && book.symbol === symbol),
    nowWallMs: atMs,
  };
}

const quiet: AccountFlows = { traded: [], paid: [], perpetualFills: 0 };
const declared = (...balances: [currency: string, total: string][]) => ({
  balances: balances.map(([currency, total]) => ({ currency, total })),
  positions: [],
});
const inventory = declared(['USDT', '50000'], ['USDC', '50000']);
const margin = declared(['USDT', '50000']);

function valueOf(bybit: Holdings, binance: Holdings, prices: Prices = pricesOf()): ValuationResult {
  return valueHoldings(
    [
      { account: 'bybit', venue: 'bybit', holdings: bybit },
      { account: 'binance', venue: 'binanceusdm', holdings: binance },
    ],
    prices,
  );
}

function usdOf(result: ValuationResult): string {
  assert.ok(result.kind === 'valued', JSON.stringify(result));
  const { equityUsd, parts } = result;
  assert.equal(toText(sum(parts.map((one) => decimal(one.amount).times(decimal(one.priceUsd))))), equityUsd);
  return equityUsd;
}

/** 10,000 USDC sold at 0.9996 and bought as a perpetual at 0.9990, half a basis point of fees on each. */
const sold: AccountFlows = {
  traded: [{ symbol: 'USDC/USDT', quantityBase: '-10000', quoteAmount: '9996' }],
  paid: [{ currency: 'USDT', amount: '-0.4998' }],
  perpetualFills: 0,
};
const bought: AccountFlows = {
  traded: [{ symbol: 'USDC/USDT:USDT', quantityBase: '10000', quoteAmount: '-9990' }],
  paid: [{ currency: 'USDT', amount: '-0.4995' }],
  perpetualFills: 1,
};

describe('equity', () => {
  test('before any trade: dollars at par, the inventory of USDC at what it would fetch', () => {
    const result = valueOf(explainedHoldings(inventory, quiet), explainedHoldings(margin, quiet));
    // 50,000 + 50,000 · 0.9995 + 50,000
    assert.equal(usdOf(result), '149975');
  });

  test('a short position is bought back at the ask and sold out at the bid: nothing of it is at a mid price', () => {
    const result = valueOf(explainedHoldings(inventory, sold), explainedHoldings(margin, bought));
    // Spot: 10,000 · (0.9996 − 0.9997) = −1. Perpetual: 10,000 · (0.9989 − 0.9990) = −1. Fees 0.9993.
    assert.equal(usdOf(result), '149972.0007');
  });

  test('a perpetual that was on before the first declaration counts from its entry price', () => {
    const before = {
      ...margin,
      positions: [{ symbol: 'USDC/USDT:USDT', quantityBase: '-1000', entryPrice: '1.0001' }],
    };
    // 50,000 + 1,000 · (1.0001 − 0.9991)
    assert.equal(usdOf(valueOf(explainedHoldings(declared(), quiet), explainedHoldings(before, quiet))), '50001');
  });

  test('what the order book does not hold counts at its worst level', () => {
    const thin = spotBook({
      bids: [
        ['0.9995', '10000'],
        ['0.9990', '5000'],
      ],
      aliveAtMs: nowWallMs,
    });
    const result = valueOf(
      explainedHoldings(declared(['USDC', '50000']), quiet),
      explainedHoldings(declared(), quiet),
      pricesOf([thin, perp]),
    );
    // 10,000 · 0.9995 + 40,000 · 0.9990
    assert.equal(usdOf(result), '49955');
  });

  test('is unknown while an order book that it takes is old, missing or empty', () => {
    const holdings = [explainedHoldings(inventory, sold), explainedHoldings(margin, bought)] as const;
    for (const [books, atMs, reason] of [
      [[spot, perp], nowWallMs + 2_001, /2001 ms old/],
      [[spot], nowWallMs, /no quote of binanceusdm/],
      [[spot, { ...perp, bids: [] }], nowWallMs, /empty/],
    ] as const) {
      const result = valueOf(...holdings, pricesOf([...books], atMs));
      assert.ok(result.kind === 'unknown');
      assert.match(result.reason, reason);
    }
  });

  test('a coin without a price is listed and counts for nothing; a dollar coin that nothing trades is a dollar', () => {
    const result = valueOf(
      explainedHoldings(declared(['BNB', '2'], ['USD', '7']), quiet),
      explainedHoldings(declared(), quiet),
    );
    assert.equal(usdOf(result), '7');
    assert.ok(result.kind === 'valued');
    assert.deepEqual(result.unpriced, [{ currency: 'BNB', amount: '2' }]);
    assert.equal(coinPrice('bybit', 'BNB', zero, pricesOf()), null);
  });

  test('coins of a spot market that is not followed any more are coins like others', () => {
    const flows: AccountFlows = {
      traded: [{ symbol: 'USDC/USD', quantityBase: '100', quoteAmount: '-100' }],
      paid: [],
      perpetualFills: 0,
    };
    const result = valueOf(explainedHoldings(declared(['USD', '100']), flows), explainedHoldings(declared(), quiet));
    assert.equal(usdOf(result), '99.95');
  });

  test('property: opening moves it by the unrealised P&L of the position, both sides, to the fees still to pay', () => {
    const price = fc.integer({ min: 9_000, max: 11_000 }).map((value) => toText(decimal(`${value}e-4`)));
    fc.assert(
      fc.property(fc.constantFrom(1, -1), fc.integer({ min: 1, max: 50_000 }), price, price, (side, base, s, p) => {
        const quantity = decimal(String(side * base));
        const leg = (symbol: string, amount: typeof quantity, at: string): AccountFlows => ({
          traded: [
            { symbol, quantityBase: toText(amount), quoteAmount: toText(zero.minus(amount.times(decimal(at)))) },
          ],
          paid: [],
          perpetualFills: 1,
        });
        const idle = valueOf(explainedHoldings(inventory, quiet), explainedHoldings(margin, quiet));
        const on = valueOf(
          explainedHoldings(inventory, leg('USDC/USDT', quantity, s)),
          explainedHoldings(margin, leg('USDC/USDT:USDT', zero.minus(quantity), p)),
        );
        const direction = side === 1 ? 'long_spot_short_perp' : 'short_spot_long_perp';
        const free = { takerFeeBps: '0' };
        const plan = examplePlan({ direction });
        const watch = watchOf({
          plan: { ...plan, spot: { ...plan.spot, ...free }, perp: { ...plan.perp, ...free } },
          spotQuantityBase: String(base),
          perpQuantityBase: String(base),
          spotOpenPrice: s,
          perpOpenPrice: p,
          openFeesUsd: '0',
        });
        const close = executableCloseBasisBps(spot, perp, direction, decimal(String(base)));
        assert.ok(close);
        const moved = decimal(usdOf(on)).minus(decimal(usdOf(idle)));
        assert.equal(moved.toFixed(), unrealisedPnl(watch, close, zero).netUsd.toFixed());
      }),
    );
  });
});
