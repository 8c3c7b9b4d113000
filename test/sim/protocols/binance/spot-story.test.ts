/** A purchase of USDC at binance spot from its first order to its last record, in the exchange's own fields. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rows } from '../../support/json.ts';
import { closers, tapeStartMs } from '../../support/simulator.ts';
import type { Binance } from './support.ts';
import { pick, startBinance } from './support.ts';

const hourMs = 3_600_000;
const symbol = { symbol: 'USDCUSDT' } as const;

describe('100,000 USDT and as many USDC at binance spot, fees 10 bps', () => {
  const suite = closers();
  let binance: Binance;
  before(async () => {
    binance = await startBinance(suite, 'binance');
  });
  after(() => suite.closeAll());

  async function balances(): Promise<Record<string, unknown[]>> {
    const { balances: held } = await binance.ask('GET', '/api/v3/account', { omitZeroBalances: true });
    return Object.fromEntries(rows(held).map(({ asset, free, locked }) => [String(asset), [free, locked]]));
  }

  it('the book is on the tick grid, with eight places', async () => {
    const { body } = await binance.plain('GET', '/api/v3/ticker/bookTicker', symbol);
    assert.deepEqual(body, {
      symbol: 'USDCUSDT',
      bidPrice: '0.99959000',
      bidQty: '50000.00000000',
      askPrice: '0.99961000',
      askQty: '50000.00000000',
    });
  });

  it('buys 60,000 over two levels; the answer tells each fill, and the fee is taken from what is received', async () => {
    const order = { ...symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'IOC', quantity: 60_000, price: '1.01' };
    const bought = await binance.ask('POST', '/api/v3/order', { ...order, newClientOrderId: 'buy-1' });
    assert.deepEqual(
      pick(bought, 'clientOrderId', 'status', 'origQty', 'executedQty', 'cummulativeQuoteQty', 'transactTime'),
      // 50,000 · 0.99961 + 10,000 · 0.99962
      ['buy-1', 'FILLED', '60000.00000000', '60000.00000000', '59976.70000000', tapeStartMs],
    );
    assert.deepEqual(
      rows(bought['fills']).map((fill) => pick(fill, 'price', 'qty', 'commission', 'commissionAsset')),
      [
        ['0.99961000', '50000.00000000', '50.00000000', 'USDC'],
        ['0.99962000', '10000.00000000', '10.00000000', 'USDC'],
      ],
    );
    assert.deepEqual(await balances(), {
      USDC: ['159940.00000000', '0.00000000'],
      USDT: ['40023.30000000', '0.00000000'],
    });
  });

  it('answers as shortly as it is asked to', async () => {
    const order = { ...symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'FOK', quantity: 10, price: '0.9' };
    const names = async (newOrderRespType: string): Promise<string[]> =>
      Object.keys(await binance.ask('POST', '/api/v3/order', { ...order, newOrderRespType }));
    assert.deepEqual(await names('ACK'), ['symbol', 'orderId', 'orderListId', 'clientOrderId', 'transactTime']);
    const result = await names('RESULT');
    assert.ok(result.includes('status') && !result.includes('fills'));
    const [killed] = (await binance.list('GET', '/api/v3/allOrders', symbol)).slice(-1);
    assert.deepEqual(pick(killed, 'status', 'executedQty', 'timeInForce'), ['EXPIRED', '0.00000000', 'FOK']);
  });

  it('rests 1,000 to sell as maker, and sells them at its own price when the market comes', async () => {
    const order = { ...symbol, side: 'SELL', type: 'LIMIT_MAKER', quantity: 1000, price: '0.9998' };
    await binance.ask('POST', '/api/v3/order', { ...order, newClientOrderId: 'sell-1' });
    assert.deepEqual((await balances())['USDC'], ['158940.00000000', '1000.00000000']);
    binance.simulator.passMarket(hourMs);
    const sold = await binance.ask('GET', '/api/v3/order', { ...symbol, origClientOrderId: 'sell-1' });
    assert.deepEqual(pick(sold, 'status', 'type', 'timeInForce', 'cummulativeQuoteQty', 'updateTime'), [
      'FILLED',
      'LIMIT_MAKER',
      'GTC',
      '999.80000000',
      tapeStartMs + hourMs,
    ]);
    const [trade] = (await binance.list('GET', '/api/v3/myTrades', symbol)).slice(-1);
    assert.deepEqual(pick(trade, 'price', 'commission', 'commissionAsset', 'isMaker', 'isBuyer'), [
      '0.99980000',
      '0.99980000',
      'USDT',
      true,
      false,
    ]);
    // 40,023.3 + 999.8 − 0.9998
    assert.deepEqual((await balances())['USDT'], ['41022.10020000', '0.00000000']);
  });

  it('spends 100 USDT at the market, as far as whole steps go', async () => {
    const order = { ...symbol, side: 'BUY', type: 'MARKET', quoteOrderQty: 100 };
    const bought = await binance.ask('POST', '/api/v3/order', order);
    assert.deepEqual(
      pick(bought, 'status', 'origQty', 'origQuoteOrderQty', 'executedQty', 'cummulativeQuoteQty'),
      // 100 · 0.99991
      ['FILLED', '100.00000000', '100.00000000', '100.00000000', '99.99100000'],
    );
    assert.deepEqual(await balances(), {
      USDC: ['159039.90000000', '0.00000000'],
      USDT: ['40922.10920000', '0.00000000'],
    });
  });

  it('cancels under a name of its own, and frees what was held', async () => {
    const order = { ...symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 1000, price: '0.9' };
    await binance.ask('POST', '/api/v3/order', { ...order, newClientOrderId: 'rest-1' });
    assert.deepEqual((await balances())['USDT'], ['40022.10920000', '900.00000000']);
    const name = { ...symbol, origClientOrderId: 'rest-1' };
    const cancelled = await binance.ask('DELETE', '/api/v3/order', { ...name, newClientOrderId: 'bye-1' });
    assert.deepEqual(pick(cancelled, 'status', 'origClientOrderId', 'clientOrderId'), ['CANCELED', 'rest-1', 'bye-1']);
    assert.deepEqual(pick(await binance.ask('GET', '/api/v3/order', name), 'status', 'clientOrderId'), [
      'CANCELED',
      'rest-1',
    ]);
    // The name of an order that is done is free again.
    await binance.ask('POST', '/api/v3/order', { ...order, newClientOrderId: 'rest-1' });
    const [last] = await binance.list('DELETE', '/api/v3/openOrders', symbol);
    assert.equal(last?.['origClientOrderId'], 'rest-1');
    assert.equal((await binance.signed('DELETE', '/api/v3/openOrders', symbol)).code, -2011);
    assert.deepEqual((await balances())['USDT'], ['40922.10920000', '0.00000000']);
  });

  it('lists trades from the oldest on, page by page', async () => {
    const prices: unknown[] = [];
    let fromId = 0;
    for (;;) {
      const page = await binance.list('GET', '/api/v3/myTrades', { ...symbol, fromId, limit: 2 });
      if (page.length === 0) break;
      prices.push(...page.map(({ price }) => price));
      fromId = Number(page.at(-1)?.['id']) + 1;
    }
    assert.deepEqual(prices, ['0.99961000', '0.99962000', '0.99980000', '0.99991000']);
    const early = { ...symbol, startTime: tapeStartMs, endTime: tapeStartMs + 1 };
    assert.equal((await binance.list('GET', '/api/v3/myTrades', early)).length, 2);
  });
});
