/** Spot orders paid with borrowed coins: how far, at what price, and how it ends. Worked out by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decimal, toText } from '../../src/domain/decimal.ts';
import { balanceOf } from '../../src/sim/exchange/funds.ts';
import { accountOf } from '../../src/sim/exchange/state.ts';
import type { Core, CoreOptions } from './support/core.ts';
import { hourMs, startCore } from './support/core.ts';
import { parseTransactions } from './support/json.ts';

/** 0.6 bps an hour is lent up to five times what the account is worth. */
function withDollars(options: Partial<CoreOptions> = {}): Core {
  return startCore({
    venue: 'bybit',
    symbols: ['USDC/USDT', 'USDC/USDT:USDT'],
    closes: ['1'],
    balances: { USDT: '1000' },
    ...options,
  });
}

function balance(core: Core, currency: string): string {
  return toText(balanceOf(accountOf(core.exchange.state, 'a'), currency));
}

const sell = { side: 'sell', borrow: true, price: decimal('0.999'), timeInForce: 'ioc' } as const;

describe('a sale of 2,000 USDC by an account that has none', () => {
  it('is refused unless it may borrow, and where the venue lends nothing', () => {
    assert.equal(withDollars().refusal({ ...sell, borrow: false, quantity: decimal('2000') }), 'insufficient_balance');
    const lendsNothing = withDollars({ rules: { borrow: null } });
    assert.equal(lendsNothing.refusal({ ...sell, quantity: decimal('2000') }), 'insufficient_balance');
  });

  it('leaves a debt, which grows by its interest every full hour and ends when coins come in', () => {
    const core = withDollars();
    core.place({ ...sell, quantity: decimal('2000') });
    // 1,000 at 0.99995 and at 0.99985, less 10 bps of 1999.8
    assert.deepEqual([balance(core, 'USDC'), balance(core, 'USDT')], ['-2000', '2997.8002']);
    core.clock.pass(2 * hourMs);
    core.exchange.advance();
    const interest = accountOf(core.exchange.state, 'a').income.filter((row) => row.type === 'INTEREST');
    assert.deepEqual(
      interest.map((row) => [row.currency, toText(row.amount), new Date(row.atMs).getUTCHours()]),
      [
        ['USDC', '-0.012', 2],
        // 2000.012 · 0.000006 = 0.012000072, rounded up
        ['USDC', '-0.01200008', 3],
      ],
    );
    assert.equal(balance(core, 'USDC'), '-2000.02400008');
    core.place({ price: decimal('1.001'), quantity: decimal('2100'), timeInForce: 'ioc' });
    // 2100 · 0.999 − 2000.02400008
    assert.equal(balance(core, 'USDC'), '97.87599992');
    core.clock.pass(2 * hourMs);
    core.exchange.advance();
    assert.equal(balance(core, 'USDC'), '97.87599992');
  });

  it('settles the hours that were missed, each by itself, in one look at the clock', () => {
    const [often, once] = [withDollars(), withDollars()];
    for (const core of [often, once]) core.place({ ...sell, quantity: decimal('2000') });
    for (let hour = 0; hour < 30; hour += 1) {
      often.clock.pass(hourMs);
      often.exchange.advance();
    }
    once.clock.pass(30 * hourMs);
    once.exchange.advance();
    assert.equal(balance(once, 'USDC'), balance(often, 'USDC'));
    assert.deepEqual(once.lines, often.lines);
  });
});

describe('a coin that is called back', () => {
  it('is lent no more, stays owed, and is lent again', () => {
    const core = withDollars();
    core.place({ ...sell, quantity: decimal('100') });
    core.exchange.setLending('USDC', false);
    assert.equal(core.refusal({ ...sell, quantity: decimal('10') }), 'insufficient_balance');
    assert.equal(balance(core, 'USDC'), '-100');
    core.exchange.setLending('USDC', true);
    assert.equal(core.refusal({ ...sell, quantity: decimal('10') }), null);
  });

  it('is in the journal', () => {
    const before = withDollars();
    before.exchange.setLending('USDC', false);
    const after = withDollars({ accounts: [] });
    after.exchange.restore(parseTransactions(before.lines));
    assert.equal(after.refusal({ ...sell, quantity: decimal('10') }), 'insufficient_balance');
  });
});

describe('the limit of what is lent', () => {
  it('is five times the net worth, less what the order loses at once', () => {
    // 1,000 each at 0.99995, 0.99985 and 0.99975 cost 0.45 against the centre: (1000 − 0.45) · 5
    assert.equal(withDollars().refusal({ ...sell, quantity: decimal('4997.76') }), 'insufficient_balance');
    assert.equal(withDollars().refusal({ ...sell, quantity: decimal('4997.75') }), null);
  });

  it('counts what resting orders would borrow', () => {
    const core = withDollars();
    const resting = { ...sell, price: decimal('1.5'), timeInForce: 'gtc' } as const;
    core.place({ ...resting, quantity: decimal('3000') });
    assert.equal(core.refusal({ ...resting, quantity: decimal('2000.01') }), 'insufficient_balance');
    assert.equal(core.refusal({ ...resting, quantity: decimal('2000') }), null);
  });

  it('counts losses and margin of perpetuals', () => {
    const core = withDollars();
    core.place({ instrument: 'USDCUSDT.linear', side: 'sell', type: 'market', quantity: decimal('1000') });
    core.exchange.setMarks('USDCUSDT.linear', { mark: decimal('1.5') });
    // 1000 − 0.99995 fee − 500.05 lost − 150 margin, times five: 1744.75025
    const rest = { ...sell, price: decimal('1.5'), timeInForce: 'gtc' } as const;
    assert.equal(core.refusal({ ...rest, quantity: decimal('1744.76') }), 'insufficient_balance');
    assert.equal(core.refusal({ ...rest, quantity: decimal('1744.75') }), null);
  });

  it('lends no coin that the account has positions margined in', () => {
    const core = withDollars();
    const buy = { borrow: true, price: decimal('0.9'), quantity: decimal('2000') } as const;
    assert.equal(core.refusal(buy), null);
    const hedged = withDollars();
    hedged.place({ instrument: 'USDCUSDT.linear', side: 'sell', type: 'market', quantity: decimal('100') });
    assert.equal(hedged.refusal(buy), 'insufficient_balance');
  });

  it('lends no coin without a rate, and takes no coin without a price', () => {
    const rules = { borrow: { hourlyRates: { USDT: decimal('0.00001') }, initialCollateralRate: decimal('0.2') } };
    assert.equal(withDollars({ rules }).refusal({ ...sell, quantity: decimal('10') }), 'insufficient_balance');
    const coins = withDollars({ balances: { BTC: '5' } });
    assert.equal(coins.refusal({ ...sell, quantity: decimal('10') }), 'insufficient_balance');
  });
});
