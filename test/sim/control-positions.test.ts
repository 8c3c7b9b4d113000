/** What the control API and its faults do to marks and positions, and what a client with ccxt sees of it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { row, rows } from './support/json.ts';
import type { Client, RunningSimulator } from './support/simulator.ts';
import { closers, connectClient, startTestSimulator, symbols } from './support/simulator.ts';

const symbol = symbols.binanceusdm;

describe('marks and positions over the control API', () => {
  const suite = closers();
  let simulator: RunningSimulator;
  let client: Client;
  before(async () => {
    simulator = await startTestSimulator(suite);
    client = connectClient(suite, simulator.address('binanceusdm'), 'binanceusdm');
    await client.loadMarkets();
  });
  after(() => suite.closeAll());
  beforeEach(async () => {
    await simulator.control('DELETE', '/faults');
    await change('marks', { symbol, mark: null, index: null });
  });

  const change = (action: string, body: Record<string, unknown>): Promise<unknown> =>
    simulator.control('POST', `/venues/binanceusdm/${action}`, body);
  const sell = (contracts: number): Promise<unknown> => client.createOrder(symbol, 'market', 'sell', contracts);
  const contracts = async (): Promise<number> => (await client.fetchPositions([symbol]))[0]?.contracts ?? 0;
  const orders = async (): Promise<readonly unknown[][]> =>
    rows(await simulator.control('GET', '/venues/binanceusdm/orders')).map(({ origin, side, filledBase }) => [
      origin,
      side,
      filledBase,
    ]);

  it('lets funding settle more often: at the next multiple of the new interval', async (context) => {
    const own = await startTestSimulator(context);
    const other = connectClient(context, own.address('binanceusdm'), 'binanceusdm');
    await other.createOrder(symbol, 'market', 'sell', 1000);
    const change = { symbol, intervalHours: 4 };
    // The tape starts at 01:00 of 9 October 2025.
    const [four, eight] = [4, 8].map((hour) => Date.UTC(2025, 9, 9, hour));
    const told = await own.control('POST', '/venues/binanceusdm/funding', change);
    assert.deepEqual(told, { intervalHours: 4, nextSettlementAtMs: four });
    own.passMarket(8 * 3_600_000);
    const paid = (await other.fetchFundingHistory(symbol)).map(({ timestamp, amount }) => [timestamp, amount]);
    // 1,000 short at the mark price 0.998 from 02:00 on, at a rate of 0.0001.
    assert.deepEqual(paid, [
      [four, 0.0998],
      [eight, 0.0998],
    ]);
    const rates = await other.fetchFundingRateHistory(symbol, Date.UTC(2025, 9, 8, 16));
    assert.deepEqual(
      rates.map(({ timestamp }) => timestamp),
      [Date.UTC(2025, 9, 8, 16), Date.UTC(2025, 9, 9), four, eight],
    );
    await assert.rejects(
      own.control('POST', '/venues/binanceusdm/funding', { symbol, intervalHours: 0 }),
      /from 1 to 24/,
    );
  });

  it('sets mark and index price, shows them, and lets go of them again', async () => {
    assert.deepEqual(await change('marks', { symbol, mark: '1.01' }), { mark: '1.01', index: '0.999109' });
    assert.deepEqual(await change('marks', { symbol, index: '1.02' }), { mark: '1.01', index: '1.02' });
    const { markPrice, indexPrice } = await client.fetchFundingRate(symbol);
    assert.deepEqual([markPrice, indexPrice], [1.01, 1.02]);
    const [prices] = rows(await simulator.control('GET', '/venues/binanceusdm/prices'));
    assert.deepEqual([prices?.['centre'], prices?.['mark'], prices?.['index']], ['0.999109', '1.01', '1.02']);
    assert.deepEqual(await change('marks', { symbol, mark: null }), { mark: '0.999109', index: '1.02' });
  });

  it('deleverages a part, then all of a position, and liquidates one', async () => {
    await sell(1000);
    const { orderId, ...part } = row(await change('deleverage', { account: 'main', symbol, quantity: '400' }));
    assert.deepEqual(part, { side: 'buy', filledBase: '400' });
    const trades = await client.fetchMyTrades(symbol);
    assert.deepEqual([trades.at(-1)?.order, trades.at(-1)?.price], [orderId, 0.999109]);
    assert.equal(await contracts(), 600);
    await change('deleverage', { account: 'main', symbol });
    assert.equal(await contracts(), 0);
    await sell(500);
    await change('liquidate', { account: 'main', symbol });
    assert.equal(await contracts(), 0);
    assert.deepEqual((await orders()).slice(-4), [
      ['adl', 'buy', '400'],
      ['adl', 'buy', '600'],
      ['user', 'sell', '500'],
      ['liquidation', 'buy', '500'],
    ]);
    const [insurance] = rows(await simulator.control('GET', '/venues/binanceusdm/insurance'));
    // 1 % of 500 · 0.9991095
    assert.deepEqual(insurance, { currency: 'USDT', amount: '4.9955475' });
  });

  it('names what is wrong', async () => {
    await assert.rejects(change('marks', { symbol, mark: '0' }), /mark: must be above zero/);
    await assert.rejects(change('marks', { symbol, mark: 1 }), /mark: must be text/);
    await assert.rejects(change('deleverage', { account: 'nobody', symbol }), /account: no such account: nobody/);
    await assert.rejects(
      change('deleverage', { account: 'main', symbol, quantity: '0.5' }),
      /quantity: must be a mult/,
    );
    await assert.rejects(change('liquidate', { account: 'main', symbol }), /symbol: the account has no position/);
    const spot = { account: 'main', symbol: 'USDC/USDT' };
    await assert.rejects(simulator.control('POST', '/venues/bybit/liquidate', spot), /symbol: must be a perpetual/);
  });

  it('has both as faults: after the request that they hit, of the positions that they name', async () => {
    const fault = { venue: 'binanceusdm', method: 'POST', path: '/fapi/v1/order' };
    await simulator.control('POST', '/faults', { ...fault, kind: 'deleverage', fraction: '0.25' });
    await sell(1000);
    assert.equal(await contracts(), 750);
    await simulator.control('POST', '/faults', { ...fault, kind: 'liquidate', account: 'other' });
    await sell(10);
    assert.equal(await contracts(), 760);
    await simulator.control('POST', '/faults', { ...fault, kind: 'liquidate', symbol: 'USDC/*' });
    await sell(10);
    assert.equal(await contracts(), 0);
  });
});
