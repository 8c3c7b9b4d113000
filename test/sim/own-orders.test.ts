/** An account's order against its own resting order: the position stays, so reduce-only needs a bound of its own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decimal, toText } from '../../src/domain/decimal.ts';
import { positionOf } from '../../src/sim/exchange/funds.ts';
import { accountOf } from '../../src/sim/exchange/state.ts';
import type { Core } from './support/core.ts';
import { startCore } from './support/core.ts';

/** The perpetual at 1: 0.9999995 bid, 1.0000005 asked, so that what rests at 1 comes first on either side. */
function core(): Core {
  return startCore({ venue: 'binanceusdm', closes: ['1'] });
}

function figures({ exchange: { state } }: Core): [trades: number, position: string] {
  const account = accountOf(state, 'a');
  return [account.trades.length, toText(positionOf(account, 'USDCUSDT').quantity)];
}

const ioc = { timeInForce: 'ioc' } as const;

describe('a position of 10', () => {
  it('does not cut a fill with its own resting reduce-only order: 500 are one match', () => {
    const short = core();
    short.place({ side: 'sell', type: 'market', quantity: decimal('10') });
    const resting = short.place({ side: 'buy', quantity: decimal('1000'), reduceOnly: true });
    const taker = short.place({ side: 'sell', quantity: decimal('500'), ...ioc });
    assert.deepEqual([taker.status, toText(resting.filledBase)], ['filled', '500']);
    // One of the opening, and both sides of the match.
    assert.deepEqual(figures(short), [3, '-10']);
  });

  it('lets a reduce-only order take its size once, also from an own order that gives it back', () => {
    const long = core();
    long.place({ side: 'buy', type: 'market', quantity: decimal('10') });
    const resting = long.place({ side: 'buy', quantity: decimal('1000') });
    const taker = long.place({ side: 'sell', quantity: decimal('500'), reduceOnly: true, ...ioc });
    assert.deepEqual([taker.status, toText(taker.filledBase)], ['expired', '10']);
    assert.deepEqual([resting.status, ...figures(long)], ['open', 3, '10']);
  });

  it('leaves no reduce-only remainder across an own order', () => {
    const long = core();
    long.place({ side: 'buy', type: 'market', quantity: decimal('10') });
    long.place({ side: 'buy', quantity: decimal('1000') });
    const taker = long.place({ side: 'sell', quantity: decimal('500'), reduceOnly: true });
    assert.deepEqual([taker.status, taker.doneReason, toText(taker.filledBase)], ['expired', 'reduce_only', '10']);
  });
});
