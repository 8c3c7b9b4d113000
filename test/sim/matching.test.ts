/** The life of orders on one core: crossing, partial fills, resting, reduce-only, and what is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decimal, toText } from '../../src/domain/decimal.ts';
import { accountOf } from '../../src/sim/exchange/state.ts';
import type { SimTrade } from '../../src/sim/exchange/state.ts';
import { hourMs, startCore } from './support/core.ts';
import type { Core } from './support/core.ts';

function fills(core: Core, account = 'a'): [string, string, string][] {
  return accountOf(core.exchange.state, account).trades.map((trade: SimTrade) => [
    toText(trade.quantityBase),
    toText(trade.price),
    trade.role,
  ]);
}

describe('a spot book half a tick off the grid: 0.99955 bid, 0.99965 asked', () => {
  it('fills a buy on the grid above the ask, at the ask', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'] });
    const order = core.place({ price: decimal('0.9997'), quantity: decimal('400') });
    assert.equal(order.status, 'filled');
    assert.deepEqual(fills(core), [['400', '0.99965', 'taker']]);
  });

  it('rests a buy on the grid below the ask, inside the spread', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'] });
    const order = core.place({ price: decimal('0.9996') });
    assert.equal(order.status, 'open');
    assert.deepEqual(fills(core), []);
  });

  it('walks the levels, and an IOC order expires with what is left at its limit', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'] });
    const order = core.place({ price: decimal('0.9998'), quantity: decimal('2500'), timeInForce: 'ioc' });
    assert.deepEqual([order.status, toText(order.filledBase)], ['expired', '2000']);
    assert.deepEqual(fills(core), [
      ['1000', '0.99965', 'taker'],
      ['1000', '0.99975', 'taker'],
    ]);
  });

  it('has the depth back after the refill interval, and not before', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'] });
    const take = { price: decimal('0.9997'), quantity: decimal('1000'), timeInForce: 'ioc' } as const;
    assert.equal(core.place(take).status, 'filled');
    core.clock.pass(59_999);
    assert.equal(toText(core.place(take).filledBase), '0');
    core.clock.pass(1);
    assert.equal(core.place(take).status, 'filled');
  });

  it('fills a resting order at its own price when the tape moves through it', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996', '0.9990'] });
    const order = core.place({ price: decimal('0.9994'), quantity: decimal('1500') });
    assert.equal(order.status, 'open');
    core.clock.pass(hourMs);
    core.exchange.advance();
    assert.equal(order.status, 'filled');
    // Asks at 0.99905 and 0.99915 are both below the limit.
    assert.deepEqual(fills(core), [
      ['1000', '0.9994', 'maker'],
      ['500', '0.9994', 'maker'],
    ]);
    assert.equal(order.updatedAtMs, core.clock.marketMs());
  });

  it('matches two accounts inside the spread, the older order first', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'], accounts: ['a', 'b', 'c'] });
    const sell = { side: 'sell', price: decimal('0.9996'), quantity: decimal('60') } as const;
    for (const account of ['b', 'c']) {
      const placed = core.exchange.place(account, {
        ...sell,
        instrument: 'USDCUSDT',
        clientOrderId: '',
        type: 'limit',
        timeInForce: 'gtc',
        quantityUnit: 'base',
        reduceOnly: false,
      });
      assert.equal(placed.kind, 'placed');
    }
    core.place({ price: decimal('0.9997'), quantity: decimal('100') });
    assert.deepEqual(fills(core), [
      ['60', '0.9996', 'taker'],
      ['40', '0.9996', 'taker'],
    ]);
    assert.deepEqual(fills(core, 'b'), [['60', '0.9996', 'maker']]);
    assert.deepEqual(fills(core, 'c'), [['40', '0.9996', 'maker']]);
  });

  it('spends a quote amount on a market buy, to the last lot', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'] });
    const order = core.place({ type: 'market', quantity: decimal('100'), quantityUnit: 'quote' });
    // 100 / 0.99965 = 100.0350…, floored to 0.01.
    assert.deepEqual([order.status, toText(order.filledBase)], ['filled', '100.03']);
  });

  it('cancels a post-only order that would take, and one that cannot fill whole at once', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'] });
    const postOnly = core.place({ price: decimal('0.9997'), timeInForce: 'post_only' });
    assert.deepEqual([postOnly.status, postOnly.doneReason], ['cancelled', 'post_only_would_take']);
    const whole = core.place({ price: decimal('0.9997'), quantity: decimal('1001'), timeInForce: 'fok' });
    assert.deepEqual([whole.status, toText(whole.filledBase)], ['cancelled', '0']);
    assert.equal(
      core.place({ price: decimal('0.9997'), quantity: decimal('1000'), timeInForce: 'fok' }).status,
      'filled',
    );
  });
});

describe('a spot account', () => {
  it('holds what its open orders could spend, and gets it back', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'], balances: { USDT: '100', USDC: '0' } });
    const order = core.place({ price: decimal('0.9'), quantity: decimal('100') });
    assert.equal(core.refusal({ price: decimal('0.9'), quantity: decimal('12') }), 'insufficient_balance');
    core.exchange.cancel('a', order.id);
    assert.equal(core.refusal({ price: decimal('0.9'), quantity: decimal('12') }), null);
  });

  it('refuses what breaks a filter', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'] });
    const refused = (request: Parameters<typeof core.refusal>[0]): string | null => core.refusal(request);
    assert.equal(refused({ price: decimal('0.99955') }), 'price_off_tick');
    assert.equal(refused({ quantity: decimal('1.001') }), 'quantity_off_step');
    assert.equal(refused({ quantity: decimal('0.5') }), 'quantity_below_minimum');
    assert.equal(refused({ quantity: decimal('1'), price: decimal('0.5') }), 'notional_below_minimum');
    assert.equal(refused({ quantity: decimal('0') }), 'quantity_not_positive');
    assert.equal(refused({ quantity: decimal('9000001') }), 'quantity_above_maximum');
  });

  it('keeps client ids unique for good, where the venue does', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'] });
    const first = core.place({ clientOrderId: 'x', price: decimal('0.9') });
    core.exchange.cancel('a', first.id);
    assert.equal(core.refusal({ clientOrderId: 'x', price: decimal('0.9') }), 'duplicate_client_order_id');
  });

  it('keeps client ids unique among open orders only, where the venue does; a look-up finds the newest', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'], rules: { clientIdScope: 'open' } });
    const first = core.place({ clientOrderId: 'x', price: decimal('0.9') });
    assert.equal(core.refusal({ clientOrderId: 'x', price: decimal('0.9') }), 'duplicate_client_order_id');
    core.exchange.cancel('a', first.id);
    const second = core.place({ clientOrderId: 'x', price: decimal('0.9') });
    assert.equal(accountOf(core.exchange.state, 'a').byClientId.get('x'), second);
    assert.notEqual(first.id, second.id);
  });
});

describe('a perpetual', () => {
  const sell = { side: 'sell', price: decimal('0.99'), quantity: decimal('500'), timeInForce: 'ioc' } as const;
  const buyBack = { price: decimal('1.01'), timeInForce: 'ioc', reduceOnly: true } as const;

  it('takes a reduce-only order only as far as the position goes', () => {
    const core = startCore({ venue: 'binanceusdm', closes: ['0.999'] });
    core.place(sell);
    const order = core.place({ ...buyBack, quantity: decimal('800') });
    assert.deepEqual([order.status, toText(order.filledBase)], ['expired', '500']);
    assert.equal(core.refusal({ ...buyBack, quantity: decimal('1') }), 'reduce_only');
  });

  it('refuses a reduce-only order on the side of the position', () => {
    const core = startCore({ venue: 'binanceusdm', closes: ['0.999'] });
    core.place(sell);
    assert.equal(core.refusal({ ...sell, reduceOnly: true }), 'reduce_only');
  });

  it('expires a resting reduce-only order whose position has gone', () => {
    const core = startCore({ venue: 'binanceusdm', closes: ['0.999', '0.99'] });
    core.place(sell);
    const resting = core.place({ ...buyBack, price: decimal('0.995'), timeInForce: 'gtc', quantity: decimal('500') });
    core.place({ ...buyBack, quantity: decimal('500') });
    core.clock.pass(hourMs);
    core.exchange.advance();
    assert.deepEqual([resting.status, toText(resting.filledBase)], ['expired', '0']);
  });

  it('refuses what the margin does not carry, and takes what it does', () => {
    const core = startCore({ venue: 'binanceusdm', closes: ['0.999'], balances: { USDT: '100' } });
    core.exchange.setLeverage('a', 'USDCUSDT', 2);
    // At leverage 2 and price 0.9: 222 needs 99.9, 223 needs 100.35.
    assert.equal(core.refusal({ price: decimal('0.9'), quantity: decimal('223') }), 'insufficient_margin');
    assert.equal(core.refusal({ price: decimal('0.9'), quantity: decimal('222') }), null);
  });

  it('refuses a post-only order that would take instead of recording it', () => {
    const core = startCore({ venue: 'binanceusdm', closes: ['0.999'] });
    assert.equal(core.refusal({ price: decimal('1'), timeInForce: 'post_only' }), 'post_only_would_take');
    assert.equal(core.exchange.state.orders.size, 0);
  });
});
