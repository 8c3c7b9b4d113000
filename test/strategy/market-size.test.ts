/** Market orders carry no limit: their size is their protection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Move } from '../../src/domain/execution/decide.ts';
import type { Quote } from '../../src/domain/quote.ts';
import { shallowLeg, sizedToDepth } from '../../src/strategy/market-size.ts';
import { examplePlan } from '../support/plans.ts';

const plan = examplePlan({ style: { kind: 'market' } });
const move: Move = {
  leg: 'spot',
  side: 'sell',
  purpose: 'open',
  quantityBase: '10000',
  reduceOnly: false,
  slippageBps: '2',
  step: 1,
  attempt: 1,
};

function selling(...bids: [string, string][]): Quote {
  const levels = bids.map(([price, quantityBase]) => ({ price, quantityBase }));
  return { venue: 'bybit', symbol: 'USDC/USDT', bids: levels, asks: [], aliveAtMs: 0 };
}

test('no more is sent than the order book holds within the slippage of its best price', () => {
  // 2 bps of 1.0000 reach down to 0.9998: 3,000.005 + 4,000 of it, in lots of 0.01.
  const quote = selling(['1', '3000.005'], ['0.9998', '4000'], ['0.9997', '90000']);
  assert.deepEqual(sizedToDepth(plan, move, quote), {
    move: { ...move, quantityBase: '7000' },
    price: '1',
    isWithheld: false,
  });
  const deep = selling(['1', '90000']);
  assert.deepEqual(sizedToDepth(plan, move, deep), { move, price: '1', isWithheld: false });
});

test('nothing is sent for less than the smallest order, nor into an empty side', () => {
  assert.equal(sizedToDepth(plan, move, selling(['1', '0.9'], ['0.9', '90000']))?.isWithheld, true);
  assert.equal(sizedToDepth(plan, move, selling()), null);
});

test('an opening needs its whole size within the slippage on both legs', () => {
  const moves: Move[] = [move, { ...move, leg: 'perp', side: 'buy' }];
  const buying: Quote = { ...selling(), symbol: 'USDC/USDT:USDT', asks: [{ price: '0.999', quantityBase: '9000' }] };
  const deep: Quote = { ...buying, asks: [{ price: '0.999', quantityBase: '10000' }] };
  assert.equal(shallowLeg(plan, moves, [selling(['1', '10000']), deep]), null);
  assert.equal(
    shallowLeg(plan, moves, [selling(['1', '10000']), buying]),
    'bybit USDC/USDT:USDT holds 9000 of 10000 within 2 bps',
  );
});
