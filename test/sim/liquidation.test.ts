/** What a venue does with a position whose margin is used up, worked out by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Decimal } from '../../src/domain/decimal.ts';
import { decimal, toText, zero } from '../../src/domain/decimal.ts';
import { accountLiquidationPrice, balanceOf, positionOf } from '../../src/sim/exchange/funds.ts';
import type { SimAccount } from '../../src/sim/exchange/state.ts';
import { accountOf } from '../../src/sim/exchange/state.ts';
import type { Core } from './support/core.ts';
import { hourMs, orderRequest, startCore } from './support/core.ts';

const symbol = 'USDCUSDT';

function accountA(core: Core): SimAccount {
  return accountOf(core.exchange.state, 'a');
}

function quantity(core: Core): string {
  return toText(positionOf(accountA(core), symbol).quantity);
}

function wallet(core: Core): string {
  return toText(balanceOf(accountA(core), 'USDT'));
}

/** Of what happened since the entry. */
function income(core: Core): [string, string][] {
  return accountA(core)
    .income.slice(1)
    .map((row) => [row.type, toText(row.amount)]);
}

function insurance(core: Core): string {
  return toText(core.exchange.state.insuranceFund.get('USDT') ?? zero);
}

/** Sold 1,000 at 0.9999995 for a fee of 0.9999995: 99.0000005 are left of 100. */
function shortOf1000(balance = '100', fundingRate = '0'): Core {
  const core = startCore({ venue: 'binanceusdm', closes: ['1'], balances: { USDT: balance }, fundingRate });
  core.place({ side: 'sell', price: decimal('0.99'), quantity: decimal('1000'), timeInForce: 'ioc' });
  return core;
}

describe('a short of 1,000 with 99.0000005 of margin, liquidated at a mark of 1.08811832', () => {
  it('lives at the price before', () => {
    const core = shortOf1000();
    core.exchange.setMarks(symbol, { mark: decimal('1.08811831') });
    assert.equal(quantity(core), '-1000');
  });

  it('is bought back in the book by an order of the venue, for the taker fee and the liquidation fee', () => {
    const core = shortOf1000();
    core.exchange.setMarks(symbol, { mark: decimal('1.08811832') });
    const order = accountA(core).orders.at(-1);
    assert.deepEqual(
      [order?.origin, order?.clientOrderId, order?.side, order?.type, order?.status],
      ['liquidation', '', 'buy', 'market', 'filled'],
    );
    assert.deepEqual(income(core), [
      // 999.9995 − 1000.0005
      ['REALIZED_PNL', '-0.001'],
      ['COMMISSION', '-1.0000005'],
      // 1 % of 1000.0005
      ['LIQUIDATION_FEE', '-10.000005'],
    ]);
    assert.deepEqual([quantity(core), wallet(core), insurance(core)], ['0', '87.998995', '10.000005']);
  });

  it('is taken over by the house at the bankruptcy price where the book is empty', () => {
    const core = shortOf1000();
    core.exchange.setLevels(symbol, decimal('1.09'), [], []);
    // 99.0000005 + 999.9995 − 1090 = 8.9995005 left, 0.0089995005 of each: 1.0989995005, a tick of the grid below
    const [entry, taken] = accountA(core).trades;
    assert.deepEqual([toText(taken?.price ?? zero), taken?.counterparty], ['1.098999', 'house']);
    assert.deepEqual(income(core), [
      ['REALIZED_PNL', '-98.9995'],
      // no more than what is left
      ['LIQUIDATION_FEE', '-0.0005005'],
    ]);
    assert.equal(wallet(core), '0');
    const market = core.exchange.state.markets.get(symbol);
    assert.deepEqual(
      market?.publicTrades.map((trade) => trade.id),
      [entry?.tradeId],
      'what happens outside the book is no public trade',
    );
  });

  it('leaves no wallet below zero: the insurance fund pays what the price took beyond it', () => {
    const core = shortOf1000();
    core.exchange.setLevels(symbol, decimal('1.1'), [], [['1.1', '400']]);
    assert.deepEqual(income(core), [
      // 400 · (0.9999995 − 1.1), then the other 600 at the mark
      ['REALIZED_PNL', '-40.0002'],
      // 440 · 10 bps
      ['COMMISSION', '-0.44'],
      ['REALIZED_PNL', '-60.0003'],
      // 99.0000005 − 100.0005 − 0.44
      ['INSURANCE_CLEAR', '1.4404995'],
    ]);
    assert.deepEqual([wallet(core), insurance(core)], ['0', '-1.4404995']);
  });

  it('loses its open orders first', () => {
    const core = shortOf1000();
    const resting = core.place({ price: decimal('0.9'), quantity: decimal('100') });
    core.exchange.setMarks(symbol, { mark: decimal('1.2') });
    assert.deepEqual([resting.status, resting.doneReason], ['cancelled', 'liquidation']);
  });
});

