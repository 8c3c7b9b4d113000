/** A short position from its first order to its last record, in the exchange's own fields. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import { closers } from '../../support/simulator.ts';
import type { KrakenFutures } from './support.ts';
import { placed, resting, startKrakenFutures, taking } from './support.ts';

const hourMs = 3_600_000;

function pick(value: unknown, ...names: readonly string[]): unknown[] {
  const fields = row(value);
  return names.map((name) => fields[name]);
}

describe('a short of 1,000 USDC at kraken futures, fees 5 and 2 bps', () => {
  const suite = closers();
  let exchange: KrakenFutures;
  let opened = '';
  before(async () => {
    exchange = await startKrakenFutures(suite);
  });
  after(() => suite.closeAll());

  const flex = async (): Promise<Row> => row(row((await exchange.get('accounts')).body['accounts'])['flex']);
  const log = async (info: string): Promise<Row[]> =>
    rows((await exchange.get('/api/history/v3/account-log', { info })).body['logs']);

  it('is opened at the best bid, and told with its execution', async () => {
    const { status, orderEvents, order_id: id } = await exchange.send({ ...taking, cliOrdId: 'open-1' });
    opened = String(id);
    const [event, ...others] = rows(orderEvents);
    assert.deepEqual([status, others.length], ['placed', 0]);
    assert.deepEqual(pick(event, 'type', 'price', 'amount'), ['EXECUTION', 0.9997, 1000]);
    assert.deepEqual(pick(event?.['orderPriorExecution'], 'orderId', 'cliOrdId', 'filled', 'quantity', 'type'), [
      opened,
      'open-1',
      0,
      1000,
      'ioc',
    ]);
    const [position] = rows((await exchange.get('openpositions')).body['openPositions']);
    // 1,000 · (0.9997 − 0.9998)
    assert.deepEqual(pick(position, 'side', 'symbol', 'size', 'price', 'unrealizedPnl', 'pnlCurrency'), [
      'short',
      'PF_USDCUSD',
      1000,
      0.9997,
      -0.1,
      'USD',
    ]);
  });

  it('takes margin at ten times leverage, or as the account prefers', async () => {
    // 100,000 − 999.7 · 0.0005; 999.8 / 10; 1 % of 999.8
    assert.deepEqual(
      pick(await flex(), 'balanceValue', 'portfolioValue', 'initialMargin', 'maintenanceMargin'),
      [99_999.50015, 99_999.40015, 99.98, 9.998],
    );
    assert.equal((await exchange.put('leveragepreferences', { symbol: 'PF_USDCUSD', maxLeverage: 5 })).error, '');
    assert.deepEqual((await exchange.get('leveragepreferences')).body['leveragePreferences'], [
      { symbol: 'PF_USDCUSD', maxLeverage: 5 },
    ]);
    // 999.8 / 5
    assert.deepEqual(pick(await flex(), 'initialMargin'), [199.96]);
    assert.equal((await exchange.put('leveragepreferences', { symbol: 'PF_USDCUSD' })).error, '');
    assert.deepEqual((await exchange.get('leveragepreferences')).body['leveragePreferences'], []);
  });

  it('receives funding every hour, at the mark price and the rate as a sum for a contract', async () => {
    exchange.simulator.passMarket(hourMs);
    const [payment, ...others] = await log('funding rate change');
    assert.equal(others.length, 0);
    // 1,000 · 0.9992 · 0.0001
    assert.deepEqual(pick(payment, 'realized_funding', 'funding_rate', 'mark_price', 'contract', 'new_balance'), [
      0.09992,
      0.00009992,
      0.9992,
      'pf_usdcusd',
      99_999.60007,
    ]);
    const { rates } = (await exchange.open('historical-funding-rates', { symbol: 'PF_USDCUSD' })).body;
    assert.deepEqual(pick(rows(rates).at(-1), 'relativeFundingRate', 'timestamp'), [
      0.0001,
      '2025-10-09T02:00:00.000Z',
    ]);
  });

  it('is reduced as maker when the market comes down to a resting bid', async () => {
    // The best ask is 0.9993: a bid a tick below it rests.
    const id = await placed(exchange, { size: 400, limitPrice: 0.9992, reduceOnly: true, cliOrdId: 'part-1' });
    const [order] = rows((await exchange.get('openorders')).body['openOrders']);
    assert.deepEqual(pick(order, 'order_id', 'cliOrdId', 'unfilledSize', 'filledSize', 'status', 'reduceOnly'), [
      id,
      'part-1',
      400,
      0,
      'untouched',
      true,
    ]);
    await exchange.simulator.control('POST', '/venues/krakenfutures/prices', {
      symbol: 'USDC/USD:USD',
      centre: '0.9990',
    });
    const [fill] = rows((await exchange.get('fills')).body['fills']);
    assert.deepEqual(pick(fill, 'order_id', 'size', 'price', 'fillType', 'side'), [id, 400, 0.9992, 'maker', 'buy']);
    const [booking] = await log('futures trade');
    // 400 · (0.9997 − 0.9992); 400 · 0.9992 · 0.0002
    assert.deepEqual(pick(booking, 'realized_pnl', 'fee', 'trade_price'), [0.2, 0.079936, 0.9992]);
  });

  it('is closed, never turned round, by a reduce-only order', async () => {
    const { orderEvents } = await exchange.send({ ...resting, orderType: 'mkt', size: 1000, reduceOnly: true });
    // 600 of 1,000 at the best ask, 0.9991; what is left is cancelled
    assert.deepEqual(
      rows(orderEvents).map((event) => pick(event, 'type', 'price', 'amount')),
      [
        ['EXECUTION', 0.9991, 600],
        ['CANCEL', undefined, undefined],
      ],
    );
    assert.deepEqual((await exchange.get('openpositions')).body['openPositions'], []);
    const { status } = await exchange.send({ ...resting, orderType: 'mkt', reduceOnly: true });
    assert.equal(status, 'wouldNotReducePosition');
  });

  it('leaves a log whose balances follow each other, and its fills', async () => {
    assert.deepEqual(
      (await log('')).map((entry) => pick(entry, 'info', 'realized_pnl', 'fee', 'old_balance', 'new_balance')),
      [
        // Newest first. 600 · (0.9997 − 0.9991) = 0.36; 600 · 0.9991 · 0.0005 = 0.29973
        ['futures trade', 0.36, 0.29973, 99_999.720134, 99_999.780404],
        ['futures trade', 0.2, 0.079936, 99_999.60007, 99_999.720134],
        ['funding rate change', null, null, 99_999.50015, 99_999.60007],
        ['futures trade', null, 0.49985, 100_000, 99_999.50015],
      ],
    );
    const { body } = await exchange.get('/api/history/v3/executions', { count: 2 });
    assert.equal(rows(body['elements']).length, 2);
    const rest = await exchange.get('/api/history/v3/executions', {
      count: 2,
      continuationToken: String(body['continuationToken']),
    });
    const [first, ...others] = rows(rest.body['elements']).map(({ event }) =>
      row(row(row(event)['execution'])['execution']),
    );
    assert.equal(others.length, 0);
    assert.deepEqual(pick(first?.['order'], 'uid', 'clientId'), [opened, 'open-1']);
    assert.deepEqual(pick(first, 'quantity', 'price', 'executionType'), ['1000', '0.9997', 'taker']);
  });

  it('numbers what it booked one by one, so that a row keeps its number whatever it is told with', async () => {
    await exchange.send(taking);
    await exchange.simulator.control('POST', '/venues/krakenfutures/liquidate', {
      account: 'main',
      symbol: 'USDC/USD:USD',
    });
    await exchange.send(taking);
    assert.deepEqual(
      (await log('')).map((entry) => pick(entry, 'id', 'info')),
      [
        // 7 is the fee of the liquidation, which is told with its trade.
        [8, 'futures trade'],
        [6, 'futures liquidation'],
        [5, 'futures trade'],
        [4, 'futures trade'],
        [3, 'futures trade'],
        [2, 'funding rate change'],
        [1, 'futures trade'],
      ],
    );
  });
});
