/** Mark and index price: what they are unless a script sets them, and what goes by the mark. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decimal, toText } from '../../src/domain/decimal.ts';
import { accountLiquidationPrice, marginSummary } from '../../src/sim/exchange/funds.ts';
import { accountOf, marketOf } from '../../src/sim/exchange/state.ts';
import type { Core } from './support/core.ts';
import { hourMs, manualClock, startCore } from './support/core.ts';
import { parseTransactions } from './support/json.ts';

const perpetual = 'USDCUSDT.linear';
const symbols = ['USDC/USDT', 'USDC/USDT:USDT'];

function prices({ exchange }: Core, instrument = perpetual): (string | null)[] {
  const market = marketOf(exchange.state, instrument);
  return [exchange.markPrice(market), exchange.indexPrice(market)].map((price) =>
    price === null ? null : toText(price),
  );
}

describe('unless a script says otherwise', () => {
  it('the mark is the centre of the perpetual, and the index the mid of the spot market of the same coins', () => {
    const core = startCore({ venue: 'bybit', symbols, closes: ['1'] });
    core.exchange.setLevels('USDCUSDT', decimal('0.9'), [['0.9990', '5']], [['0.9995', '5']]);
    assert.deepEqual(prices(core), ['1', '0.99925']);
    core.place({ instrument: 'USDCUSDT', price: decimal('0.9993'), quantity: decimal('100') });
    assert.deepEqual(prices(core), ['1', '0.9994'], 'with the orders of accounts');
  });

  it('the index is the centre where the venue lists no such spot market, or where its order book has one side', () => {
    assert.deepEqual(prices(startCore({ venue: 'bybit', symbols: ['USDC/USDT:USDT'], closes: ['1.01'] })), [
      '1.01',
      '1.01',
    ]);
    const core = startCore({ venue: 'bybit', symbols, closes: ['1'] });
    core.exchange.setLevels('USDCUSDT', decimal('0.9'), [], [['0.9995', '5']]);
    assert.deepEqual(prices(core), ['1', '0.9']);
  });
});

describe('a mark that a script sets', () => {
  it('stands until it is set again, whatever the order book does, and leaves the index alone', () => {
    const core = startCore({ venue: 'bybit', symbols, closes: ['1', '1.01'] });
    core.exchange.setMarks(perpetual, { mark: decimal('1.2') });
    core.clock.pass(hourMs);
    core.exchange.advance();
    assert.deepEqual(prices(core), ['1.2', '1.01']);
    core.exchange.setMarks(perpetual, { index: decimal('1.1') });
    assert.deepEqual(prices(core), ['1.2', '1.1']);
    core.exchange.setMarks(perpetual, { mark: null, index: null });
    assert.deepEqual(prices(core), ['1.01', '1.01']);
  });

  it('is what margin, unrealised profit, funding and the liquidation price go by', () => {
    const core = startCore({ venue: 'bybit', symbols, closes: ['1'], balances: { USDT: '1000' } });
    core.place({ instrument: perpetual, side: 'sell', type: 'market', quantity: decimal('1000') });
    const { state } = core.exchange;
    const account = accountOf(state, 'a');
    const before = accountLiquidationPrice(state, account, perpetual);
    core.exchange.setMarks(perpetual, { mark: decimal('1.2') });
    const margin = marginSummary(state, account, 'USDT');
    // sold 1,000 at 0.99995, worth 1.2 each now: 1 % of 1,200, and a tenth of it to begin with
    assert.deepEqual([margin.unrealised, margin.maintenanceMargin, margin.positionInitialMargin].map(toText), [
      '-200.05',
      '12',
      '120',
    ]);
    assert.equal(
      toText(accountLiquidationPrice(state, account, perpetual)),
      toText(before),
      'the mark is no input to it',
    );
    core.clock.pass(7 * hourMs);
    core.exchange.advance();
    const [funding] = account.income.filter((row) => row.type === 'FUNDING_FEE');
    // 1000 · 1.2 · 0.0001
    assert.deepEqual(
      [funding?.amount, funding?.funding?.markPrice].map((value) => toText(value ?? decimal('0'))),
      ['0.12', '1.2'],
    );
  });

  it('is in the journal', () => {
    const clock = manualClock();
    const options = { venue: 'bybit', symbols, closes: ['1'], clock };
    const before = startCore(options);
    before.exchange.setMarks(perpetual, { mark: decimal('1.2'), index: decimal('1.3') });
    before.exchange.setMarks(perpetual, { index: null });
    const after = startCore({ ...options, accounts: [] });
    after.exchange.restore(parseTransactions(before.lines));
    assert.deepEqual(prices(after), ['1.2', '1']);
  });
});
