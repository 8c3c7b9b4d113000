/** Binance USDⓈ-M's websockets as a raw client sees them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import type { Closing } from '../../support/simulator.ts';
import { tapeStartMs } from '../../support/simulator.ts';
import type { Listener } from '../../support/listener.ts';
import type { Binance, Parameters } from '../binance/support.ts';
import { kindIs, listen, pick, startBinance, subscribe } from '../binance/support.ts';

const hourMs = 3_600_000;
const order = { symbol: 'USDCUSDT', side: 'SELL', type: 'LIMIT', timeInForce: 'IOC', quantity: 1000, price: '0.99' };

async function place(binance: Binance, change: Parameters = {}): Promise<Row> {
  return await binance.ask('POST', '/fapi/v1/order', { ...order, ...change });
}

async function listenToAccount(closing: Closing, binance: Binance): Promise<Listener> {
  const { apiKey } = binance.simulator.address('binanceusdm').credentials;
  const { body } = await binance.plain('POST', '/fapi/v1/listenKey', {}, apiKey);
  return await listen(closing, binance, `/private/ws?listenKey=${String(row(body)['listenKey'])}`);
}

describe("binance USDⓈ-M's market streams", () => {
  it('each difference starts where the one before ended, also while nothing happens', async (t) => {
    const binance = await startBinance(t, 'binanceusdm');
    const listener = await listen(t, binance, '/public/ws');
    await subscribe(listener, 'usdcusdt@depth@100ms');
    const first = await listener.next(kindIs('depthUpdate'));
    await place(binance);
    const second = await listener.next(kindIs('depthUpdate'));
    assert.deepEqual([second['pu'], second['b']], [first['u'], [['0.9997995', '49000']]]);
    const idle = await listener.next(kindIs('depthUpdate'));
    assert.deepEqual([idle['pu'], idle['b']], [second['u'], [['0.9997995', '49000']]]);
  });

  it('tell best prices, tickers, trades, candles and marks', async (t) => {
    const binance = await startBinance(t, 'binanceusdm');
    const listener = await listen(t, binance, '/market/ws');
    const names = ['bookTicker', 'ticker', 'miniTicker', 'aggTrade', 'markPrice@1s', 'kline_1m'];
    await subscribe(listener, ...names.map((name) => `usdcusdt@${name}`));
    await place(binance);
    const heard = new Map<unknown, Row>();
    while (heard.size < names.length) {
      const message = await listener.next(({ e }) => e !== undefined && !heard.has(e));
      heard.set(message['e'], message);
    }
    assert.deepEqual(pick(heard.get('bookTicker'), 'b', 'B', 'a', 'A'), ['0.9997995', '49000', '0.9998005', '50000']);
    assert.equal('b' in row(heard.get('24hrTicker')), false);
    assert.deepEqual(pick(heard.get('24hrTicker'), 'o', 'c', 'n'), ['0.9997', '0.9997995', 1]);
    assert.deepEqual(pick(heard.get('aggTrade'), 'p', 'q', 'm', 'T'), ['0.9997995', '1000', true, tapeStartMs]);
    assert.deepEqual(pick(heard.get('markPriceUpdate'), 'p', 'i', 'r', 'T'), [
      '0.9998',
      '0.9998',
      '0.0001',
      tapeStartMs + 7 * hourMs,
    ]);
    assert.deepEqual(pick(row(row(heard.get('kline'))['k']), 'i', 'o', 'c'), ['1m', '0.9998', '0.9997995']);
  });

  it('come as lists of all symbols too', async (t) => {
    const binance = await startBinance(t, 'binanceusdm');
    const listener = await listen(t, binance, '/market/stream?streams=!markPrice@arr@1s/!miniTicker@arr');
    for (const stream of ['!markPrice@arr@1s', '!miniTicker@arr']) {
      const message = await listener.next((candidate) => candidate['stream'] === stream);
      assert.deepEqual(
        rows(message['data']).map(({ s }) => s),
        ['USDCUSDT'],
      );
    }
  });
});

describe("binance USDⓈ-M's user stream", () => {
  it('tells a fill after the wallet and position that it made', async (t) => {
    const binance = await startBinance(t, 'binanceusdm');
    const listener = await listenToAccount(t, binance);
    await place(binance, { newClientOrderId: 'open-1' });
    const { a: account } = await listener.next(kindIs('ACCOUNT_UPDATE'));
    const { m: reason, B: balances, P: positions } = row(account);
    assert.deepEqual([reason, rows(balances)[0]?.['wb']], ['ORDER', '99999.50010025']);
    assert.deepEqual(pick(rows(positions)[0], 's', 'pa', 'ep', 'up', 'mt'), [
      'USDCUSDT',
      '-1000',
      '0.9997995',
      '-0.0005',
      'cross',
    ]);
    const step = async (): Promise<Row> => row((await listener.next(kindIs('ORDER_TRADE_UPDATE')))['o']);
    assert.deepEqual(pick(await step(), 'c', 'x', 'X', 'z'), ['open-1', 'NEW', 'NEW', '0']);
    assert.deepEqual(pick(await step(), 'c', 'x', 'X', 'l', 'L', 'z', 'n', 'N', 'm', 'rp'), [
      'open-1',
      'TRADE',
      'FILLED',
      '1000',
      '0.9997995',
      '1000',
      '0.49989975',
      'USDT',
      false,
      '0',
    ]);
  });

  it('tells cancels, what expired, a new leverage, funding and a transfer', async (t) => {
    const binance = await startBinance(t, 'binanceusdm');
    const listener = await listenToAccount(t, binance);
    await place(binance, { timeInForce: 'GTC', price: '1.05', newClientOrderId: 'rest-1' });
    await binance.ask('DELETE', '/fapi/v1/order', { symbol: 'USDCUSDT', origClientOrderId: 'rest-1' });
    await place(binance, { price: '1.05', newClientOrderId: 'none-1' });
    const executions: unknown[][] = [];
    while (executions.length < 4) {
      executions.push(pick(row((await listener.next(kindIs('ORDER_TRADE_UPDATE')))['o']), 'c', 'x', 'X'));
    }
    assert.deepEqual(executions, [
      ['rest-1', 'NEW', 'NEW'],
      ['rest-1', 'CANCELED', 'CANCELED'],
      ['none-1', 'NEW', 'NEW'],
      ['none-1', 'EXPIRED', 'EXPIRED'],
    ]);
    await binance.ask('POST', '/fapi/v1/leverage', { symbol: 'USDCUSDT', leverage: 5 });
    assert.deepEqual((await listener.next(kindIs('ACCOUNT_CONFIG_UPDATE')))['ac'], { s: 'USDCUSDT', l: 5 });
    await place(binance);
    binance.simulator.passMarket(8 * hourMs);
    const reasonIs = (reason: string) => (message: Row) =>
      kindIs('ACCOUNT_UPDATE')(message) && row(message['a'])['m'] === reason;
    const funding = row((await listener.next(reasonIs('FUNDING_FEE')))['a']);
    assert.equal(rows(funding['B'])[0]?.['wb'], '99999.60002025');
    const amount = { account: 'main', currency: 'USDT', amount: '0.39997975' };
    await binance.simulator.control('POST', '/venues/binanceusdm/balances', amount);
    const deposit = row((await listener.next(reasonIs('DEPOSIT')))['a']);
    assert.equal(rows(deposit['B'])[0]?.['wb'], '100000');
  });
});

describe("binance USDⓈ-M's websocket API", () => {
  it('answers what needs no account, and refuses what it does not have', async (t) => {
    const binance = await startBinance(t, 'binanceusdm');
    const listener = await listen(t, binance, '/ws-fapi/v1');
    listener.send({ id: 'x', method: 'ticker.book', params: { symbol: 'USDCUSDT' } });
    const book = await listener.next(({ id }) => id === 'x');
    assert.deepEqual(pick(row(book['result']), 'bidPrice', 'askPrice'), ['0.9997995', '0.9998005']);
    listener.send({ id: 'y', method: 'userDataStream.subscribe.signature' });
    assert.equal(row((await listener.next(({ id }) => id === 'y'))['error'])['code'], -1020);
  });
});
