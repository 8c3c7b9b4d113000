/** A short of 1,000 USDC at binance USDⓈ-M from its first order to its last record, in the exchange's own fields. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rows } from '../../support/json.ts';
import { closers, tapeStartMs } from '../../support/simulator.ts';
import type { Binance } from '../binance/support.ts';
import { pick, startBinance } from '../binance/support.ts';

const hourMs = 3_600_000;
const symbol = { symbol: 'USDCUSDT' } as const;

describe('100,000 USDT at binance USDⓈ-M, taker fee 5 bps', () => {
  const suite = closers();
  let binance: Binance;
  before(async () => {
    binance = await startBinance(suite, 'binanceusdm');
  });
  after(() => suite.closeAll());

  it('sells 1,000 at ten times leverage to the best bid', async () => {
    await binance.ask('POST', '/fapi/v1/leverage', { ...symbol, leverage: 10 });
    const order = { ...symbol, side: 'SELL', type: 'LIMIT', timeInForce: 'IOC', quantity: 1000, price: '0.99' };
    const acknowledged = await binance.ask('POST', '/fapi/v1/order', { ...order, newClientOrderId: 'open-1' });
    assert.deepEqual(pick(acknowledged, 'clientOrderId', 'status', 'executedQty'), ['open-1', 'NEW', '0']);
    const filled = await binance.ask('GET', '/fapi/v1/order', { ...symbol, origClientOrderId: 'open-1' });
    assert.deepEqual(pick(filled, 'status', 'executedQty', 'avgPrice', 'cumQuote'), [
      'FILLED',
      '1000',
      '0.9997995',
      '999.7995',
    ]);
    const [position] = await binance.list('GET', '/fapi/v3/positionRisk');
    // Marked at 0.9998; margin a tenth of 999.8, maintenance 1 %.
    assert.deepEqual(
      pick(position, 'positionAmt', 'entryPrice', 'markPrice', 'unRealizedProfit', 'initialMargin', 'maintMargin'),
      ['-1000', '0.9997995', '0.9998', '-0.0005', '99.98', '9.998'],
    );
    const [older] = await binance.list('GET', '/fapi/v2/positionRisk', symbol);
    assert.deepEqual(pick(older, 'leverage', 'marginType', 'maxNotionalValue'), ['10', 'cross', '3000000']);
    const account = await binance.ask('GET', '/fapi/v3/account');
    // Fee 999.7995 · 0.0005
    assert.deepEqual(
      pick(account, 'totalWalletBalance', 'totalMarginBalance', 'totalInitialMargin', 'availableBalance'),
      ['99999.50010025', '99999.49960025', '99.98', '99899.51960025'],
    );
    assert.deepEqual((await binance.plain('GET', '/fapi/v1/openInterest', symbol)).body, {
      ...symbol,
      openInterest: '1000',
      time: tapeStartMs,
    });
  });

  it('receives funding at 08:00: positive in the income list', async () => {
    binance.simulator.passMarket(8 * hourMs);
    const [payment] = await binance.list('GET', '/fapi/v1/income', { incomeType: 'FUNDING_FEE' });
    // 1,000 · 0.9992 · 0.0001
    assert.deepEqual(pick(payment, 'symbol', 'income', 'asset', 'time'), [
      'USDCUSDT',
      '0.09992',
      'USDT',
      tapeStartMs + 7 * hourMs,
    ]);
    const { body } = await binance.plain('GET', '/fapi/v1/premiumIndex', symbol);
    assert.match(JSON.stringify(body), /"lastFundingRate":"0.0001".*"nextFundingTime":1760025600000/);
  });

  it('is reduced by 400 and then closed, never turned round, by reduce-only orders', async () => {
    const buy = { ...symbol, side: 'BUY', type: 'MARKET', reduceOnly: true, newOrderRespType: 'RESULT' };
    const part = await binance.ask('POST', '/fapi/v1/order', { ...buy, quantity: 400 });
    assert.deepEqual(pick(part, 'status', 'executedQty', 'avgPrice'), ['FILLED', '400', '0.9992005']);
    const rest = await binance.ask('POST', '/fapi/v1/order', { ...buy, quantity: 1000 });
    assert.deepEqual(pick(rest, 'status', 'executedQty'), ['EXPIRED', '600']);
    assert.deepEqual(await binance.list('GET', '/fapi/v3/positionRisk'), []);
    assert.equal((await binance.signed('POST', '/fapi/v1/order', { ...buy, quantity: 1 })).code, -2022);
    const trades = await binance.list('GET', '/fapi/v1/userTrades', symbol);
    // 400 · (0.9997995 − 0.9992005); fee 399.6802 · 0.0005; 600 likewise
    assert.deepEqual(
      trades.map((trade) => pick(trade, 'side', 'qty', 'realizedPnl', 'commission', 'maker')),
      [
        ['SELL', '1000', '0', '0.49989975', false],
        ['BUY', '400', '0.2396', '0.1998401', false],
        ['BUY', '600', '0.3594', '0.29976015', false],
      ],
    );
  });

  it('leaves income records whose sum is what the wallet moved by', async () => {
    const income = await binance.list('GET', '/fapi/v1/income', { startTime: tapeStartMs });
    assert.deepEqual(
      income.map((record) => pick(record, 'incomeType', 'income')),
      [
        ['COMMISSION', '-0.49989975'],
        ['FUNDING_FEE', '0.09992'],
        ['REALIZED_PNL', '0.2396'],
        ['COMMISSION', '-0.1998401'],
        ['REALIZED_PNL', '0.3594'],
        ['COMMISSION', '-0.29976015'],
      ],
    );
    const pages = await Promise.all(
      [1, 2].map((page) => binance.list('GET', '/fapi/v1/income', { page, limit: 4, startTime: tapeStartMs })),
    );
    assert.deepEqual(pages.flat(), income);
    const [wallet] = await binance.list('GET', '/fapi/v3/balance');
    // 100,000 − 0.30058
    assert.deepEqual(pick(wallet, 'asset', 'balance', 'availableBalance'), ['USDT', '99999.69942', '99999.69942']);
  });

  it('keeps orders and trades for windows of seven days', async () => {
    binance.simulator.passMarket(8 * 24 * hourMs);
    assert.deepEqual(await binance.list('GET', '/fapi/v1/userTrades', symbol), []);
    const week = { ...symbol, startTime: tapeStartMs, endTime: tapeStartMs + 7 * 24 * hourMs };
    assert.equal((await binance.list('GET', '/fapi/v1/userTrades', week)).length, 3);
    assert.equal((await binance.list('GET', '/fapi/v1/userTrades', { ...symbol, fromId: 0 })).length, 3);
    const late = await binance.signed('GET', '/fapi/v1/allOrders', { ...week, endTime: week.endTime + 1 });
    assert.equal(late.code, -1127);
    const mixed = await binance.signed('GET', '/fapi/v1/userTrades', { ...week, fromId: 0 });
    assert.equal(mixed.code, -1128);
    const orders = rows((await binance.signed('GET', '/fapi/v1/allOrders', week)).body);
    assert.deepEqual(
      orders.map(({ status }) => status),
      ['FILLED', 'FILLED', 'EXPIRED'],
    );
  });
});
