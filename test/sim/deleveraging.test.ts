/** Positions that the venue takes from an account on demand: auto-deleveraging and forced liquidation. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decimal, toText, zero } from '../../src/domain/decimal.ts';
import { balanceOf, positionOf } from '../../src/sim/exchange/funds.ts';
import type { SimAccount, SimOrder } from '../../src/sim/exchange/state.ts';
import { accountOf, marketOf } from '../../src/sim/exchange/state.ts';
import type { Core } from './support/core.ts';
import { orderRequest, startCore } from './support/core.ts';

const symbol = 'USDCUSDT';

function accountA(core: Core): SimAccount {
  return accountOf(core.exchange.state, 'a');
}

function quantity(core: Core): string {
  return toText(positionOf(accountA(core), symbol).quantity);
}

/** Sold 1,000 at 0.9999995. */
function shortOf1000(): Core {
  const core = startCore({ venue: 'binanceusdm', closes: ['1'], balances: { USDT: '1000' } });
  core.place({ side: 'sell', price: decimal('0.99'), quantity: decimal('1000'), timeInForce: 'ioc' });
  return core;
}

function shown(order: SimOrder | null): unknown[] {
  return [order?.origin, order?.clientOrderId, order?.side, order?.status, toText(order?.filledBase ?? zero)];
}

describe('auto-deleveraging', () => {
  it('takes part of a position at the mark, without a fee, a public trade or a look at the book', () => {
    const core = shortOf1000();
    core.exchange.setMarks(symbol, { mark: decimal('1.01') });
    const order = core.exchange.deleverage('a', symbol, decimal('400'));
    assert.deepEqual(shown(order), ['adl', '', 'buy', 'filled', '400']);
    const trade = accountA(core).trades.at(-1);
    // 400 · (0.9999995 − 1.01)
    assert.deepEqual(
      [trade?.price, trade?.fee, trade?.realised].map((value) => toText(value ?? decimal('9'))),
      ['1.01', '0', '-4.0002'],
    );
    const market = marketOf(core.exchange.state, symbol);
    assert.deepEqual([market.publicTrades.length, toText(market.lastPrice ?? zero)], [1, '0.9999995']);
    assert.equal(quantity(core), '-600');
  });

  it('takes all of it unless told how much, never more than there is, and nothing where there is nothing', () => {
    const core = shortOf1000();
    assert.deepEqual(shown(core.exchange.deleverage('a', symbol, decimal('5000'))), [
      'adl',
      '',
      'buy',
      'filled',
      '1000',
    ]);
    assert.equal(core.exchange.deleverage('a', symbol, null), null);
    assert.equal(accountA(core).orders.length, 2);
  });
});

describe('liquidation on demand', () => {
  it('closes a position that has margin enough, in the book', () => {
    const core = shortOf1000();
    const resting = core.place({ price: decimal('0.9'), quantity: decimal('100') });
    assert.deepEqual(shown(core.exchange.liquidate('a', symbol)), ['liquidation', '', 'buy', 'filled', '1000']);
    assert.equal(resting.status, 'cancelled');
    // 1000 − 0.9999995 − 0.001 − 1.0000005 − 10.000005
    assert.equal(toText(balanceOf(accountA(core), 'USDT')), '987.998995');
    assert.equal(core.exchange.liquidate('a', symbol), null);
  });

  it('costs the maintenance margin where the book is empty, not the whole account', () => {
    const core = shortOf1000();
    core.exchange.setLevels(symbol, decimal('1'), [], []);
    core.exchange.liquidate('a', symbol);
    // taken over at 1 + 1 %, and 1 % of 1,010 as a fee: 1000 − 0.9999995 − 10.0005 − 10.1
    assert.equal(toText(accountA(core).trades.at(-1)?.price ?? zero), '1.01');
    assert.equal(toText(balanceOf(accountA(core), 'USDT')), '978.8995005');
  });
});

describe('a step of the venue that follows a request', () => {
  const hits = (account: string): boolean => account === 'a';

  it('deleverages a fraction of the position that the request has just made, rounded up to a step', () => {
    const core = startCore({ venue: 'binanceusdm', closes: ['1'], accounts: ['a', 'b'] });
    const buy = (account: string): unknown =>
      core.exchange.place(account, orderRequest({ type: 'market', quantity: decimal('101') }));
    core.exchange.force({ strike: { kind: 'deleverage', fraction: decimal('0.5'), hits } }, () => buy('a'));
    core.exchange.force({ strike: { kind: 'deleverage', fraction: decimal('0.5'), hits } }, () => buy('b'));
    // 101 − 51, then half of the 50 that are left
    assert.equal(quantity(core), '25');
    assert.equal(toText(positionOf(accountOf(core.exchange.state, 'b'), symbol).quantity), '101');
  });

  it('liquidates it', () => {
    const core = startCore({ venue: 'binanceusdm', closes: ['1'] });
    core.exchange.force({ strike: { kind: 'liquidate', fraction: decimal('1'), hits } }, () =>
      core.place({ type: 'market', quantity: decimal('100') }),
    );
    assert.deepEqual([quantity(core), accountA(core).orders.at(-1)?.origin], ['0', 'liquidation']);
  });
});
