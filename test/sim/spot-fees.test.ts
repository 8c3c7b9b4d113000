/** A fee on top of what a spot order spends: where buys pay in quote, the fee is needed, held and never overdrawn. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decimal, toText } from '../../src/domain/decimal.ts';
import { balanceOf, freeBalance, heldBalance } from '../../src/sim/exchange/funds.ts';
import type { VenueRules } from '../../src/sim/exchange/rules.ts';
import { accountOf } from '../../src/sim/exchange/state.ts';
import type { Core } from './support/core.ts';
import { startCore } from './support/core.ts';

/** Fees 10 bps as taker; the book's best ask is 0.99965, with 1,000 there. */
function core(balances: Readonly<Record<string, string>>, spotFee: VenueRules['spotFee'] = 'quote'): Core {
  return startCore({ venue: 'bybit', symbols: ['USDC/USDT'], closes: ['0.9996'], balances, rules: { spotFee } });
}

function funds({ exchange: { state } }: Core, currency: string): string[] {
  const account = accountOf(state, 'a');
  const amounts = [balanceOf(account, currency), heldBalance(state, account, currency)];
  return [...amounts, freeBalance(state, account, currency)].map(toText);
}

describe('a buy whose fee is charged in quote', () => {
  it('rests with its fee held: 100 at 0.99 holds 99 and 0.099', () => {
    const held = core({ USDT: '99.099' });
    held.place({ price: decimal('0.99') });
    assert.deepEqual(funds(held, 'USDT'), ['99.099', '99.099', '0']);
  });

  it('is refused when the fee is not there', () => {
    assert.equal(core({ USDT: '99.09899' }).refusal({ price: decimal('0.99') }), 'insufficient_balance');
  });

  it('at market takes the whole balance and not more: 100 at 0.99965 cost 99.965 and 0.099965', () => {
    assert.equal(core({ USDT: '100.064964' }).refusal({ type: 'market' }), 'insufficient_balance');
    const whole = core({ USDT: '100.064965' });
    assert.equal(whole.place({ type: 'market' }).status, 'filled');
    assert.deepEqual(funds(whole, 'USDT'), ['0', '0', '0']);
  });

  it('by an amount pays the fee beside it', () => {
    const spend = { type: 'market', quantity: decimal('100'), quantityUnit: 'quote' } as const;
    assert.equal(core({ USDT: '100.0999' }).refusal(spend), 'insufficient_balance');
    assert.equal(core({ USDT: '100.1' }).refusal(spend), null);
  });

  it('never overdraws by rounding: a fee is rounded down', () => {
    // 3.35 · 0.99965 = 3.3488275, and 10 bps of it 0.0033488275: to the nearest it would be 0.00334883.
    const small = core({ USDT: '100' }).place({ type: 'market', quantity: decimal('3.35') });
    assert.equal(toText(small.feePaid), '0.00334882');
  });

  it('needs nothing on top where the fee is taken from what is received', () => {
    const received = core({ USDT: '99' }, 'received');
    received.place({ price: decimal('0.99') });
    assert.deepEqual(funds(received, 'USDT'), ['99', '99', '0']);
  });
});

describe('a sell whose client has the fee charged in base', () => {
  it('needs and holds the fee in base', () => {
    const sell = { side: 'sell', price: decimal('1.1'), feeIn: 'base' } as const;
    assert.equal(core({ USDC: '100.0999' }).refusal(sell), 'insufficient_balance');
    const held = core({ USDC: '100.1' });
    held.place(sell);
    assert.deepEqual(funds(held, 'USDC'), ['100.1', '100.1', '0']);
  });

  it('needs nothing on top where the fee goes off the proceeds', () => {
    const sold = core({ USDC: '100' });
    sold.place({ side: 'sell', type: 'market' });
    assert.deepEqual(funds(sold, 'USDC'), ['0', '0', '0']);
    // 100 at 0.99955 bring 99.955, less 0.099955.
    assert.deepEqual(funds(sold, 'USDT'), ['99.855045', '0', '99.855045']);
  });
});
