/** A pair was taken out of the configuration while a position in it is open: its markets are watched until it has closed. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { suite, test } from 'node:test';
import { followHeld, heldMarkets } from '../../../activities/watching/held-markets.ts';
import type { Quote } from '../../../src/domain/quote.ts';
import { pairOf } from '../../support/pairs.ts';
import { examplePlan } from '../../support/plans.ts';
import { spotBook } from '../../support/quotes.ts';

const { spot, perp } = examplePlan();
const spotMarket = { venue: 'bybit', symbol: 'USDC/USDT' };
const perpMarket = { venue: 'binanceusdm', symbol: 'USDC/USDT:USDT' };
/** As the terms come to without any pair in which the account `binance` has a perpetual. */
const equity = {
  accounts: [
    { account: 'bybit', venue: 'bybit', paysFunding: false },
    { account: 'binance', venue: 'binanceusdm', paysFunding: false },
  ],
  markets: [],
};

suite('markets of what is held', () => {
  test('are followed where no configured pair has them, and priced and paid funding for', () => {
    const held = heldMarkets([examplePlan(), examplePlan()], [], equity);
    assert.deepEqual(held, {
      markets: [spotMarket, perpMarket],
      perpetuals: [perpMarket],
      equity: {
        accounts: [equity.accounts[0], { account: 'binance', venue: 'binanceusdm', paysFunding: true }],
        markets: [spotMarket, perpMarket],
      },
    });
  });

  test('are not followed twice: a leg that a configured pair has is in its feed', () => {
    const instrument = { ...perp.instrument, symbol: 'USDC/USD:USD' };
    const other = { ...pairOf(), perp: { ...perp, instrument } };
    const { markets, perpetuals } = heldMarkets([examplePlan()], [other], equity);
    assert.deepEqual([markets, perpetuals], [[perpMarket], [perpMarket]]);
    assert.deepEqual(heldMarkets([examplePlan()], [pairOf()], equity).markets, []);
  });

  test("are those of the configured accounts: a shared ledger has other services' positions", () => {
    const elsewhere = { ...spot, account: 'elsewhere' };
    const moved = { ...perp, instrument: { ...perp.instrument, venue: 'okx' } };
    const live = [examplePlan({ spot: elsewhere }), examplePlan({ perp: moved })];
    assert.deepEqual(heldMarkets(live, [], equity), { markets: [], perpetuals: [], equity });
  });

  test('one that its exchange has no more leaves the quotes of the others alone', async () => {
    const stopping = new AbortController();
    const seen: Quote[] = [];
    const warned: string[] = [];
    const quote = spotBook({ bids: [['1', '1']], asks: [['2', '1']], aliveAtMs: 0 });
    const marketData = {
      watch: async ([market]: readonly { symbol: string }[], onQuote: (quote: Quote) => void, signal: AbortSignal) => {
        if (market?.symbol === perpMarket.symbol) throw new Error('no such symbol');
        onQuote(quote);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
    };
    const following = followHeld(
      marketData,
      [perpMarket, spotMarket],
      (latest) => seen.push(latest),
      stopping.signal,
      (message) => warned.push(message),
    );
    await setImmediate();
    stopping.abort();
    await following;
    assert.deepEqual(seen, [quote]);
    assert.deepEqual(warned, [
      'binanceusdm USDC/USDT:USDT, in which a position is held, cannot be followed: no such symbol',
    ]);
  });
});
