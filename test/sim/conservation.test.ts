/** Whatever several accounts do, and whatever is done to them, no unit of any coin appears or disappears. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Decimal } from '../../src/domain/decimal.ts';
import { decimal, sum, toText, zero } from '../../src/domain/decimal.ts';
import { balanceOf, heldBalance, marginLevel, positionOf } from '../../src/sim/exchange/funds.ts';
import type { IncomeType, SimAccount, SimTrade } from '../../src/sim/exchange/state.ts';
import { signedQuantity } from '../../src/sim/exchange/state.ts';
import type { Core } from './support/core.ts';
import { accounts, openingBalances, perpetualOf, runScript, scriptOf } from './support/script.ts';
import type { ScriptVenue } from './support/script.ts';

/** In all: on each venue so many scripts of so many operations. */
const operationCount = 100_000;
const scriptLength = 500;
const scriptsEach = operationCount / scriptLength / 2;

const everyone = decimal(String(accounts.length));

function allAccounts(core: Core): SimAccount[] {
  return [...core.exchange.state.accounts.values()];
}

function allTrades(core: Core): SimTrade[] {
  return allAccounts(core).flatMap((account) => account.trades);
}

function isSpot(trade: SimTrade): boolean {
  return trade.order.instrument.kind === 'spot';
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
  return sum(
    allTrades(core)
      .filter((trade) => trade.counterparty === 'house')
      .map((trade) => flow(trade).neg()),
  );
}

function fees(core: Core, currency: string): Decimal {
  const charged = allTrades(core).filter((trade) => trade.feeCurrency === currency);
  return sum(charged.map((trade) => trade.fee));
}

/** Income records of all accounts in a currency: what they received. */
function received(core: Core, currency: string, ...types: readonly IncomeType[]): Decimal {
  const rows = allAccounts(core).flatMap((account) => account.income);
  return sum(rows.filter((row) => row.currency === currency && types.includes(row.type)).map((row) => row.amount));
}

function assertEqual(actual: Decimal, expected: Decimal): void {
  assert.equal(toText(actual), toText(expected));
}

/** Accounts, house, fees, the other side of funding, the lender and the insurance fund together. */
function assertCoinsConserved(core: Core): void {
  const held = (currency: string): Decimal => sum(allAccounts(core).map((account) => balanceOf(account, currency)));
  const outside = (currency: string): Decimal => received(core, currency, 'TRANSFER', 'INTEREST', 'FUNDING_FEE');
  const spotBase = house(core, (trade) => (isSpot(trade) ? signedBase(trade) : zero));
  assertEqual(
    held('USDC').plus(spotBase).plus(fees(core, 'USDC')).minus(outside('USDC')),
    decimal(openingBalances.USDC).times(everyone),
  );
  const entries = sum(allAccounts(core).map((account) => positionOf(account, perpetualOf(core).id).entryNotional));
  assertEqual(
    held('USDT')
      .minus(entries)
      .plus(house(core, signedQuote))
      .plus(fees(core, 'USDT'))
      .plus(core.exchange.state.insuranceFund.get('USDT') ?? zero)
      .minus(outside('USDT')),
    decimal(openingBalances.USDT).times(everyone),
  );
}

/** Each wallet is its opening, its spot trades and its income records; each position the sum of its trades. */
function assertRecordsExplainBalances(core: Core): void {
  for (const account of allAccounts(core)) {
    for (const [currency, flow] of [
      ['USDC', signedBase],
      ['USDT', signedQuote],
    ] as const) {
      const spot = account.trades.filter(isSpot);
      const charged = spot.filter((trade) => trade.feeCurrency === currency).map((trade) => trade.fee);
      const recorded = account.income.filter((row) => row.currency === currency).map((row) => row.amount);
      const moved = sum(spot.map(flow)).minus(sum(charged)).plus(sum(recorded));
      assertEqual(balanceOf(account, currency), decimal(openingBalances[currency]).plus(moved));
    }
    const traded = sum(account.trades.map((trade) => (isSpot(trade) ? zero : signedBase(trade))));
    assertEqual(positionOf(account, perpetualOf(core).id).quantity, traded);
  }
}

function assertPositionsCancelOut(core: Core): void {
  const net = sum(allAccounts(core).map((account) => positionOf(account, perpetualOf(core).id).quantity));
  assertEqual(net.plus(house(core, (trade) => (isSpot(trade) ? zero : signedBase(trade)))), zero);
}

