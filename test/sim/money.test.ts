/** Fees, realised profit, funding and liquidation prices, worked out by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decimal, toText } from '../../src/domain/decimal.ts';
import { accountLiquidationPrice, balanceOf } from '../../src/sim/exchange/funds.ts';
import { stablecoinBrackets as brackets } from '../../src/sim/exchange/instruments.ts';
import { liquidationPrice, maintenanceMargin, positionAfterFill } from '../../src/sim/exchange/position.ts';
import type { SimIncome } from '../../src/sim/exchange/state.ts';
import { accountOf } from '../../src/sim/exchange/state.ts';
import { hourMs, startCore } from './support/core.ts';
import type { Core } from './support/core.ts';

function balance(core: Core, currency: string): string {
  return toText(balanceOf(accountOf(core.exchange.state, 'a'), currency));
}

function income(core: Core): [string, string][] {
  return accountOf(core.exchange.state, 'a').income.map((row: SimIncome) => [row.type, toText(row.amount)]);
}

describe('spot fees of 10 bps are charged in the coin received', () => {
  it('a buy pays in base, a sell in quote', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'] });
    core.place({ price: decimal('0.9997'), quantity: decimal('333.33') });
    // 333.33 · 0.99965 = 333.2133345; fee 333.33 · 0.001 = 0.33333
    assert.equal(balance(core, 'USDT'), '99666.7866655');
    assert.equal(balance(core, 'USDC'), '100332.99667');
    core.place({ side: 'sell', price: decimal('0.9995'), quantity: decimal('100') });
    // 100 · 0.99955 = 99.955; fee 0.099955
    assert.equal(balance(core, 'USDT'), '99766.6417105');
    assert.equal(balance(core, 'USDC'), '100232.99667');
  });

  it('a fee is rounded to 8 places, and the balance moves by the rounded fee', () => {
    const core = startCore({ venue: 'bybit', closes: ['0.9996'] });
    core.place({ side: 'sell', price: decimal('0.9995'), quantity: decimal('1.11') });
    // 1.11 · 0.99955 = 1.1095005; a thousandth of it is 0.0011095005, rounded 0.0011095
    assert.equal(balance(core, 'USDT'), toText(decimal('100001.1095005').minus(decimal('0.0011095'))));
  });
});

describe('a perpetual short of 600 at 0.9989995, bought back in two parts', () => {
  it('books profit and fees so that the wallet moves by the records exactly', () => {
    const core = startCore({ venue: 'binanceusdm', closes: ['0.999'], balances: { USDT: '1000' } });
    core.place({ side: 'sell', price: decimal('0.99'), quantity: decimal('600'), timeInForce: 'ioc' });
    core.place({ price: decimal('1.01'), quantity: decimal('200'), timeInForce: 'ioc', reduceOnly: true });
    core.place({ price: decimal('1.01'), quantity: decimal('400'), timeInForce: 'ioc', reduceOnly: true });
    assert.deepEqual(income(core), [
      // 600 · 0.9989995 = 599.3997; 10 bps
      ['COMMISSION', '-0.5993997'],
      // sold at 0.9989995, bought at 0.9990005: 0.000001 lost on each of 200
      ['REALIZED_PNL', '-0.0002'],
      ['COMMISSION', '-0.1998001'],
      ['REALIZED_PNL', '-0.0004'],
      ['COMMISSION', '-0.3996002'],
    ]);
    assert.equal(balance(core, 'USDT'), '998.8006');
  });
});

describe('a fill that turns a position round', () => {
  it('realises the old side and enters the new one at the fill', () => {
    const after = positionAfterFill(decimal('100'), decimal('99'), decimal('-150'), decimal('1.01'));
    // long 100 at 0.99 closed at 1.01: +2; short 50 at 1.01
    assert.deepEqual([after.realised, after.quantity, after.entryNotional].map(toText), ['2', '-50', '-50.5']);
  });

  it('keeps what rounding leaves in the position', () => {
    const after = positionAfterFill(decimal('3'), decimal('1'), decimal('-1'), decimal('0.5'));
    // a third of 1 is released as 0.33333333, the rest stays
    assert.deepEqual([after.realised, after.entryNotional].map(toText), ['0.16666667', '0.66666667']);
  });

  it('keeps it also at a price with more places than money has, and pays it out with the last part', () => {
    const part = positionAfterFill(decimal('0.3'), decimal('0.3'), decimal('-0.1'), decimal('1.00000003'));
    // 0.100000003 − 0.1 = 0.000000003 rounds to nothing: it is taken off the entry
    assert.deepEqual([part.realised, part.entryNotional].map(toText), ['0', '0.199999997']);
    const last = positionAfterFill(part.quantity, part.entryNotional, decimal('-0.2'), decimal('1'));
    assert.deepEqual([last.realised, last.entryNotional].map(toText), ['0.000000003', '0']);
  });
});

describe('funding at 00, 08 and 16 UTC: −quantity · mark · rate', () => {
  const closes = ['0.999', '0.999', '0.999', '0.999', '0.999', '0.999', '0.999', '1.001'];

  it('a short receives at a positive rate, at the mark of the close known then, stamped with the settlement', () => {
    const core = startCore({ venue: 'binanceusdm', closes, balances: { USDT: '1000' }, fundingRate: '0.0001' });
    core.place({ side: 'sell', price: decimal('0.99'), quantity: decimal('500'), timeInForce: 'ioc' });
    core.clock.pass(7 * hourMs);
    core.exchange.advance();
    // 500 · 1.001 · 0.0001, at 08:00
    const paid = accountOf(core.exchange.state, 'a').income.filter((row) => row.type === 'FUNDING_FEE');
    assert.deepEqual(
      paid.map((row) => [toText(row.amount), row.atMs]),
      [['0.05005', Date.UTC(2025, 9, 9, 8)]],
    );
  });

  it('a long pays; a position opened after a settlement owes nothing for it', () => {
    const core = startCore({ venue: 'binanceusdm', closes, balances: { USDT: '1000' }, fundingRate: '0.0001' });
    core.clock.pass(7 * hourMs);
    core.place({ price: decimal('1.01'), quantity: decimal('500'), timeInForce: 'ioc' });
    assert.equal(income(core).filter(([type]) => type === 'FUNDING_FEE').length, 0);
    core.clock.pass(8 * hourMs);
    core.exchange.advance();
    assert.deepEqual(
      income(core).filter(([type]) => type === 'FUNDING_FEE'),
      [['FUNDING_FEE', '-0.05005']],
    );
  });

  it('a clock that jumps over several settlements settles each of them once', () => {
    const core = startCore({ venue: 'binanceusdm', closes, balances: { USDT: '1000' } });
    core.place({ price: decimal('1.01'), quantity: decimal('500'), timeInForce: 'ioc' });
    core.clock.pass(24 * hourMs);
    core.exchange.advance();
    core.exchange.advance();
    const times = accountOf(core.exchange.state, 'a')
      .income.filter((row) => row.type === 'FUNDING_FEE')
      .map((row) => new Date(row.atMs).toISOString());
    assert.deepEqual(times, ['2025-10-09T08:00:00.000Z', '2025-10-09T16:00:00.000Z', '2025-10-10T00:00:00.000Z']);
  });
});

describe('the liquidation price', () => {
  it('leaves exactly the maintenance margin', () => {
    for (const [quantity, entry, margin] of [
      ['-1000', '-1000', '100'],
      ['1000', '1000', '100'],
      ['80000', '79920', '20000'],
    ] as const) {
      const price = liquidationPrice(brackets, decimal(quantity), decimal(entry), decimal(margin));
      const left = decimal(margin).plus(decimal(quantity).times(price)).minus(decimal(entry));
      const needed = maintenanceMargin(brackets, decimal(quantity).times(price).abs());
      assert.ok(left.minus(needed).abs().lt(decimal('0.001')), `${toText(left)} against ${toText(needed)}`);
    }
  });

  it('of a short of 1,000 at 1 with a margin of 100 is (100 + 1000) / (1000 · 1.01), rounded up', () => {
    assert.equal(toText(liquidationPrice(brackets, decimal('-1000'), decimal('-1000'), decimal('100'))), '1.08910892');
  });

  it('does not exist for a long that the margin covers whole', () => {
    assert.equal(toText(liquidationPrice(brackets, decimal('100'), decimal('100'), decimal('500'))), '0');
  });

  it('of an account uses its wallet', () => {
    const core = startCore({ venue: 'binanceusdm', closes: ['1'], balances: { USDT: '100' } });
    core.place({ side: 'sell', price: decimal('0.99'), quantity: decimal('1000'), timeInForce: 'ioc' });
    // sold at 0.9999995; fee 0.9999995: (99.0000005 + 999.9995) / 1010
    assert.equal(
      toText(accountLiquidationPrice(core.exchange.state, accountOf(core.exchange.state, 'a'), 'USDCUSDT')),
      '1.08811832',
    );
  });
});
