/** Whatever several accounts do, no unit of any coin appears or disappears, to the last decimal. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Decimal } from '../../src/domain/decimal.ts';
import { decimal, sum, toText, zero } from '../../src/domain/decimal.ts';
import { balanceOf, heldBalance, positionOf } from '../../src/sim/funds.ts';
import type { SimAccount, SimTrade } from '../../src/sim/state.ts';
import { signedQuantity } from '../../src/sim/state.ts';
import type { Core } from './support/core.ts';
import { accounts, openingBalances, runScript, script } from './support/script.ts';

function allAccounts(core: Core): SimAccount[] {
  return [...core.exchange.state.accounts.values()];
}

function signedBase(trade: SimTrade): Decimal {
  return signedQuantity(trade.order.side, trade.quantityBase);
}

/** Quote that a trade brought in: negative for a buy. */
function signedQuote(trade: SimTrade): Decimal {
  return signedBase(trade).times(trade.price).neg();
}

/** What the house holds after its trades with these accounts. */
function house(core: Core, flow: (trade: SimTrade) => Decimal): Decimal {
  const trades = allAccounts(core).flatMap((account) => account.trades);
  return sum(trades.filter((trade) => trade.counterparty === 'house').map((trade) => flow(trade).neg()));
}

function fees(core: Core, currency: string): Decimal {
  const trades = allAccounts(core).flatMap((account) => account.trades);
  return sum(trades.filter((trade) => trade.feeCurrency === currency).map((trade) => trade.fee));
}

function assertEqual(actual: Decimal, expected: Decimal | string): void {
  assert.equal(toText(actual), typeof expected === 'string' ? expected : toText(expected));
}

const opening = decimal('5000');
const everyone = toText(opening.times(decimal(String(accounts.length))));

describe('spot', () => {
  it('accounts, house and fees together always hold what was there at first', () => {
    fc.assert(
      fc.property(script, (random) => {
        const core = runScript(random, 'bybit');
        const held = (currency: string): Decimal =>
          sum(allAccounts(core).map((account) => balanceOf(account, currency)));
        assertEqual(held('USDC').plus(house(core, signedBase)).plus(fees(core, 'USDC')), everyone);
        assertEqual(held('USDT').plus(house(core, signedQuote)).plus(fees(core, 'USDT')), everyone);
      }),
      { numRuns: 150 },
    );
  });

  it('each balance is its opening plus its own trades and fees, and is never overdrawn', () => {
    fc.assert(
      fc.property(script, (random) => {
        for (const account of allAccounts(runScript(random, 'bybit'))) {
          for (const [currency, flow] of [
            ['USDC', signedBase],
            ['USDT', signedQuote],
          ] as const) {
            const charged = account.trades.filter((trade) => trade.feeCurrency === currency);
            const moved = sum(account.trades.map(flow)).minus(sum(charged.map((trade) => trade.fee)));
            assertEqual(balanceOf(account, currency), opening.plus(moved));
            assert.ok(balanceOf(account, currency).gte(heldBalance(account, currency)));
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('perpetuals', () => {
  it('wallets less entry notionals, the house, fees and funding always add up to what was there at first', () => {
    fc.assert(
      fc.property(script, (random) => {
        const core = runScript(random, 'binanceusdm');
        const worth = allAccounts(core).map((account) =>
          balanceOf(account, 'USDT').minus(positionOf(account, 'USDCUSDT').entryNotional),
        );
        const funding = allAccounts(core).flatMap((account) =>
          account.income.filter((row) => row.type === 'FUNDING_FEE').map((row) => row.amount),
        );
        const total = sum(worth).plus(house(core, signedQuote)).plus(fees(core, 'USDT')).minus(sum(funding));
        assertEqual(total, everyone);
      }),
      { numRuns: 150 },
    );
  });

  it('each wallet is its opening plus its income records, and each position the sum of its trades', () => {
    fc.assert(
      fc.property(script, (random) => {
        for (const account of allAccounts(runScript(random, 'binanceusdm'))) {
          const recorded = sum(account.income.map((row) => row.amount));
          assertEqual(balanceOf(account, 'USDT'), decimal(openingBalances.USDT).plus(recorded));
          assertEqual(positionOf(account, 'USDCUSDT').quantity, sum(account.trades.map(signedBase)));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('between accounts alone, positions cancel out', () => {
    fc.assert(
      fc.property(script, (random) => {
        const core = runScript(random, 'binanceusdm');
        const net = sum(allAccounts(core).map((account) => positionOf(account, 'USDCUSDT').quantity));
        assertEqual(net.plus(house(core, signedBase)), zero);
      }),
      { numRuns: 100 },
    );
  });
});

describe('orders', () => {
  it('are filled by exactly their trades, and end filled only when nothing is left', () => {
    fc.assert(
      fc.property(script, fc.constantFrom('bybit' as const, 'binanceusdm' as const), (random, venue) => {
        for (const account of allAccounts(runScript(random, venue))) {
          for (const order of account.orders) {
            const trades = account.trades.filter((trade) => trade.order === order);
            assertEqual(order.filledBase, sum(trades.map((trade) => trade.quantityBase)));
            assert.equal(account.openOrders.has(order), order.status === 'open');
            if (order.quantityUnit === 'base') {
              assert.equal(order.status === 'filled', order.filledBase.eq(order.quantity));
            }
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