function assertOrdersAreTheirTrades(core: Core): void {
  const filled = new Map<unknown, Decimal>();
  for (const trade of allTrades(core)) {
    filled.set(trade.order, (filled.get(trade.order) ?? zero).plus(trade.quantityBase));
  }
  for (const account of allAccounts(core)) {
    for (const order of account.orders) {
      assertEqual(order.filledBase, filled.get(order) ?? zero);
      assert.equal(account.openOrders.has(order), order.status === 'open');
      if (order.quantityUnit === 'base') assert.equal(order.status === 'filled', order.filledBase.eq(order.quantity));
    }
  }
}

/** Nobody holds a position whose margin is used up, and nobody without one is below zero where nothing is lent. */
function assertMarginsHold(core: Core): void {
  const lends = (core.exchange.state.rules.borrow ?? null) !== null;
  for (const account of allAccounts(core)) {
    const { isOpen, marginBalance, maintenanceMargin } = marginLevel(core.exchange.state, account, 'USDT');
    if (isOpen) assert.ok(marginBalance.gt(maintenanceMargin), 'a position that should be liquidated');
    else assert.ok(lends || marginBalance.gte(zero), 'a wallet below zero');
  }
}

/** How often each thing happened that a script should make happen. */
function happenings(core: Core): Map<string, number> {
  const seen = new Map<string, number>();
  const count = (name: string): unknown => seen.set(name, (seen.get(name) ?? 0) + 1);
  for (const account of allAccounts(core)) {
    for (const row of account.income) count(row.type);
    for (const order of account.orders) {
      count(`${order.origin} ${order.status}`);
      if (order.doneReason !== '') count(order.doneReason);
      if (order.origin === 'user' && order.status === 'filled') count(`${order.type} ${order.timeInForce} filled`);
      if (order.borrow && order.filledBase.gt(zero)) count('borrowed');
    }
    for (const trade of account.trades) count(trade.counterparty === 'house' ? 'with the house' : 'between accounts');
  }
  return seen;
}

const everywhere: readonly string[] = `
  FUNDING_FEE, COMMISSION, REALIZED_PNL, TRANSFER, LIQUIDATION_FEE, INSURANCE_CLEAR,
  user filled, user cancelled, user expired, liquidation filled, adl filled,
  user, ioc, reduce_only, liquidation, with the house, between accounts,
  market ioc filled, limit gtc filled, limit ioc filled, limit fok filled, limit post_only filled
`
  .split(',')
  .map((name) => name.trim());
const expected: Readonly<Record<ScriptVenue, readonly string[]>> = {
  binanceusdm: everywhere,
  bybit: [...everywhere, 'INTEREST', 'borrowed', 'post_only_would_take', 'cannot_fill_at_once'],
};

for (const venue of ['bybit', 'binanceusdm'] as const) {
  describe(`${scriptsEach * scriptLength} random operations by ${accounts.length} accounts of ${venue}`, () => {
    it('conserve money and coins to the last decimal, and every kind of thing happens in them', () => {
      const seen = new Map<string, number>();
      fc.assert(
        fc.property(scriptOf(scriptLength, scriptLength), (random) => {
          const core = runScript(random, venue, 100, (present) => {
            assertCoinsConserved(present);
            assertMarginsHold(present);
          });
          assertRecordsExplainBalances(core);
          assertPositionsCancelOut(core);
          assertOrdersAreTheirTrades(core);
          for (const [name, times] of happenings(core)) seen.set(name, (seen.get(name) ?? 0) + times);
        }),
        { numRuns: scriptsEach },
      );
      for (const name of expected[venue]) assert.ok(seen.has(name), `never seen: ${name}`);
    });
  });
}

describe('spot orders that may not borrow', () => {
  const spotOnly = scriptOf(1, 60).map(({ operations, closes }) => ({
    closes,
    operations: operations
      .filter(({ kind }) => kind !== 'transfer')
      .map((step) => (step.kind === 'place' ? { ...step, isSpot: true, borrow: false } : step)),
  }));
  for (const [fees, spotFee] of [
    ['taken from what is received', 'received'],
    ['always in quote', 'quote'],
  ] as const) {
    it(`never spend what is not there, nor what other orders hold; fees ${fees}`, () => {
      const neverOverdrawn = ({ exchange: { state } }: Core): void => {
        for (const account of state.accounts.values()) {
          for (const currency of ['USDC', 'USDT']) {
            const held = heldBalance(state, account, currency);
            assert.ok(balanceOf(account, currency).gte(held), `${currency} overdrawn`);
          }
        }
      };
      fc.assert(
        fc.property(spotOnly, (random) => void runScript(random, 'bybit', 1, neverOverdrawn, { spotFee })),
        { numRuns: 100 },
      );
    });
  }
});