describe('a liquidation', () => {
  it('follows a transfer that takes the margin away', () => {
    const core = shortOf1000();
    // 99.0000005 − 0.0005 − 88.9995 = 10.0000005 stands, and 0.0000005 less does not: 1 % of 1,000
    core.exchange.adjustBalance('a', 'USDT', decimal('-88.9995'));
    assert.equal(quantity(core), '-1000');
    core.exchange.adjustBalance('a', 'USDT', decimal('-0.0000005'));
    assert.equal(quantity(core), '0');
  });

  it('follows a funding settlement, at its time', () => {
    const core = shortOf1000('100', '-0.09');
    core.clock.pass(7 * hourMs);
    core.exchange.advance();
    assert.deepEqual(income(core)[0], ['FUNDING_FEE', '-90']);
    assert.deepEqual([quantity(core), accountA(core).orders.at(-1)?.createdAtMs], ['0', Date.UTC(2025, 9, 9, 8)]);
  });

  it('follows a close of the tape, also one that came while the process was down', () => {
    const core = startCore({ venue: 'binanceusdm', closes: ['1', '1', '1.2'], balances: { USDT: '100' } });
    core.place({ side: 'sell', price: decimal('0.99'), quantity: decimal('1000'), timeInForce: 'ioc' });
    core.clock.pass(5 * hourMs);
    core.exchange.advance();
    assert.deepEqual([quantity(core), wallet(core)], ['0', '0']);
    assert.equal(accountA(core).orders.at(-1)?.createdAtMs, Date.UTC(2025, 9, 9, 3));
  });

  it('takes other accounts along when what they bought of it uses up their own margin', () => {
    const core = startCore({ venue: 'binanceusdm', closes: ['1'], balances: { USDT: '100' }, accounts: ['a', 'b'] });
    core.place({ side: 'sell', price: decimal('0.99'), quantity: decimal('1000'), timeInForce: 'ioc' });
    core.exchange.place('b', orderRequest({ side: 'sell', price: decimal('1.05'), quantity: decimal('1000') }));
    core.exchange.setLevels(symbol, decimal('1.2'), [], []);
    // b sells to a's liquidation at 1.05 what is worth 1.2
    const [b] = accountOf(core.exchange.state, 'b').orders;
    assert.deepEqual([b?.status, toText(b?.filledBase ?? zero)], ['filled', '1000']);
    assert.equal(accountOf(core.exchange.state, 'b').orders.at(-1)?.origin, 'liquidation');
    for (const account of core.exchange.state.accounts.values()) {
      assert.deepEqual(
        [...account.positions.values()].map((held) => toText(held.quantity)),
        ['0'],
      );
      assert.ok(balanceOf(account, 'USDT').gte(zero));
    }
  });

  it('cancels what spot orders hold of the margin before it takes the position', () => {
    const core = startCore({
      venue: 'bybit',
      symbols: ['USDC/USDT', 'USDC/USDT:USDT'],
      closes: ['1'],
      balances: { USDT: '1000' },
    });
    const spot = core.place({ price: decimal('0.9'), quantity: decimal('900') });
    core.place({ instrument: 'USDCUSDT.linear', side: 'sell', price: null, type: 'market', quantity: decimal('1000') });
    // 1000 − 1 − 810 held: 189 stand for the position, until it has lost 180
    core.exchange.setMarks('USDCUSDT.linear', { mark: decimal('1.19') });
    assert.deepEqual([spot.status, spot.doneReason], ['cancelled', 'margin']);
    assert.equal(toText(positionOf(accountA(core), 'USDCUSDT.linear').quantity), '-1000');
  });
});

describe('a wallet that its owner traded below zero', () => {
  it('is filled up where the venue does not lend the coin', () => {
    const core = startCore({ venue: 'binanceusdm', closes: ['1'], balances: { USDT: '100' } });
    core.place({ price: decimal('1.001'), quantity: decimal('1000'), timeInForce: 'ioc' });
    core.exchange.setLevels(symbol, decimal('1'), [['0.5', '5000']], []);
    core.place({ side: 'sell', type: 'market', quantity: decimal('1000'), reduceOnly: true });
    assert.deepEqual(income(core).at(-1)?.[0], 'INSURANCE_CLEAR');
    assert.equal(wallet(core), '0');
  });
});

describe('the reported liquidation price', () => {
  const smallest = decimal('0.00000001');
  const story = fc.record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    size: fc.integer({ min: 20, max: 90_000 }),
    other: fc.integer({ min: -30_000, max: 30_000 }),
    cents: fc.integer({ min: 100_000, max: 3_000_000 }),
    otherMark: fc.integer({ min: 9000, max: 11_000 }),
  });

  it('is where it happens: at it, and not one unit before', () => {
    let compared = 0;
    fc.assert(
      fc.property(story, ({ side, size, other, cents, otherMark }) => {
        const core = startCore({
          venue: 'bybit',
          symbols: ['USDC/USDT:USDT', 'BTC/USDT:USDT'],
          closes: ['1'],
          balances: { USDT: decimal(String(cents)).times(decimal('0.01')).toFixed() },
        });
        const [market, second] = [...core.exchange.state.markets.keys()];
        assert.ok(market !== undefined && second !== undefined);
        const enter = (instrument: string, at: typeof side, units: number): void => {
          core.exchange.setLevels(instrument, decimal('1'), [['0.9999', '100000']], [['1.0001', '100000']]);
          core.exchange.place(
            'a',
            orderRequest({ instrument, side: at, type: 'market', quantity: decimal(String(units)) }),
          );
        };
        enter(second, other > 0 ? 'buy' : 'sell', Math.abs(other));
        enter(market, side, size);
        core.exchange.setMarks(second, { mark: decimal((otherMark / 10_000).toFixed(4)) });
        const isOpen = (): boolean => !positionOf(accountA(core), market).quantity.eq(zero);
        const price = accountLiquidationPrice(core.exchange.state, accountA(core), market);
        fc.pre(isOpen() && price.gt(zero));
        compared += 1;
        const before: Decimal = side === 'buy' ? price.plus(smallest) : price.minus(smallest);
        core.exchange.setMarks(market, { mark: before });
        assert.ok(isOpen(), `not yet at ${toText(before)}`);
        core.exchange.setMarks(market, { mark: price });
        assert.ok(!isOpen(), `at ${toText(price)}`);
      }),
      { numRuns: 200 },
    );
    assert.ok(compared >= 200);
  });
});
